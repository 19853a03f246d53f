"""DynamoDB as the cloud loads it: importing the rooms registers their operations."""

from tailrace.dynamodb import indexing, items, streaming, tables, tags, update_table
from tailrace.dynamodb.registry import SERVICE

SERVICE.on_start(indexing.register)
SERVICE.on_start(streaming.register)

__all__ = ["SERVICE", "indexing", "items", "streaming", "tables", "tags", "update_table"]
