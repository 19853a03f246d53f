"""DynamoDB and DynamoDB Streams: tables, items, expressions, indexes, transactions, TTL and change records."""
