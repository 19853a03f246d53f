"""Kinesis Data Streams: shards, records, iterators, resharding."""
