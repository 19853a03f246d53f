"""Amazon Data Firehose: buffering, transformation, object keys, failures and delivery to S3, each record once."""
