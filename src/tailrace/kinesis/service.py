"""Kinesis Data Streams as the cloud loads it: importing the rooms registers their operations."""

from tailrace.kinesis import iterators, lifecycle, reading, records, resharding, retention, settings, shards, tags
from tailrace.kinesis.registry import SERVICE

__all__ = [
    "SERVICE",
    "iterators",
    "lifecycle",
    "reading",
    "records",
    "resharding",
    "retention",
    "settings",
    "shards",
    "tags",
]
