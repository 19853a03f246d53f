"""Sweeps: once an hour, what is past its time goes.

Not in the first hour after a start, nor after a leap of the clock, for then a machine was off or asleep: what its
consumers had in flight has become too old meanwhile, and it is theirs to deliver first.
"""

from collections.abc import Callable

from tailrace.engine.clock import Clock
from tailrace.engine.job import Job, Jobs
from tailrace.engine.store import Store
from tailrace.engine.transaction import Transaction

HOUR_S = 3600.0


def sweep_hourly(jobs: Jobs, store: Store, clock: Clock, kind: str, sweep: Callable[[Transaction, int], None]) -> None:
    """Let ``sweep(transaction, now_ms)`` stage each hour what goes; ``kind`` names the job."""

    async def run(_: Job) -> None:
        while True:
            looked = clock.now()
            await clock.sleep(HOUR_S)
            if clock.now() - looked < 2 * HOUR_S:
                transaction = store.begin()
                sweep(transaction, clock.now_ms())
                await store.commit(transaction)

    jobs.register(kind, run)
    transaction = store.begin()
    jobs.schedule(transaction, kind, "hourly", {})
    store.commit(transaction)
