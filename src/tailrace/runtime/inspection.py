"""A stopped data directory, looked through: is its state readable, are bodies whole, do positions and counts agree.

It changes nothing, for it opens a mirror of the state; only ``remove_orphans`` removes files, which no row names.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tailrace.engine.block import first_of, time_of
from tailrace.engine.data_directory import DataDirectory
from tailrace.engine.errors import DirectoryUnusable, StoreDamaged
from tailrace.engine.ledger import Ledger, Standing
from tailrace.engine.log import LOGS, Log
from tailrace.engine.store import Durability, Store
from tailrace.engine.transaction import Transaction
from tailrace.s3.leftover import LEFTOVERS
from tailrace.s3.object import OBJECTS, Object, parts_of
from tailrace.s3.upload import UPLOADED

_CHUNK_BYTES = 2**20
_DUE_CHARS = 14  # of a leftover's key: when it may go, and a slash
_RESTORE = "bring it back from a copy, or put or delete the object"
_REPORT = "this is a defect of Tailrace: keep the directory and report it"

Progress = Callable[[int], None]  # takes the number of bytes that have been read since the last call


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what it is about, what was found, and what to do next."""

    subject: str
    found: str
    advice: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body as its row tells it: where it lies, what it must be; ``parts`` are the sizes of a multipart object's."""

    name: str
    path: str
    size: int
    etag: str
    parts: tuple[int, ...]


class Inspection:
    """Look through one data directory. ``counts`` says how much was looked at, ``orphans`` what no row names."""

    def __init__(self, path: Path) -> None:
        """Raises DirectoryUnusable, StoreBusy when a Tailrace runs on it, FormatUnknown, StoreDamaged."""
        if not (path / "format").is_file():
            raise DirectoryUnusable(f"there is no data directory at {path.absolute()}; name one with --data-dir")
        self._directory = DataDirectory(path)
        self.path = self._directory.path
        try:
            if not (self._directory.store / "CURRENT").is_file():
                raise StoreDamaged(f"there is no state in {self._directory.store}; bring it back from a copy")
            self._mirror = TemporaryDirectory(prefix="tailrace-check-")
            try:
                self._store = Store(_mirrored(self._directory.store, Path(self._mirror.name)), Durability.OS)
            except StoreDamaged as error:
                self._mirror.cleanup()
                raise self._named(error) from error
        except BaseException:
            self._directory.close()
            raise
        self.counts: dict[str, int] = {}
        self.orphans: list[Path] = []

    def close(self) -> None:
        """Give the directory free."""
        self._store.close()
        self._mirror.cleanup()
        self._directory.close()

    def body_bytes(self) -> int:
        """Answer how many bytes the bodies must have together."""
        return sum(body.size for body in self._bodies(self._store.begin()))

    def findings(self, progress: Progress = lambda _: None) -> Iterator[Finding]:
        """Look at everything; answer what is wrong."""
        try:
            yield from self._write_ahead_log()
            self._read_through()
            yield from self._logs()
            yield from self._ledger()
            yield from self._whole_bodies(progress)
            self._find_orphans()
        except StoreDamaged as error:
            yield Finding("the state", str(self._named(error)), "bring the directory back from a copy")

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

    def _named(self, error: StoreDamaged) -> StoreDamaged:
        """Answer what is wrong with the mirror as what is wrong with the state."""
        return StoreDamaged(str(error).replace(self._mirror.name, str(self._directory.store)))

    def _write_ahead_log(self) -> Iterator[Finding]:
        lost = self._store.dropped_bytes
        if lost:
            yield Finding(
                "the write-ahead log",
                f"its last {lost:,} bytes can't be read and will be left out",
                "after a power cut nobody was told that they were on disk; otherwise the disk has lost writes: bring "
                "the directory back from a copy",
            )

    def _read_through(self) -> None:
        """Read every block of the state, so that each is held against its checksum. Raises StoreDamaged."""
        self.counts["keys"] = sum(1 for _ in self._store.iterate(b"", b"\xff" * 8))

    def _logs(self) -> Iterator[Finding]:
        names = [key[len(LOGS.prefix) :].decode() for key, _ in self._store.iterate(LOGS.prefix, LOGS.stop)]
        self.counts["logs"] = len(names)
        self.counts["records"] = 0
        for name in names:
            log = self._store.log(name)
            kept, fault = self._entries(log)
            self.counts["records"] += kept
            if fault is not None:
                yield Finding(f"log {name}", fault, _REPORT)

    def _entries(self, log: Log) -> tuple[int, str | None]:
        """Answer how many records a log keeps, and what is wrong with their sequences and times."""
        expected, last_ms = log.tail, 0
        for key, value in self._store.iterate(log.key(0), log.key(2**63)):
            last, time_ms = int.from_bytes(key[-8:], "big"), time_of(value)
            first = first_of(last, value)
            # A block of which the first records are trimmed is kept whole.
            if first != expected and not (expected == log.tail and first < expected <= last):
                return expected - log.tail, f"after record {expected - 1} comes record {first}"
            if time_ms < last_ms:
                return expected - log.tail, f"record {first} is older than the one before it"
            expected, last_ms = last + 1, time_ms
        return expected - log.tail, None

    def _ledger(self) -> Iterator[Finding]:
        standings = list(Ledger().standings(self._store.begin()))
        self.counts["hops"] = len(standings)
        for consumer_id, standing in standings:
            for fault in self._standing_faults(standing):
                yield Finding(f"{standing.hop.kind} {standing.hop.name} ({consumer_id})", fault, _REPORT)

    def _standing_faults(self, standing: Standing) -> Iterator[str]:
        if standing.received != standing.accounted:
            yield f"{standing.received} records received, {standing.accounted} accounted for"
        for log_id, settled in standing.settled.items():
            if settled < standing.begun.get(log_id, 0):
                yield f"in log {log_id} its position {settled} lies before its beginning"
            known = self._store.read(LOGS.prefix + log_id.encode()) is not None
            if known and settled > self._store.log(log_id).head:
                yield f"in log {log_id} its position {settled} lies beyond the end, {self._store.log(log_id).head}"

    def _bodies(self, transaction: Transaction) -> Iterator[Body]:
        for key, stored in OBJECTS.scan(transaction):
            if stored.path:
                sizes = self._part_sizes(transaction, key, stored)
                yield Body(f"s3://{key}", stored.path, stored.size, stored.etag, sizes)
        for key, part in UPLOADED.scan(transaction):
            if part.path:
                yield Body(f"part {part.number} of upload {key[:12]}…", part.path, part.size, part.etag, ())

    def _part_sizes(self, transaction: Transaction, key: str, stored: Object) -> tuple[int, ...]:
        if not stored.parts:
            return ()
        bucket, _, name = key.partition("/")
        found = parts_of(transaction, bucket, name)
        return () if found is None else tuple(part.size for part in found.parts)

    def _whole_bodies(self, progress: Progress) -> Iterator[Finding]:
        self.counts["bodies"] = 0
        for body in self._bodies(self._store.begin()):
            self.counts["bodies"] += 1
            path = self.path / body.path
            if not path.is_file():
                yield Finding(body.name, f"its file {path} is missing", _RESTORE)
                continue
            size = path.stat().st_size
            if size != body.size:
                yield Finding(body.name, f"its file {path} has {size:,} bytes of {body.size:,}", _RESTORE)
                continue
            if _etag(path, body.parts, progress) != body.etag:
                yield Finding(body.name, f"its file {path} has other bytes than were put (MD5)", _RESTORE)

    def _find_orphans(self) -> None:
        transaction = self._store.begin()
        named = {body.path for body in self._bodies(transaction)}
        named |= {key[_DUE_CHARS:].decode() for key, _ in transaction.scan(LEFTOVERS)}
        files = (path for path in self.path.glob("s3/**/*") if path.is_file())
        self.orphans = sorted(path for path in files if str(path.relative_to(self.path)) not in named)


def _mirrored(state: Path, mirror: Path) -> Path:
    """Make a folder that RocksDB can open in the place of the state's: its tables as links, the rest as copies."""
    for path in state.iterdir():
        if path.suffix == ".sst":
            (mirror / path.name).symlink_to(path)
        elif not path.name.startswith(("LOG", "LOCK")):
            shutil.copy(path, mirror)
    return mirror


def _etag(path: Path, parts: tuple[int, ...], progress: Progress) -> str:
    """Answer the ETag that S3 gives these bytes: their MD5, or that of their parts' MD5s and the number of parts."""
    with path.open("rb") as file:
        if not parts:
            return _md5(file.read, path.stat().st_size, progress).hexdigest()
        digests = [_md5(file.read, size, progress).digest() for size in parts]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _md5(read: Callable[[int], bytes], size: int, progress: Progress) -> "hashlib._Hash":
    found = hashlib.md5(usedforsecurity=False)
    while size > 0 and (chunk := read(min(size, _CHUNK_BYTES))):
        found.update(chunk)
        size -= len(chunk)
        progress(len(chunk))
    return found
