"""Event source mappings: DynamoDB and Kinesis streams whose records a function gets in batches."""
