"""AWS Glue: the Data Catalog, classifiers and crawlers."""
