"""DynamoDB as the cloud loads it: importing the rooms registers their operations."""

from tailrace.dynamodb import (
    account,
    batches,
    indexing,
    items,
    querying,
    scanning,
    streaming,
    tables,
    tags,
    time_to_live,
    transactions,
    update_table,
)
from tailrace.dynamodb.registry import SERVICE

SERVICE.on_start(indexing.register)
SERVICE.on_start(streaming.register)
SERVICE.on_start(time_to_live.register)

__all__ = [
    "SERVICE",
    "account",
    "batches",
    "items",
    "querying",
    "scanning",
    "tables",
    "tags",
    "transactions",
    "update_table",
]
