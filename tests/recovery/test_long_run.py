"""State, files and memory stay bounded over a long run: what a month of a steady load adds, a month takes away."""

import asyncio
from collections import Counter
from pathlib import Path

from recovery.long_run import LongRun

# Deleted stacks are remembered for 90 days, which is the longest; the load repeats itself every 10.
RISES_FOR_DAYS = 100
MONTH_DAYS = 30
SLACK = 10  # what a thread is just about to remove; a row a day would be thirty


def test_a_steady_load_comes_to_a_plateau(tmp_path: Path) -> None:
    run = LongRun(tmp_path / "data")
    early, late = asyncio.run(_live(run))
    grown = {what: (early[what], count) for what, count in late.items() if count > early[what] + SLACK}
    assert not grown, f"the most of each in a month, and in the next: {grown}"
    assert early["records"] > 4000 and early["rows of cloudformation/stacks"] > 90, "nothing is asserted of nothing"


async def _live(run: LongRun) -> tuple[Counter[str], Counter[str]]:
    """Answer the most that there was of everything in one month, and in the next."""
    await run.begin()
    for _ in range(RISES_FOR_DAYS):
        await run.day()
    months = [await _month(run), await _month(run)]
    received = {standing.hop.name: standing for _, standing in run.cloud.ledger.standings(run.cloud.store.begin())}
    assert all(standing.received == standing.accounted > 0 for standing in received.values())
    assert all(standing.failed == 0 for standing in received.values())
    await run.cloud.stop()
    return months[0], months[1]


async def _month(run: LongRun) -> Counter[str]:
    most: Counter[str] = Counter()
    for _ in range(MONTH_DAYS):
        await run.day()
        most |= run.kept()
    return most
