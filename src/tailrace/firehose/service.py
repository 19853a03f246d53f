"""Amazon Data Firehose as the cloud loads it: importing the rooms registers their operations."""

from tailrace.firehose import alignment, lifecycle, puts, tags
from tailrace.firehose.registry import SERVICE

__all__ = ["SERVICE", "alignment", "lifecycle", "puts", "tags"]
