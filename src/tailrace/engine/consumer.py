"""A consumer: a durable position in one or more logs and what it does with the records.

It commits its effects, its ledger counts and its new position in ONE transaction, so a hop is exactly once.
"""

import asyncio
import logging
from abc import ABC, abstractmethod

from tailrace.engine.clock import Clock
from tailrace.engine.ledger import Hop, Ledger, LogGone
from tailrace.engine.store import Store
from tailrace.engine.transaction import Transaction

_logger = logging.getLogger(__name__)
_BACK_OFF_S_MAX = 30.0


class Consumer(ABC):
    """Subclass it with a ``run`` that reads from ``position`` on, waits with ``Log.wait`` and settles."""

    def __init__(self, store: Store, clock: Clock, ledger: Ledger, consumer_id: str, hop: Hop) -> None:
        self.store = store
        self.clock = clock
        self.ledger = ledger
        self.id = consumer_id
        self.hop = hop

    def position(self, log_id: str) -> int:
        """Answer the last settled sequence of a log."""
        standing = self.ledger.standing(self.store.begin(), self.id)
        return 0 if standing is None else standing.settled.get(log_id, 0)

    def begin_at(self, transaction: Transaction, log_id: str, after: int) -> None:
        """Stage where it begins in a log, once and for all."""
        self.ledger.begin(transaction, self.id, self.hop, log_id, after)

    def settle(
        self,
        transaction: Transaction,
        log_id: str,
        upto: int,
        *,
        delivered: int = 0,
        filtered: int = 0,
        dropped: int = 0,
        failed: int = 0,
    ) -> None:
        """Stage a new position in one log and what became of each record up to it; Imbalance when they differ."""
        self.ledger.settle(
            transaction,
            self.id,
            {log_id: upto},
            delivered=delivered,
            filtered=filtered,
            dropped=dropped,
            failed=failed,
        )

    def note(self, text: str | None) -> None:
        """Commit why records are kept in flight."""
        transaction = self.store.begin()
        self.ledger.note(transaction, self.id, text)
        self.store.commit(transaction)

    @abstractmethod
    async def run(self) -> None:
        """Consume until cancelled; return when the logs have come to their end."""


class Consumers:
    """The consumers that run in this process: each a supervised task."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[str, tuple[Consumer, asyncio.Task[None]]] = {}
        self._stopping: set[asyncio.Task[None]] = set()

    def start(self, consumer: Consumer) -> None:
        """Run a consumer; one that already runs under the same id goes on instead."""
        if consumer.id in self._running:
            return
        task = asyncio.get_running_loop().create_task(self._supervise(consumer), name=consumer.id)
        self._running[consumer.id] = (consumer, task)

    async def stop(self, consumer_id: str) -> None:
        """Stop a consumer where it stands; what it has not settled it reads again next time."""
        _, task = self._running.pop(consumer_id, (None, None))
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)
            await asyncio.wait((task,))

    async def stop_all(self) -> None:
        """Stop every consumer, also those that another one starts meanwhile; return when none works any more."""
        while self._running:
            await self.stop(next(iter(self._running)))
        if self._stopping:  # whoever stopped them may have been cancelled while it waited
            await asyncio.wait(self._stopping)

    def running(self, consumer_id: str) -> bool:
        """Answer whether a consumer runs."""
        return consumer_id in self._running

    async def _supervise(self, consumer: Consumer) -> None:
        back_off_s = 0.25
        task = asyncio.current_task()
        assert task is not None
        while True:
            try:
                await consumer.run()
                break
            except asyncio.CancelledError:
                raise
            except Exception as error:
                # Not task.cancelling(): a task group that failed leaves that raised (Python 3.11).
                if task in self._stopping:
                    return  # it failed while it was being stopped
                # A defect or a full disk: the records stay in flight, the reason is shown, and it is tried again.
                if not isinstance(error, LogGone):
                    _logger.exception("consumer %s stopped and will go on in %.2f s", consumer.id, back_off_s)
                self._note(consumer, f"{type(error).__name__}: {error}")
                await self._clock.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, _BACK_OFF_S_MAX)
        if self._running.get(consumer.id, (None, None))[0] is consumer:
            del self._running[consumer.id]

    def _note(self, consumer: Consumer, text: str) -> None:
        try:
            consumer.note(text)
        except Exception:
            _logger.exception("consumer %s: its state could not be noted", consumer.id)
