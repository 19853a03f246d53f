"""Sizes of files that a store or a server beside the test may remove at any moment."""

from pathlib import Path


def size_of(path: Path) -> int:
    """Answer a file's size in bytes; 0 when it is gone meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
