"""Reads and staged writes that become visible together, or never.

A transaction belongs to one turn of the event loop: it is begun, filled and committed without an await in between.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from tailrace.engine.space import Space

if TYPE_CHECKING:
    from tailrace.engine.log import Log
    from tailrace.engine.store import Store

_ABSENT = object()


class Appended(msgspec.Struct):
    """Records staged at the end of a log: where they start, when, and what they hold."""

    log: "Log"
    first: int
    time_ms: int
    records: list[bytes]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point to go back to inside a transaction."""

    journal: int
    ranges: int
    appended: tuple[int, ...]
    callbacks: tuple[int, int, int]


class Transaction:
    """Stage reads and writes over the store; the store's ``commit`` makes them visible and durable."""

    __slots__ = ("_journal", "aborted", "appended", "closed", "committed", "durable", "ranges", "staged", "store")

    def __init__(self, store: "Store") -> None:
        self.store = store
        self.staged: dict[bytes, bytes | None] = {}
        self.ranges: list[tuple[bytes, bytes]] = []
        self.appended: list[Appended] = []
        self.committed: list[Callable[[], None]] = []
        self.durable: list[Callable[[], None]] = []
        self.aborted: list[Callable[[], None]] = []
        self.closed = False
        self._journal: list[tuple[bytes, Any]] = []

    def get(self, space: Space, key: bytes) -> bytes | None:
        """Answer the value of a key, staged writes included; None when there is none."""
        full = space.prefix + key
        if full in self.staged:
            return self.staged[full]
        if self.ranges and any(start <= full < stop for start, stop in self.ranges):
            return None
        return self.store.read(full)

    def put(self, space: Space, key: bytes, value: bytes) -> None:
        """Stage a value."""
        self._stage(space.prefix + key, value)

    def delete(self, space: Space, key: bytes) -> None:
        """Stage the removal of a key; a missing one is no error."""
        self._stage(space.prefix + key, None)

    def delete_range(self, space: Space, start: bytes = b"", stop: bytes | None = None) -> None:
        """Stage the removal of every key with start <= key < stop, whatever their number, at a constant cost."""
        first, last = space.prefix + start, space.stop if stop is None else space.prefix + stop
        if first >= last:
            return
        for full in [full for full in self.staged if first <= full < last]:
            self._stage(full, None)
        self.ranges.append((first, last))

    def scan(
        self, space: Space, start: bytes = b"", stop: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Answer (key, value) with start <= key < stop in key order, or backwards, staged writes included."""
        first, last = space.prefix + start, space.stop if stop is None else space.prefix + stop
        cut = len(space.prefix)
        stored = self.store.iterate(first, last, reverse=reverse)
        if not self.staged and not self.ranges:
            for full, value in stored:
                yield full[cut:], value
            return
        for full, value in self._merge(stored, first, last, reverse):
            yield full[cut:], value

    def append(self, log_id: str, records: Sequence[bytes], now_ms: int) -> int:
        """Stage records at the end of a log and answer the first sequence given; they are dense and start at 1."""
        log = self.store.log(log_id)
        for staged in reversed(self.appended):
            if staged.log is log:
                staged.records.extend(records)
                return staged.first + len(staged.records) - len(records)
        self.appended.append(Appended(log, log.head + 1, max(now_ms, log.last_time_ms), list(records)))
        return log.head + 1

    def head(self, log_id: str) -> int:
        """Answer the last sequence of a log, staged appends included; 0 when it never held a record."""
        log = self.store.log(log_id)
        for staged in self.appended:
            if staged.log is log:
                return staged.first + len(staged.records) - 1
        return log.head

    def log(self, log_id: str) -> "Log":
        """Answer a log as it was before this transaction."""
        return self.store.log(log_id)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call back when the writes are visible."""
        self.committed.append(callback)

    def on_durable(self, callback: Callable[[], None]) -> None:
        """Call back when the writes are on disk."""
        self.durable.append(callback)

    def on_abort(self, callback: Callable[[], None]) -> None:
        """Call back when the writes are given up."""
        self.aborted.append(callback)

    @property
    def size(self) -> int:
        """The bytes that it adds, roughly: removals count nothing."""
        kept = sum(map(len, filter(None, self.staged.values())))
        return kept + sum([sum(map(len, appended.records)) for appended in self.appended])

    def mark(self) -> Mark:
        """Remember this point, for ``rollback``."""
        callbacks = (len(self.committed), len(self.durable), len(self.aborted))
        appended = tuple([len(staged.records) for staged in self.appended])
        return Mark(len(self._journal), len(self.ranges), appended, callbacks)

    def rollback(self, mark: Mark) -> None:
        """Undo everything staged since the mark; what came before it stays."""
        while len(self._journal) > mark.journal:
            full, before = self._journal.pop()
            if before is _ABSENT:
                self.staged.pop(full, None)
            else:
                self.staged[full] = before
        del self.ranges[mark.ranges :]
        del self.appended[len(mark.appended) :]
        for staged, kept in zip(self.appended, mark.appended, strict=True):
            del staged.records[kept:]
        committed, durable, aborted = mark.callbacks
        del self.committed[committed:]
        del self.durable[durable:]
        undone = self.aborted[aborted:]
        del self.aborted[aborted:]
        for callback in undone:
            callback()

    def abort(self) -> None:
        """Give everything up."""
        self.closed = True
        for callback in self.aborted:
            callback()

    def _stage(self, full: bytes, value: bytes | None) -> None:
        self._journal.append((full, self.staged.get(full, _ABSENT)))
        self.staged[full] = value

    def _merge(
        self, stored: Iterator[tuple[bytes, bytes]], first: bytes, last: bytes, reverse: bool
    ) -> Iterator[tuple[bytes, bytes]]:
        mine = sorted((full for full in self.staged if first <= full < last), reverse=reverse)
        at = 0
        for full, value in stored:
            while at < len(mine) and (mine[at] > full if reverse else mine[at] < full):
                yield from self._staged_pair(mine[at])
                at += 1
            if at < len(mine) and mine[at] == full:
                yield from self._staged_pair(full)
                at += 1
            elif not any(start <= full < stop for start, stop in self.ranges):
                yield full, value
        for full in mine[at:]:
            yield from self._staged_pair(full)

    def _staged_pair(self, full: bytes) -> Iterator[tuple[bytes, bytes]]:
        value = self.staged.get(full)
        if value is not None:
            yield full, value
