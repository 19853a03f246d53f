"""Sweeps: once an hour, but never when those who read were away until now."""

import asyncio
from pathlib import Path

from tailrace.engine.clock import ManualClock
from tailrace.engine.job import Jobs
from tailrace.engine.space import Space
from tailrace.engine.store import Durability, Store
from tailrace.engine.sweep import HOUR_S, sweep_hourly
from tailrace.engine.transaction import Transaction

SPACE = Space("test/swept")


async def after(store: Store, clock: ManualClock, steps: list[float]) -> list[int]:
    """Start, let these stretches of time pass one by one, and answer when it was swept."""
    jobs, swept = Jobs(store, clock), []

    def sweep(transaction: Transaction, now_ms: int) -> None:
        swept.append(now_ms // 1000)
        transaction.put(SPACE, b"at", str(now_ms).encode())

    sweep_hourly(jobs, store, clock, "test/sweep", sweep)
    jobs.resume()
    for seconds in (0.0, *steps):
        clock.advance(seconds)
        for _ in range(5):
            await asyncio.sleep(0)
    await jobs.stop()
    assert store.begin().get(SPACE, b"at") == (str(swept[-1] * 1000).encode() if swept else None)
    return swept


def test_it_sweeps_every_hour_from_the_first_on(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "store", Durability.MEMORY), ManualClock(0.0)
    quarters = [HOUR_S / 4] * 9
    assert asyncio.run(after(store, clock, quarters)) == [3600, 7200]


def test_a_start_and_a_leap_of_the_clock_leave_an_hour_to_who_reads(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "store", Durability.MEMORY), ManualClock(0.0)
    day = 24 * HOUR_S
    assert asyncio.run(after(store, clock, [day, HOUR_S / 2, HOUR_S / 2, day, HOUR_S])) == [90_000, 180_000]
    clock.advance(7 * day)
    store_again = Store(tmp_path / "again", Durability.MEMORY)
    assert asyncio.run(after(store_again, clock, [HOUR_S - 1])) == []
