"""A stopped data directory, looked through: is its state readable, are bodies whole, do positions and counts agree.

It changes nothing, for it opens a mirror of the state; only ``remove_orphans`` removes files, which no row names.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tailrace.engine.block import first_of, time_of
from tailrace.engine.data_directory import DataDirectory
from tailrace.engine.errors import DirectoryUnusable, StoreDamaged
from tailrace.engine.ledger import Ledger, Standing
from tailrace.engine.log import LOGS, Log, last_of
from tailrace.engine.store import Durability, Store
from tailrace.engine.synced import NAME, Synced, instead_of_lost, lost
from tailrace.runtime.bodies import bodies, fault_of
from tailrace.s3.leftover import LEFTOVERS

ROWS, BYTES = "rows of the state", "bytes of bodies"
_ROWS_AT_ONCE = 10_000
_DUE_CHARS = 14  # of a leftover's key: when it may go, and a slash
_RESTORE_ALL = "bring the directory back from a copy"
_RESTORE = "bring it back from a copy, or put or delete the object"
_REPORT = "this is a defect of Tailrace: keep the directory and report it"

Progress = Callable[[str, int], None]  # takes ROWS or BYTES, and how many were read since the last call


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what it is about, what was found, and what to do next."""

    subject: str
    found: str
    advice: str


class Inspection:
    """Look through one data directory. ``counts`` says how much was looked at, ``orphans`` what no row names."""

    def __init__(self, path: Path) -> None:
        """Raises DirectoryUnusable, StoreBusy when a Tailrace runs on it, FormatUnknown."""
        if not (path / "format").is_file():
            raise DirectoryUnusable(f"there is no data directory at {path.absolute()}; name one with --data-dir")
        self._directory = DataDirectory(path, looking=True)
        self.path = self._directory.path
        self.counts: dict[str, int] = {}
        self.orphans: list[Path] = []
        self._mirror = TemporaryDirectory(prefix="tailrace-check-")
        self._store: Store | StoreDamaged
        try:
            self._store = self._open()
        except StoreDamaged as error:
            self._store = error
        except BaseException:
            self._mirror.cleanup()
            self._directory.close()
            raise

    def close(self) -> None:
        """Give the directory free."""
        if isinstance(self._store, Store):
            self._store.close()
        self._mirror.cleanup()
        self._directory.close()

    def sizes(self) -> dict[str, int]:
        """Answer about how many rows there are, and how many bytes the bodies must have together."""
        if isinstance(self._store, StoreDamaged):
            return {}
        try:
            return {ROWS: self._store.rows(), BYTES: sum(body.size for body in bodies(self._store.begin()))}
        except StoreDamaged:
            return {}  # where and why is found in its turn

    def findings(self, progress: Progress = lambda what, count: None) -> Iterator[Finding]:
        """Look at everything; answer what is wrong."""
        try:
            if isinstance(self._store, StoreDamaged):
                raise self._store
            missing = Synced(self._directory.store).sequence - self._store.sequence
            yield from self._write_ahead_log(self._store, missing)
            self._read_through(self._store, progress)
            yield from self._logs(self._store)
            yield from self._ledger(self._store)
            yield from self._whole_bodies(self._store, progress)
            if missing <= 0:  # otherwise the rows that are lost may name them
                self._find_orphans(self._store)
        except StoreDamaged as error:
            told = str(error).replace(self._mirror.name, str(self._directory.store))
            yield Finding("the state", told, _RESTORE_ALL)

    def remove_orphans(self) -> int:
        """Remove the files that no row names; answer how many there were."""
        removed = len(self.orphans)
        for path in self.orphans:
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self.path or any(folder.iterdir()):
                    break
                folder.rmdir()
        self.orphans = []
        return removed

    def _open(self) -> Store:
        """Open a mirror of the state: its tables as links, the rest as copies. Raises StoreDamaged."""
        state, mirror = self._directory.store, Path(self._mirror.name)
        if not (state / "CURRENT").is_file():
            raise StoreDamaged(f"there is no state in {state}")
        for path in state.iterdir():
            if path.suffix == ".sst":
                (mirror / path.name).symlink_to(path)
            elif not path.name.startswith(("LOG", "LOCK", NAME)):
                shutil.copy(path, mirror)
        return Store(mirror, Durability.OS)

    def _write_ahead_log(self, store: Store, missing: int) -> Iterator[Finding]:
        if missing > 0:
            yield Finding("the write-ahead log", lost(missing), instead_of_lost(self._directory.store))
        elif store.dropped_bytes:
            yield Finding(
                "the write-ahead log",
                f"its end, {store.dropped_bytes:,} bytes or more, can't be read and will be left out",
                "it was torn before anybody was told that it is on disk, unless that was --durability os: start "
                "Tailrace, or bring the directory back from a copy",
            )

    def _read_through(self, store: Store, progress: Progress) -> None:
        """Read every block of the state, so that each is held against its checksum. Raises StoreDamaged."""
        count = 0
        for count, _ in enumerate(store.iterate(b"", b"\xff" * 8), 1):
            if count % _ROWS_AT_ONCE == 0:
                progress(ROWS, _ROWS_AT_ONCE)
        progress(ROWS, count % _ROWS_AT_ONCE)
        self.counts["keys"] = count

    def _logs(self, store: Store) -> Iterator[Finding]:
        names = [key[len(LOGS.prefix) :].decode() for key, _ in store.iterate(LOGS.prefix, LOGS.stop)]
        self.counts["logs"] = len(names)
        self.counts["records"] = 0
        for name in names:
            kept, fault = _entries(store, store.log(name))
            self.counts["records"] += kept
            if fault is not None:
                yield Finding(f"log {name}", fault, _REPORT)

    def _ledger(self, store: Store) -> Iterator[Finding]:
        standings = list(Ledger().standings(store.begin()))
        self.counts["hops"] = len(standings)
        for consumer_id, standing in standings:
            for fault in _standing_faults(store, standing):
                yield Finding(f"{standing.hop.kind} {standing.hop.name} ({consumer_id})", fault, _REPORT)

    def _whole_bodies(self, store: Store, progress: Progress) -> Iterator[Finding]:
        self.counts["bodies"] = 0
        for body in bodies(store.begin()):
            self.counts["bodies"] += 1
            fault = fault_of(self.path / body.path, body, lambda size: progress(BYTES, size))
            if fault is not None:
                yield Finding(body.name, f"its file {self.path / body.path} {fault}", _RESTORE)

    def _find_orphans(self, store: Store) -> None:
        transaction = store.begin()
        named = {body.path for body in bodies(transaction)}
        named |= {key[_DUE_CHARS:].decode() for key, _ in transaction.scan(LEFTOVERS)}
        files = (path for path in self.path.glob("s3/**/*") if path.is_file())
        self.orphans = sorted(path for path in files if str(path.relative_to(self.path)) not in named)


def _entries(store: Store, log: Log) -> tuple[int, str | None]:
    """Answer how many records a log keeps, and what is wrong with their sequences and times."""
    expected, last_ms = log.tail, 0
    for key, value in store.iterate(log.key(0), log.key(2**63)):
        last, time_ms = last_of(key), time_of(value)
        first = first_of(last, value)
        # A block of which the first records are trimmed is kept whole.
        if first != expected and not (expected == log.tail and first < expected <= last):
            return expected - log.tail, f"after record {expected - 1} comes record {first}"
        if time_ms < last_ms:
            return expected - log.tail, f"record {first} is older than the one before it"
        expected, last_ms = last + 1, time_ms
    return expected - log.tail, None


def _standing_faults(store: Store, standing: Standing) -> Iterator[str]:
    if standing.received != standing.accounted:
        yield f"{standing.received} records received, {standing.accounted} accounted for"
    for log_id, settled in standing.settled.items():
        if settled < standing.begun.get(log_id, 0):
            yield f"in log {log_id} its position {settled} lies before its beginning"
        known = store.read(LOGS.prefix + log_id.encode()) is not None
        if known and settled > store.log(log_id).head:
            yield f"in log {log_id} its position {settled} lies beyond the end, {store.log(log_id).head}"
