"""Amazon SQS: standard queues, above all for dead letters."""
