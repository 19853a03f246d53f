"""Glue as the cloud loads it: importing the rooms registers their operations."""

from tailrace.glue import (
    classifiers,
    crawlers,
    databases,
    partition_indexes,
    partitions,
    tables,
    tags,
)
from tailrace.glue.registry import SERVICE

__all__ = [
    "SERVICE",
    "classifiers",
    "crawlers",
    "databases",
    "partition_indexes",
    "partitions",
    "tables",
    "tags",
]
