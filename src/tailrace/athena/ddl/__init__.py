"""DDL on the Glue catalog, in Hive's and Trino's words."""
