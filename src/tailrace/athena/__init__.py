"""Athena: queries as durable jobs, Trino's SQL on files through DuckDB, Hive's DDL on the Glue catalog."""
