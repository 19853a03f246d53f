"""A data directory belongs to one process at a time and carries the number of its format: docs/store-format.md.

A newer format is refused; an older one is brought up to date step by step, or refused by who only looks.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from tailrace.engine.errors import DirectoryUnusable, FormatUnknown, StoreBusy
from tailrace.engine.migration import MIGRATIONS

FORMAT = 3


class DataDirectory:
    """Take a data directory for this process: its lock, its format, its rooms."""

    def __init__(self, path: Path, *, looking: bool = False) -> None:
        """Raises StoreBusy when another process has it, FormatUnknown when it is of another format.

        Raises DirectoryUnusable when it can't be written to. ``looking`` writes nothing that lasts: a read-only
        directory will do, and an older format is refused.
        """
        self.path = path.absolute()
        self._lock = self._open_lock(looking)
        self._take_lock()
        try:
            self._sign(looking)
            self._check_format(looking)
        except OSError as error:
            self.close()
            raise self._unusable(error) from error
        except BaseException:
            self.close()
            raise

    @property
    def store(self) -> Path:
        """Where RocksDB keeps the state."""
        return self.path / "store"

    def close(self) -> None:
        """Give the directory free."""
        if self._lock is not None:
            with suppress(OSError):
                self._lock.truncate(0)
            self._lock.close()

    def _open_lock(self, looking: bool) -> TextIO | None:
        lock = self.path / "lock"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return lock.open("a+")
        except OSError as error:
            if not looking:
                raise self._unusable(error) from error
        try:
            return lock.open()
        except FileNotFoundError:
            return None  # nobody ever had it, and nobody can write to it now
        except OSError as error:
            raise self._unusable(error) from error

    def _take_lock(self) -> None:
        lock = self._lock
        if lock is None:
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise StoreBusy(
                f"the data directory {self.path} is in use by process {owner}; stop it or name another --data-dir"
            ) from error

    def _sign(self, looking: bool) -> None:
        """Say in the lock who has it."""
        if self._lock is None or (looking and not self._lock.writable()):
            return
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _check_format(self, looking: bool) -> None:
        stamp = self.path / "format"
        text = stamp.read_text(errors="replace").strip() if stamp.exists() else ""
        if not text:
            if self.store.exists():
                raise FormatUnknown(f"the data directory {self.path} has no format stamp; name another --data-dir")
            found = FORMAT
        elif not (text.isascii() and text.isdecimal()):
            raise FormatUnknown(f"the data directory {self.path} has no format that can be read; name another")
        else:
            found = int(text)
        if found > FORMAT or (found < FORMAT and found not in MIGRATIONS):
            raise FormatUnknown(
                f"the data directory {self.path} has format {found}, this Tailrace reads format {FORMAT}; "
                "install the version that wrote it or name another --data-dir"
            )
        if looking and found < FORMAT:
            raise FormatUnknown(
                f"the data directory {self.path} has format {found}; `tailrace up` brings it to format {FORMAT}, "
                "which is the one that can be looked at"
            )
        while found < FORMAT:
            MIGRATIONS[found](self.path)
            found += 1
            _write_stamp(stamp, found)
        if not text and not looking:
            _write_stamp(stamp, FORMAT)

    def _unusable(self, error: OSError) -> DirectoryUnusable:
        return DirectoryUnusable(
            f"the data directory {self.path} can't be written to: {error.strerror}; mend that or name another "
            "--data-dir"
        )


def _write_stamp(stamp: Path, number: int) -> None:
    """Write the format's number as a whole or not at all, and to the disk before anything that is of that format."""
    temporary = stamp.with_suffix(".new")
    with temporary.open("w") as file:
        file.write(f"{number}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(stamp)
    folder = os.open(stamp.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
