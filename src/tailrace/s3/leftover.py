"""Files that no row names any more: remembered in the same transaction, removed when the commit is on disk.

They are kept for some seconds, so that who was given a path a moment ago can still open it.
"""

import asyncio
from collections.abc import Iterable

from tailrace.engine.front import Front
from tailrace.engine.job import Job
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud

KEPT_S = 10
JOB = "s3/leftovers"
LEFTOVERS = Space("s3/leftovers")  # when it may go (13 digits, ms) + "/" + path -> nothing
_FRONT = Front(LEFTOVERS)
_END = b"9" * 14
_AT_ONCE = 1000


def leave(cloud: Cloud, transaction: Transaction, now_ms: int, paths: Iterable[str]) -> None:
    """Stage the removal of files."""
    due_ms = now_ms + KEPT_S * 1000
    for path in paths:
        transaction.put(LEFTOVERS, f"{due_ms:013d}/{path}".encode(), b"")
    cloud.jobs.schedule(transaction, JOB, "sweep", {})


def register(cloud: Cloud) -> None:
    """Say how the job is done."""

    async def sweep(_: Job) -> None:
        while (wait_s := await _sweep_due(cloud)) is not None:
            await cloud.clock.sleep(wait_s)

    cloud.jobs.register(JOB, sweep)


async def _sweep_due(cloud: Cloud) -> float | None:
    """Remove what may go; answer how long the next one has to wait, or None when there is none."""
    now_ms = cloud.clock.now_ms()
    due: list[bytes] = []
    following_ms = None
    now = f"{now_ms:013d}/".encode()
    for key, _ in _FRONT.scan(cloud.store.begin(), b"", _END, now):
        due_ms = int(key[:13])
        if due_ms > now_ms or len(due) == _AT_ONCE:
            following_ms = max(due_ms, now_ms)
            break
        due.append(key)
    if due:
        paths = [key[14:].decode() for key in due]
        await asyncio.to_thread(_unlink, cloud, paths)
        transaction = cloud.store.begin()
        for key in due:
            transaction.delete(LEFTOVERS, key)
        cloud.store.commit(transaction)
    return None if following_ms is None else (following_ms - now_ms) / 1000


def _unlink(cloud: Cloud, paths: list[str]) -> None:
    for path in paths:
        cloud.files.remove(path)
