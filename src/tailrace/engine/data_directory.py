"""A data directory belongs to one process at a time and carries the number of its format."""

import fcntl
import os
from pathlib import Path

from tailrace.engine.errors import DirectoryUnusable, FormatUnknown, StoreBusy

FORMAT = 2  # 2: records of logs lie in blocks


class DataDirectory:
    """Take a data directory for this process: its lock, its format, its rooms."""

    def __init__(self, path: Path) -> None:
        """Raises StoreBusy when another process has it, FormatUnknown when it is of another format.

        Raises DirectoryUnusable when it can't be written to.
        """
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise DirectoryUnusable(
                f"the data directory {self.path} can't be written to: {error.strerror}; mend that or name another "
                "--data-dir"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.seek(0)
            owner = self._lock.read().strip() or "unknown"
            self._lock.close()
            raise StoreBusy(
                f"the data directory {self.path} is in use by process {owner}; stop it or name another --data-dir"
            ) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        self._check_format()

    @property
    def store(self) -> Path:
        """Where RocksDB keeps the state."""
        return self.path / "store"

    def close(self) -> None:
        """Give the directory free."""
        self._lock.truncate(0)
        self._lock.close()

    def _check_format(self) -> None:
        stamp = self.path / "format"
        if stamp.exists():
            found = stamp.read_text().strip()
            if found != str(FORMAT):
                self.close()
                raise FormatUnknown(
                    f"the data directory {self.path} has format {found}, this Tailrace reads format {FORMAT}; "
                    "install the version that wrote it or name another --data-dir"
                )
            return
        if self.store.exists():
            self.close()
            raise FormatUnknown(f"the data directory {self.path} has no format stamp; name another --data-dir")
        stamp.write_text(f"{FORMAT}\n")
