"""Batches on their way: what each record came to, how far a shard is settled, and what is still to be tried.

Pure bookkeeping. A position moves over a record only when its end is known; ends known beyond it are kept beside it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

DELIVERED, FILTERED, FAILED = "delivered", "filtered", "failed"


class Item(msgspec.Struct):
    """A record on its way: its place and time in the log, its event as JSON, decoded if anybody needs it so."""

    sequence: int
    time_ms: int
    data: bytes
    event: dict[str, Any] | None = None


@dataclass(slots=True)
class Group:
    """Records that are tried together. ``condition`` is set when they are given up, and says why."""

    items: list[Item]
    attempts: int = 0
    condition: str | None = None

    def halves(self) -> "list[Group]":
        """Answer the two halves; splitting is no attempt."""
        middle = len(self.items) // 2
        return [Group(self.items[:middle], self.attempts), Group(self.items[middle:], self.attempts)]

    def runs(self) -> Iterator[list[Item]]:
        """Answer the records that follow each other without a gap."""
        run: list[Item] = []
        for item in self.items:
            if run and item.sequence != run[-1].sequence + 1:
                yield run
                run = []
            run.append(item)
        if run:
            yield run


@dataclass(slots=True)
class Tally:
    """How far a shard is settled, and the ends of records beyond."""

    position: int
    ends: dict[int, str] = field(default_factory=dict)
    _passed: Counter[str] = field(default_factory=Counter)

    def finish(self, sequences: Sequence[int], end: str) -> None:
        """Take note of what records came to, in order."""
        count = len(sequences)
        if not self.ends and count and sequences[0] == self.position + 1 and sequences[-1] == self.position + count:
            # As a rule they follow the position without a gap, and then nothing is kept of each.
            self.position += count
            self._passed[end] += count
            return
        for sequence in sequences:
            self.ends[sequence] = end

    def advance(self) -> Counter[str]:
        """Move the position over every record whose end is known; answer how many came to what since the last time."""
        counts, self._passed = self._passed, Counter()
        ends, position = self.ends, self.position
        while (end := ends.pop(position + 1, None)) is not None:
            position += 1
            counts[end] += 1
        self.position = position
        return counts
