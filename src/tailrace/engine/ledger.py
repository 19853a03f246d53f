"""The ledger: what became of every record at every hop, committed with the delivery itself.

At every moment, for every consumer: settled - begun = delivered + filtered + dropped + failed, and
in flight = head - settled. ``settle`` refuses anything else.
"""

from collections.abc import Iterator

import msgspec

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
        """The records between where it began and where it stands."""
        return sum(self.settled.values()) - sum(self.begun.values())


class Imbalance(AssertionError):
    """A consumer tried to settle records without saying what became of each: a defect, never an input's fault."""


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

    def end(self, transaction: Transaction, consumer_id: str) -> None:
        """Stage the removal of a consumer's standing, when what it served is deleted."""
        self._rows.delete(transaction, consumer_id)
