"""How far the state was on disk when writers were last told so, and when: what the next opening must find again.

It holds RocksDB's sequence number and the clock's time in ``SYNCED``, beside RocksDB's files. It is written after each
sync and never synced itself, so it may promise less than there is, never more.
"""

import os
from contextlib import suppress
from pathlib import Path

NAME = "SYNCED"
_DIGITS = 20


class Synced:
    """The promise of one state's folder: ``sequence`` and ``time_ms``, 0 when nobody noted any."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None
        self.sequence, self.time_ms = _read(self._path)

    def note(self, sequence: int, time_ms: int) -> None:
        """Note that everything up to a sequence number is on disk by now."""
        text = f"{sequence:0{_DIGITS}d} {max(time_ms, self.time_ms):0{_DIGITS}d}"
        with suppress(OSError):  # on a full disk the promise stays at what it was
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644)
            os.pwrite(self._descriptor, text.encode(), 0)

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


def _read(path: Path) -> tuple[int, int]:
    try:
        parts = path.read_bytes().split(b" ")
    except OSError:
        return 0, 0
    if len(parts) != 2 or not all(len(part) == _DIGITS and part.isdigit() for part in parts):
        return 0, 0  # torn by a power cut: it promises nothing
    return int(parts[0]), int(parts[1])
