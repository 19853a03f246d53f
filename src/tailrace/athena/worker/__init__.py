"""What runs in the task process: DuckDB on plain files, results as files. It reaches neither the store nor the door."""
