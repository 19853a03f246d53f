"""How far the state was on disk when writers were last told so: what the next opening must find again.

It holds RocksDB's sequence number, in ``SYNCED`` beside its files. It is written after each sync and never synced
itself, so it may promise less than there is, never more.
"""

import os
from contextlib import suppress
from pathlib import Path

NAME = "SYNCED"
_DIGITS = 20


class Synced:
    """The promise of one state's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None

    def promised(self) -> int:
        """Answer the sequence number up to which everything was on disk; 0 when nobody noted any."""
        try:
            text = self._path.read_text()
        except (OSError, UnicodeDecodeError):
            return 0
        return int(text) if len(text) == _DIGITS and text.isdecimal() and text.isascii() else 0

    def note(self, sequence: int) -> None:
        """Note that everything up to a sequence number is on disk."""
        with suppress(OSError):  # on a full disk the promise stays at what it was
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644)
            os.pwrite(self._descriptor, f"{sequence:0{_DIGITS}d}".encode(), 0)

    def close(self) -> None:
        """Note nothing any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def lost(count: int) -> str:
    """Say what was not found again."""
    return f"it is cut, missing or changed, for the last {count:,} changes of rows, which were on disk, can't be read"


def instead_of_lost(folder: Path) -> str:
    """Say what to do about it."""
    return f"bring the directory back from a copy; or, to go on without them, remove {folder / NAME}"
