"""Jobs: durable work in the background. It starts when the transaction that scheduled it is committed, and it is run
again from its beginning after a restart until it returns; so a job is written to be repeatable.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tailrace.engine.clock import Clock
from tailrace.engine.rows import Rows
from tailrace.engine.store import Store
from tailrace.engine.transaction import Transaction

_logger = logging.getLogger(__name__)
_BACK_OFF_S_MAX = 60.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work: its kind names who runs it, its id is unique within the kind."""

    kind: str
    id: str
    payload: dict[str, Any]
    due_ms: int = 0
    turn: int = 0


Runner = Callable[[Job], Awaitable[None]]


class Jobs:
    """Schedule, run, cancel and resume jobs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._rows = Rows("engine/jobs", Job)
        self._runners: dict[str, Runner] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._started = False

    def register(self, kind: str, run: Runner) -> None:
        """Say who runs the jobs of a kind."""
        self._runners[kind] = run

    def schedule(
        self, transaction: Transaction, kind: str, job_id: str, payload: dict[str, Any], due_ms: int = 0
    ) -> None:
        """Stage a job; it runs once committed and due. Scheduling it again replaces it, and it runs again."""
        key = f"{kind}/{job_id}"
        earlier = self._rows.get(transaction, key)
        turn = 0 if earlier is None else earlier.turn + 1
        self._rows.put(transaction, key, Job(kind=kind, id=job_id, payload=payload, due_ms=due_ms, turn=turn))
        transaction.on_commit(lambda: self._launch(key))

    def cancel(self, kind: str, job_id: str) -> bool:
        """Remove a job and stop its run, if it runs; False when there is no such job."""
        key = f"{kind}/{job_id}"
        transaction = self._store.begin()
        if self._rows.get(transaction, key) is None:
            return False
        self._rows.delete(transaction, key)
        self._store.commit(transaction)
        task = self._running.get(key)
        if task is not None:
            self._end(task)
        return True

    def resume(self) -> None:
        """Run everything that was scheduled and has not come to its end; called once, when all are registered."""
        self._started = True
        for key, _ in list(self._rows.scan(self._store.begin())):
            self._launch(key)

    async def stop(self) -> None:
        """Stop every run; the jobs stay and are resumed next time."""
        self._started = False
        tasks = list(self._running.values())
        for task in tasks:
            self._end(task)
        if tasks:
            await asyncio.wait(tasks)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        task.cancel()

    def _launch(self, key: str) -> None:
        running = self._running.get(key)
        if running is not None and running in self._stopping:
            running.add_done_callback(lambda _: self._launch(key))
        elif self._started and running is None:
            self._running[key] = asyncio.get_running_loop().create_task(self._work(key), name=f"job {key}")

    async def _work(self, key: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            back_off_s = 1.0
            while (job := self._rows.get(self._store.begin(), key)) is not None:
                wait_s = job.due_ms / 1000 - self._clock.now()
                if wait_s > 0:
                    await self._clock.sleep(wait_s)
                    continue
                try:
                    await self._runners[job.kind](job)
                except Exception:
                    # Not task.cancelling(): a task group that failed leaves that raised (Python 3.11).
                    if task in self._stopping:
                        return  # it failed while it was being stopped; it is run again next time
                    _logger.exception("job %s failed and will be run again in %.0f s", key, back_off_s)
                    await self._clock.sleep(back_off_s)
                    back_off_s = min(back_off_s * 2, _BACK_OFF_S_MAX)
                    continue
                self._finish(key, job)
        finally:
            del self._running[key]

    def _finish(self, key: str, job: Job) -> None:
        transaction = self._store.begin()
        current = self._rows.get(transaction, key)
        # One that was scheduled again while it ran has a new turn to run.
        if current is not None and current.turn == job.turn:
            self._rows.delete(transaction, key)
            self._store.commit(transaction)
