"""Settling: bring every accepted change to its end, moving a manual clock on when nothing else can move.

Nothing else can move when nothing has been committed for many turns of the loop and no worker or sync is busy.
"""

import asyncio

from tailrace.engine.clock import ManualClock
from tailrace.engine.errors import EngineError
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud

_CALM_TURNS = 40
_CALM_SYNCED_TURNS = 4
_LOOK_S = 0.002
# Of a manual clock:
_HORIZON_S = 2 * 86_400.0  # longer than any stream keeps its records
_START_S = 60.0  # for a consumer to be started, when none runs that has records in flight


class Unsettled(EngineError):
    """Records stay in flight whatever time passes; the text says which and why."""


class Settling:
    """Settle one cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud

    async def settle(self, patience_s: float = 60.0) -> None:
        """Return when nothing is in flight. Raises Unsettled after that many real seconds, or when time can't help."""
        clock = self._cloud.clock
        try:
            async with asyncio.timeout(patience_s):
                if isinstance(clock, ManualClock):
                    await self._move(clock)
                else:
                    while self._in_flight():
                        await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise self._unsettled(f"not settled after {patience_s:g} s") from None

    async def calm(self) -> None:
        """Return when everything that can move without time passing has come to rest."""
        turns = 0
        while turns < (_CALM_TURNS if self._quick else _CALM_SYNCED_TURNS):
            before = self._cloud.store.commits
            busy = self._cloud.workers.busy or self._cloud.tasks.busy or self._cloud.store.syncing
            await asyncio.sleep(0 if self._quick and not busy else _LOOK_S)
            turns = 0 if busy or self._cloud.store.commits != before else turns + 1

    @property
    def _quick(self) -> bool:
        return self._cloud.settings.durability is Durability.MEMORY

    async def _move(self, clock: ManualClock) -> None:
        horizon, started = clock.now() + _HORIZON_S, clock.now() + _START_S
        while True:
            await self.calm()
            waiting = self._in_flight()
            if not waiting:
                return
            if any(self._cloud.consumers.running(consumer_id) for consumer_id in waiting):
                started = clock.now() + _START_S
            due = clock.next_due()
            if due is None or due > min(horizon, started):
                raise self._unsettled("no passing of time brings the rest to its end")
            clock.advance_to(due)

    def _in_flight(self) -> dict[str, int]:
        """Answer how many records are in flight at each consumer that has any."""
        store = self._cloud.store
        found = {}
        for consumer_id, standing in self._cloud.ledger.standings(store.begin()):
            count = sum(max(store.log(log_id).head - settled, 0) for log_id, settled in standing.settled.items())
            if count:
                found[consumer_id] = count
        return found

    def _unsettled(self, reason: str) -> Unsettled:
        transaction = self._cloud.store.begin()
        lines = []
        for consumer_id, count in self._in_flight().items():
            standing = self._cloud.ledger.standing(transaction, consumer_id)
            note = standing.note if standing is not None else None
            if not self._cloud.consumers.running(consumer_id):
                note = "it does not run"
            lines.append(f"{count} at {consumer_id}" + (f" ({note})" if note else ""))
        return Unsettled(f"{reason}: {'; '.join(lines) or 'nothing is in flight any more'}")
