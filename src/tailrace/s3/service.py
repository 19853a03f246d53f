"""S3 as the cloud loads it: importing the rooms registers their operations."""

from tailrace.s3 import (
    access,
    buckets,
    completion,
    copying,
    deletion,
    expiring,
    lists,
    notifying,
    placing,
    reading,
    settings,
    tagging,
    uploading,
)
from tailrace.s3.registry import SERVICE

__all__ = [
    "SERVICE",
    "access",
    "buckets",
    "completion",
    "copying",
    "deletion",
    "expiring",
    "lists",
    "notifying",
    "placing",
    "reading",
    "settings",
    "tagging",
    "uploading",
]
