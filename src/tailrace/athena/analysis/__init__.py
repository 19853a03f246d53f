"""From a tree to DuckDB's SQL with Trino's meaning: names resolved, every expression typed, every coercion written."""
