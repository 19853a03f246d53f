"""Answers that wait a moment for the work they began: it is nearly always done by then, and clients ask again late.

The AWS CLI asks every 30 seconds whether a stack is ready, but at once for the first time.
"""

from collections.abc import Callable

from tailrace.cloudformation.change_set import CHANGE_SETS
from tailrace.cloudformation.stack import STACKS
from tailrace.engine.clock import ManualClock
from tailrace.service.cloud import Cloud

PATIENCE_S = 2.0
_WAIT_S_FIRST, _WAIT_S_MAX = 0.002, 0.05


async def stack_at_rest(cloud: Cloud, key: str) -> None:
    """Return when a stack is at rest, or after a while."""

    def done() -> bool:
        stack = STACKS.get(cloud.store.begin(), key)
        return stack is None or not stack.in_progress

    await _wait(cloud, done)


async def change_set_evaluated(cloud: Cloud, key: str) -> None:
    """Return when it is known what a change set would do, or after a while."""

    def done() -> bool:
        row = CHANGE_SETS.get(cloud.store.begin(), key)
        return row is None or row.status in ("CREATE_COMPLETE", "FAILED")

    await _wait(cloud, done)


async def _wait(cloud: Cloud, done: Callable[[], bool]) -> None:
    # A clock in somebody's hand does not move while they wait for this answer.
    if isinstance(cloud.clock, ManualClock):
        return
    deadline, wait_s = cloud.clock.now() + PATIENCE_S, _WAIT_S_FIRST
    while not done() and cloud.clock.now() < deadline:
        await cloud.clock.sleep(wait_s)
        wait_s = min(wait_s * 1.5, _WAIT_S_MAX)
