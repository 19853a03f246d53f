"""A log: ordered, durable, replayable, and it can be waited on.

Sequences are dense from 1; times never go back. Records lie in blocks, under the log's number and the sequence of
their last record, so a read is one seek.
"""

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailrace.engine.block import Entry, entries_of, time_of
from tailrace.engine.space import Space

if TYPE_CHECKING:
    from tailrace.engine.store import Store
    from tailrace.engine.transaction import Transaction

LOGS = Space("engine/logs")  # log id -> number, head and tail as of the last trim
BLOCKS = Space("b")  # number + last sequence -> block; a short prefix, for this is the busiest space
_META = struct.Struct(">QQQQ")
_KEY = struct.Struct(">QQ")


@dataclass(slots=True, eq=False)
class Log:
    """Read a log by position or time, trim it, and wait for its next durable record."""

    store: "Store"
    id: str
    number: int
    head: int
    tail: int
    last_time_ms: int
    durable_head: int
    known: bool
    _waiting: list[asyncio.Future[None]]

    def read(self, after: int, limit: int, max_bytes: int) -> list[Entry]:
        """Answer the entries after a sequence, at least one if there is one, up to a count and a size in bytes."""
        if after >= self.head:
            return []
        first = max(after + 1, self.tail)
        entries: list[Entry] = []
        size = 0
        for key, value in self.store.iterate(self.key(first), self.key(self.head + 1)):
            for entry in entries_of(last_of(key), value, first):
                size += len(entry.data)
                if entries and (size > max_bytes or len(entries) >= limit):
                    return entries
                entries.append(entry)
        return entries

    def time_of(self, sequence: int) -> int | None:
        """Answer the time in milliseconds of an entry; None when it is trimmed or not there yet."""
        if not self.tail <= sequence <= self.head:
            return None
        return next(
            (time_of(value) for _, value in self.store.iterate(self.key(sequence), self.key(self.head + 1))), None
        )

    def at_time(self, time_ms: int) -> int:
        """Answer the first kept sequence whose time is not before the given one; head + 1 when there is none."""
        low, high = self.tail, self.head + 1
        oldest_ms = self.time_of(low)
        if oldest_ms is None or oldest_ms >= time_ms:
            return low
        while low < high:
            middle = (low + high) // 2
            found = self.time_of(middle)
            if found is not None and found < time_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def trim(self, transaction: "Transaction", before: int) -> None:
        """Stage the removal of every entry with a sequence smaller than the given one."""
        before = min(before, self.head + 1)
        if before <= self.tail:
            return
        stop = self.key(before)[len(BLOCKS.prefix) :]
        transaction.delete_range(BLOCKS, self.key(self.tail)[len(BLOCKS.prefix) :], stop)
        transaction.put(LOGS, self.id.encode(), _META.pack(self.number, self.head, before, self.last_time_ms))
        transaction.on_commit(lambda: self._trimmed(before))

    def delete(self, transaction: "Transaction") -> None:
        """Stage the removal of the log and of all that it holds; who waits for it is woken."""
        transaction.delete_range(BLOCKS, self.key(0)[len(BLOCKS.prefix) :], self.key(2**63)[len(BLOCKS.prefix) :])
        transaction.delete(LOGS, self.id.encode())
        transaction.on_commit(lambda: self.store.forget(self))

    async def wait(self, after: int) -> None:
        """Return when a durable entry with a greater sequence exists, or when the log is deleted."""
        while self.durable_head <= after and self.store.logs.get(self.id) is self:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            finally:
                if future in self._waiting:
                    self._waiting.remove(future)

    def key(self, sequence: int) -> bytes:
        """Answer the store's key of the block that ends with an entry: the least key of one that holds it."""
        return BLOCKS.prefix + _KEY.pack(self.number, sequence)

    def grow(self, last: int, time_ms: int) -> None:
        """Take note of appended entries that have become visible."""
        self.head, self.last_time_ms, self.known = last, time_ms, True

    def reach(self, durable_head: int) -> None:
        """Take note of entries that have become durable, and wake who waits."""
        self.durable_head = durable_head
        self.wake()

    def wake(self) -> None:
        """Wake everybody who waits, to look again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _trimmed(self, tail: int) -> None:
        self.tail = tail


def meta_of(log: Log) -> bytes:
    """Encode a log's row, as written when the log receives its first record and at each trim."""
    return _META.pack(log.number, log.head, log.tail, log.last_time_ms)


def open_log(store: "Store", log_id: str, raw: bytes | None, next_number: int) -> Log:
    """Find where a log stands from its row and its last entry; a log without a row is empty and new."""
    number, head, tail, last_time_ms = _META.unpack(raw) if raw else (next_number, 0, 1, 0)
    log = Log(store, log_id, number, head, tail, last_time_ms, head, raw is not None, [])
    if raw:
        for key, value in store.iterate(log.key(0), log.key(2**63), reverse=True):
            log.head, log.last_time_ms = last_of(key), time_of(value)
            break
        log.durable_head = log.head
    return log


def last_of(key: bytes) -> int:
    """Answer the sequence of the last record of the block under a key."""
    return int.from_bytes(key[-8:], "big")
