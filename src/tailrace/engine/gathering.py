"""Commits that are visible but not in RocksDB yet: gathered, so that one write serves all of a group.

What is overwritten meanwhile is written once, and records that came one by one lie in blocks like those of a batch.
"""

from typing import TYPE_CHECKING

from rocksdict import WriteBatch

from tailrace.engine.block import blocks_of
from tailrace.engine.log import LOGS, meta_of
from tailrace.engine.transaction import Appended, Transaction

if TYPE_CHECKING:
    from tailrace.engine.log import Log


class Gathering:
    """Values by key, and records by log, of commits since the last write."""

    __slots__ = ("_ranges", "_runs", "size", "values")

    def __init__(self) -> None:
        self.values: dict[bytes, bytes | None] = {}  # None: removed
        self.size = 0  # in bytes
        self._runs: dict[Log, list[Appended]] = {}
        self._ranges: list[tuple[bytes, bytes]] = []

    @property
    def ranges(self) -> int:
        """How many ranges of keys it removes."""
        return len(self._ranges)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.values or self._runs or self._ranges)

    def add(self, transaction: Transaction, size: int) -> None:
        """Add a commit of a size in bytes; one that removes ranges must be the first of a gathering."""
        self.size += size
        self._ranges += transaction.ranges
        self.values |= transaction.staged
        for appended in transaction.appended:
            log = appended.log
            if not log.known:
                self.values[LOGS.prefix + log.id.encode()] = meta_of(log)
            runs = self._runs.get(log)
            if runs is None:
                runs = self._runs[log] = []
            if runs and runs[-1].time_ms == appended.time_ms:
                runs[-1].records += appended.records
            else:
                runs.append(Appended(log, appended.first, appended.time_ms, appended.records.copy()))

    def batch(self) -> WriteBatch:
        """Answer everything as one write, which is done as a whole or not at all."""
        batch = WriteBatch(raw_mode=True)
        for start, stop in self._ranges:
            batch.delete_range(start, stop)
        for key, value in self.values.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        for log, runs in self._runs.items():
            for run in runs:
                for last, block in blocks_of(run.first, run.time_ms, run.records):
                    batch.put(log.key(last), block)
        return batch
