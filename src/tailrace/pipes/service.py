"""Pipes as the cloud loads it: importing the rooms registers their operations."""

from tailrace.pipes import describing, lifecycle, shards
from tailrace.pipes.registry import SERVICE

__all__ = ["SERVICE", "describing", "lifecycle", "shards"]
