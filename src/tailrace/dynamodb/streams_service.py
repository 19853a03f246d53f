"""DynamoDB Streams as the cloud loads it: importing the rooms registers their operations."""

from tailrace.dynamodb import shard_iterators, stream_records, streams
from tailrace.dynamodb.registry import STREAMS as SERVICE

__all__ = ["SERVICE", "shard_iterators", "stream_records", "streams"]
