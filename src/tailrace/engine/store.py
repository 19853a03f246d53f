"""One RocksDB holds all state. A write is visible at once and durable when the next group commit is done.

One write and one sync of the write-ahead log serve everybody who waits (RocksDB, "Basic Operations": group commit).
"""

import asyncio
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from rocksdict import RdictIter, ReadOptions

from tailrace.engine.database import damaged, dropped_bytes, open_database, recover
from tailrace.engine.errors import StoreBroken, StoreFull, TransactionConflict
from tailrace.engine.gathering import Gathering
from tailrace.engine.log import LOGS, Log, open_log
from tailrace.engine.synced import Synced
from tailrace.engine.syncer import Syncer
from tailrace.engine.transaction import Transaction

ROOM_BYTES_MIN = 64 * 2**20  # what RocksDB needs to flush and compact, so that a full disk never breaks it
_ROOM_CHECK_BYTES = 2**20
_GATHERED_BYTES_MAX = 2**20  # in memory beside RocksDB's own
_ABSENT = object()
RANGES_MAX = 64  # removed ranges in RocksDB's memory: each makes every read dearer, thousands a hundred times


class Durability(StrEnum):
    """How far a write has gone when it is acknowledged."""

    FSYNC = "fsync"  # on disk: survives a power cut
    OS = "os"  # with the operating system: survives kill -9
    MEMORY = "memory"  # nowhere else: for tests


class Group:
    """The commits that share one sync of the write-ahead log."""

    __slots__ = ("callbacks", "done", "error", "logs", "waiting")

    def __init__(self) -> None:
        self.done = False
        self.error: BaseException | None = None
        self.waiting: list[asyncio.Future[None]] = []
        self.callbacks: list[Callable[[], None]] = []
        self.logs: dict[Log, int] = {}

    def finish(self, error: BaseException | None) -> None:
        """Wake who waits; after an error nobody is told that anything is durable."""
        self.done, self.error = True, error
        for future in self.waiting:
            if not future.done():
                future.set_result(None) if error is None else future.set_exception(error)
        if error is None:
            for log, head in self.logs.items():
                log.reach(head)
            for callback in self.callbacks:
                callback()


class Durable:
    """Await it to know that a commit is on disk."""

    __slots__ = ("_group",)

    def __init__(self, group: Group) -> None:
        self._group = group

    def __await__(self) -> Generator[Any, None, None]:
        group = self._group
        if not group.done:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            group.waiting.append(future)
            yield from future
        elif group.error is not None:
            raise group.error


class Store:
    """Open the state of a data directory; begin and commit transactions; find logs."""

    def __init__(self, path: Path, durability: Durability = Durability.FSYNC) -> None:
        """Raises StoreDamaged when what is there can't be read as it was written, or when what was on disk is not.

        ``dropped_bytes`` says how much of the write-ahead log's end could not be read and was left out.
        """
        self.path = path
        self._synced = Synced(path)
        self.durability = durability
        self.logs: dict[str, Log] = {}
        self.now_ms: Callable[[], int] = lambda: 0  # whose clock is on the disk's record of what was synced
        if durability is Durability.MEMORY:
            self._db = open_database(path, in_memory=True)
        else:
            self._db = recover(path, self._synced.sequence)
        self.dropped_bytes = dropped_bytes(path)
        self._syncer = Syncer()
        self.commits = 0
        self._open_group = Group()
        self._gathered = Gathering()
        self._syncing = False
        self._broken: BaseException | None = None
        self._unchecked_bytes = _ROOM_CHECK_BYTES
        self._ranges = 0
        self._next_log = 1 + max((int.from_bytes(raw[:8], "big") for _, raw in self._log_rows()), default=0)

    def begin(self) -> Transaction:
        """Begin a transaction; commit it in the same turn of the event loop."""
        return Transaction(self)

    def commit(self, transaction: Transaction) -> Durable:
        """Make a transaction visible now; the answer can be awaited until it is on disk.

        Raises StoreFull when the disk has no room, StoreBroken after a failed write, TransactionConflict when a log
        moved on since the transaction appended to it. The transaction is given up then.
        """
        try:
            changed = self._take(transaction)
        except BaseException:
            transaction.abort()
            raise
        transaction.closed = True
        self.commits += changed
        group = self._open_group
        for appended in transaction.appended:
            last = appended.first + len(appended.records) - 1
            appended.log.grow(last, appended.time_ms)
            group.logs[appended.log] = last
        group.callbacks.extend(transaction.durable)
        for callback in transaction.committed:
            callback()
        if changed or group.callbacks:
            self._schedule()
            return Durable(group)
        return _DONE

    def log(self, log_id: str) -> Log:
        """Answer a log by its id; one never written to is empty."""
        log = self.logs.get(log_id)
        if log is None:
            raw = self.read(LOGS.prefix + log_id.encode())
            log = self.logs[log_id] = open_log(self, log_id, raw, self._next_log)
            if raw is None:
                self._next_log += 1
        return log

    def forget(self, log: Log) -> None:
        """Let go of a deleted log and wake who waits for it."""
        if self.logs.get(log.id) is log:
            del self.logs[log.id]
        log.wake()

    def read(self, key: bytes) -> bytes | None:
        """Answer the visible value of a whole key."""
        fresh = self._gathered.values.get(key, _ABSENT)
        if fresh is not _ABSENT:
            return fresh  # type: ignore[return-value]
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:
            raise damaged(self.path, error) from error
        return value

    def iterate(self, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Answer whole keys and values with start <= key < stop in key order, or backwards."""
        # rocksdict's items() loses its bounds; its iterator keeps them while the options live. The upper bound spares a
        # walk over whatever was deleted behind it.
        self._write_out()
        bounds = ReadOptions()
        bounds.set_iterate_upper_bound(stop)
        at = self._db.iter(bounds)
        if not reverse:
            at.seek(start)
            while at.valid():
                yield at.key(), at.value()
                at.next()
        else:
            at.seek_to_last()
            while at.valid() and (key := at.key()) >= start:
                yield key, at.value()
                at.prev()
        self._check_end(at)

    @property
    def last_ms(self) -> int:
        """The clock's time at the last sync before this opening; 0 when there was none."""
        return self._synced.time_ms

    @property
    def sequence(self) -> int:
        """RocksDB's number of the last change of a row."""
        number: int = self._db.latest_sequence_number()
        return number

    def rows(self) -> int:
        """Answer about how many rows there are."""
        return int(self._db.property_int_value("rocksdb.estimate-num-keys") or 0)

    @property
    def syncing(self) -> bool:
        """Whether commits are on their way to the disk."""
        return self._syncing

    def close(self) -> None:
        """Sync, answer who still waits, and close."""
        group, self._open_group = self._open_group, Group()
        self._syncer.shutdown()
        group.finish(self._written() or self._sync())
        self._synced.close()
        if self.durability is not Durability.MEMORY:  # RocksDB's memory has nothing to sync and refuses to
            self._db.close()

    def _take(self, transaction: Transaction) -> bool:
        """Gather a transaction's changes, which makes them visible; False when it has none."""
        if transaction.closed:
            raise TransactionConflict("this transaction is closed; begin another")
        self._check_whole()
        for appended in transaction.appended:
            if appended.log.head + 1 != appended.first:
                raise TransactionConflict(f"log {appended.log.id} moved on while a transaction was open")
        if not (transaction.staged or transaction.appended or transaction.ranges):
            return False
        size = transaction.size
        if size:
            self._check_room(size)
        if transaction.ranges:
            self._write_out()  # ranges remove what came before, not what was gathered with them
        self._gathered.add(transaction, size)
        if transaction.ranges or self._gathered.size > _GATHERED_BYTES_MAX:
            self._write_out()
        return True

    def _write_out(self) -> None:
        """Write what was gathered; from then on scans find it. Raises StoreBroken when the disk refuses."""
        gathered = self._gathered
        if not gathered.changed:
            return
        self._check_whole()
        self._gathered = Gathering()
        try:
            self._db.write(gathered.batch())
        except Exception as error:
            self._broken = error
            raise StoreBroken(f"the disk refused a write: {error}; free some space and start Tailrace anew") from error
        if gathered.ranges:
            self._settle_ranges(gathered.ranges)

    def _check_whole(self) -> None:
        if self._broken is not None:
            raise StoreBroken(f"nothing can be written: {self._broken}; start Tailrace anew") from self._broken

    def _settle_ranges(self, removed: int) -> None:
        """Let RocksDB write its memory to a table, in the background, when many ranges were removed; few loads do."""
        self._ranges += removed
        if self._ranges >= RANGES_MAX:
            self._ranges = 0
            with suppress(Exception):  # a disk that refuses it refuses the next write as well, and that one is told
                self._db.flush(False)

    def _check_room(self, size: int) -> None:
        self._unchecked_bytes += size
        if self._unchecked_bytes < _ROOM_CHECK_BYTES or self.durability is Durability.MEMORY:
            return
        if self.room() < ROOM_BYTES_MIN + size:
            raise StoreFull(f"the disk under {self.path.parent} is full; free some space and send the request again")
        self._unchecked_bytes = 0

    def room(self) -> int:
        """Answer the free bytes of the disk under the data directory."""
        return shutil.disk_usage(self.path.parent).free

    def _schedule(self) -> None:
        if self._syncing:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            group, self._open_group = self._open_group, Group()
            group.finish(self._written() or self._sync())
            return
        self._syncing = True
        # Everything that commits in this turn of the loop joins the group; then one sync serves it.
        loop.call_soon(self._start_sync, loop)

    def _start_sync(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._open_group = self._open_group, Group()
        error = self._written()
        if error is not None or self.durability is not Durability.FSYNC:
            self._finish_sync(group, error)
            return

        def work() -> None:
            error = self._sync()
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(self._finish_sync, group, error)

        try:
            self._syncer.submit(work)
        except RuntimeError as closed:
            self._finish_sync(group, closed)

    def _finish_sync(self, group: Group, error: BaseException | None) -> None:
        self._syncing = False
        group.finish(error)
        if self._open_group.logs or self._open_group.waiting or self._open_group.callbacks:
            self._schedule()

    def _written(self) -> BaseException | None:
        try:
            self._write_out()
        except StoreBroken as error:
            return error
        return None

    def _sync(self) -> BaseException | None:
        if self.durability is not Durability.FSYNC:
            return None
        try:
            sequence = self.sequence
            self._db.flush_wal(True)
        except Exception as error:
            self._broken = error
            return StoreBroken(f"the disk refused a sync: {error}; start Tailrace anew")
        self._synced.note(sequence, self.now_ms())
        return None

    def _check_end(self, at: RdictIter) -> None:
        """Raise StoreDamaged when an iterator has ended at what it could not read."""
        try:
            at.status()
        except Exception as error:
            raise damaged(self.path, error) from error

    def _log_rows(self) -> Iterator[tuple[bytes, bytes]]:
        return self.iterate(LOGS.prefix, LOGS.stop)


def _done() -> Durable:
    group = Group()
    group.done = True
    return Durable(group)


_DONE = _done()
