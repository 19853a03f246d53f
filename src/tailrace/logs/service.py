"""CloudWatch Logs as the cloud loads it: importing the rooms registers their operations."""

from tailrace.logs import groups, reading, retention, streams, writing
from tailrace.logs.registry import SERVICE

__all__ = ["SERVICE", "groups", "reading", "retention", "streams", "writing"]
