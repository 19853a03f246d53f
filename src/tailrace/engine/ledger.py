"""The ledger: what became of every record at every hop, committed with the delivery itself.

At every moment, for every consumer: ended + settled - begun = delivered + filtered + dropped + failed, and
in flight = head - settled. ``settle`` refuses anything else. A log that goes leaves ``ended``: what came out of it.
"""

from collections.abc import Iterator

import msgspec

from tailrace.engine.log import Log
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """Who consumes what: shown by status. ``source`` and ``target`` are ARNs."""

    kind: str
    name: str
    region: str
    source: str
    target: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a consumer stands in its logs, and its counts since it began."""

    hop: Hop
    begun: dict[str, int]
    settled: dict[str, int]
    ended: int = 0
    delivered: int = 0
    filtered: int = 0
    dropped: int = 0
    failed: int = 0
    note: str | None = None

    @property
    def accounted(self) -> int:
        """The records that have come to an end."""
        return self.delivered + self.filtered + self.dropped + self.failed

    @property
    def received(self) -> int:
        """The records between where it began and where it stands, those of logs that are gone included."""
        return self.ended + sum(self.settled.values()) - sum(self.begun.values())

    def without(self, log_id: str, head: int) -> "Standing":
        """Answer it after a log has gone: what it had not settled there has failed."""
        lost = max(head - self.settled[log_id], 0)
        return msgspec.structs.replace(
            self,
            begun={name: at for name, at in self.begun.items() if name != log_id},
            settled={name: at for name, at in self.settled.items() if name != log_id},
            ended=self.ended + self.settled[log_id] + lost - self.begun[log_id],
            failed=self.failed + lost,
            note=f"{lost} records were gone with their shard before they were delivered" if lost else self.note,
        )

    def joined(self, other: "Standing") -> "Standing":
        """Answer it with the counts of another consumer of the same hop, whose logs are all gone."""
        return msgspec.structs.replace(
            self,
            ended=self.ended + other.ended,
            delivered=self.delivered + other.delivered,
            filtered=self.filtered + other.filtered,
            dropped=self.dropped + other.dropped,
            failed=self.failed + other.failed,
            note=self.note or other.note,
        )


class Imbalance(AssertionError):
    """A consumer tried to settle records without saying what became of each: a defect, never an input's fault."""


class LogGone(Exception):
    """A consumer settles in a log that was deleted meanwhile: its records count as failed, and it reads on anew."""


class Ledger:
    """Read and stage standings; keys are consumer ids."""

    def __init__(self) -> None:
        self._rows = Rows("engine/ledger", Standing)

    def standing(self, transaction: Transaction, consumer_id: str) -> Standing | None:
        """Answer a consumer's standing, or None before it began."""
        return self._rows.get(transaction, consumer_id)

    def standings(self, transaction: Transaction, prefix: str = "") -> Iterator[tuple[str, Standing]]:
        """Answer every consumer's id and standing."""
        return self._rows.scan(transaction, prefix)

    def begin(self, transaction: Transaction, consumer_id: str, hop: Hop, log_id: str, after: int) -> None:
        """Stage where a consumer begins in a log; beginning twice in one log changes nothing."""
        standing = self.standing(transaction, consumer_id) or Standing(hop=hop, begun={}, settled={})
        if log_id in standing.begun:
            return
        begun, settled = {**standing.begun, log_id: after}, {**standing.settled, log_id: after}
        self._rows.put(transaction, consumer_id, msgspec.structs.replace(standing, begun=begun, settled=settled))

    def settle(
        self,
        transaction: Transaction,
        consumer_id: str,
        upto: dict[str, int],
        *,
        delivered: int = 0,
        filtered: int = 0,
        dropped: int = 0,
        failed: int = 0,
    ) -> None:
        """Stage new positions by log id and what became of the records up to them; a note is taken back."""
        standing = self.standing(transaction, consumer_id)
        if standing is None:
            raise Imbalance(f"{consumer_id} settles before it began")
        if not upto.keys() <= standing.begun.keys():
            raise LogGone(f"{consumer_id}: a log is gone with all that was in flight there")
        after = msgspec.structs.replace(
            standing,
            settled={**standing.settled, **upto},
            delivered=standing.delivered + delivered,
            filtered=standing.filtered + filtered,
            dropped=standing.dropped + dropped,
            failed=standing.failed + failed,
            note=None,
        )
        if after.received != after.accounted:
            raise Imbalance(f"{consumer_id}: {after.received} records received, {after.accounted} accounted for")
        self._rows.put(transaction, consumer_id, after)

    def note(self, transaction: Transaction, consumer_id: str, text: str | None) -> None:
        """Stage why records are kept in flight; None takes it back."""
        standing = self.standing(transaction, consumer_id)
        if standing is not None and standing.note != text:
            self._rows.put(transaction, consumer_id, msgspec.structs.replace(standing, note=text))

    def follow(self, transaction: Transaction, log_id: str, next_id: str) -> None:
        """Stage that whoever reads a log reads what follows it, from its first record on: those are in flight at once.

        A consumer of one log has that log's id at the end of its own; its follower is called accordingly.
        """
        for consumer_id, standing in list(self.standings(transaction)):
            if log_id in standing.begun:
                follower = consumer_id.removesuffix(log_id) + next_id if consumer_id.endswith(log_id) else consumer_id
                self.begin(transaction, follower, standing.hop, next_id, 0)

    def close(self, transaction: Transaction, log: Log) -> None:
        """Stage, before a log is deleted, that whoever reads it has come to its end there; no count is forgotten."""
        standings = dict(self.standings(transaction))
        for consumer_id, standing in list(standings.items()):
            if log.id not in standing.settled:
                continue
            after = standings[consumer_id].without(log.id, log.head)
            heir = _heir(standings, consumer_id, after)
            if heir is None:
                standings[consumer_id] = after
                self._rows.put(transaction, consumer_id, after)
            else:
                # So that a stream that is resharded for years leaves no row for each shard that it ever had.
                standings[heir] = standings[heir].joined(after)
                self._rows.put(transaction, heir, standings[heir])
                self._rows.delete(transaction, consumer_id)

    def end(self, transaction: Transaction, consumer_id: str) -> None:
        """Stage the removal of a consumer's standing, when what it served is deleted."""
        self._rows.delete(transaction, consumer_id)


def _heir(standings: dict[str, Standing], consumer_id: str, standing: Standing) -> str | None:
    """Answer another consumer of the same hop that still reads something, for one that doesn't."""
    if standing.settled:
        return None
    for other_id, other in standings.items():
        if other_id != consumer_id and other.hop == standing.hop and other.settled:
            return other_id
    return None
