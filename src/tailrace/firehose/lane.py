"""One shard's way into the buffer: read in order, gathered, transformed several batches at a time, written in order.

While a batch is being transformed, what comes is gathered: the busier the function, the larger its batches.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from tailrace.engine.block import Entry
from tailrace.engine.clock import Clock
from tailrace.engine.store import Store
from tailrace.firehose.batch import Batch, batch_of, data_of
from tailrace.firehose.reply import Outcome
from tailrace.firehose.source import SourceShard
from tailrace.firehose.transformer import Transformer

OUTSTANDING_MAX = 5
_EVENT_BYTES_MAX = 6_000_000  # Lambda takes 6 MiB
_EVENT_RECORD_BYTES = 430  # what an event says of a record besides its data
_PASSED_BYTES = 2**20
_PASSED_RECORDS = 4096


class Road(Protocol):
    """What a lane needs of the delivery that it belongs to."""

    store: Store
    clock: Clock

    async def admit(self) -> None:
        """Return when the source may be read."""

    async def room(self) -> None:
        """Return when the buffer takes more."""

    def write(self, lane: "Lane", upto: int, first_ms: int, outcome: Outcome) -> None:
        """Add what became of records to the buffer."""

    def lose(self, lane: "Lane", upto: int) -> None:
        """Account for records that went out of the log before they were read."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Records up to a position that are gone."""

    upto: int


Step = tuple[Batch, asyncio.Task[Outcome]] | Gap | None


class Lane:
    """Run it once. ``written`` is the last position that is in a buffer; ``done`` tells that the shard is drained."""

    def __init__(self, road: Road, shard: SourceShard, after: int, transformer: Transformer | None) -> None:
        self.origin = shard.origin
        self.written = after
        self.done = False
        self._closed = shard.closed
        self._road = road
        self._log = road.store.log(shard.origin.log_id)
        self._read = self._dispatched = after
        self._held: list[Entry] = []
        self._held_bytes = 0
        self._under_way = 0  # batches
        self._transformer = transformer
        self._bytes, self._records, self._gather_ms = _sizes(transformer)
        self._waiter: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Bring every record of the shard into a buffer; return when the shard is closed and drained, or deleted."""
        if self._transformer is None:
            await self._pass()
        else:
            await self._transform(self._transformer)
        self.done = True

    def close(self) -> None:
        """Take note that the shard will not grow any more."""
        self._closed = True
        _stir(self._waiter)

    def goal(self, now_ms: int) -> int:
        """Answer the position up to which records are due for the buffer: under way, or waiting for too long."""
        first_ms = self._log.time_of(self._dispatched + 1)
        late = first_ms is not None and first_ms + self._gather_ms <= now_ms
        return self._log.head if late else self._dispatched

    def oldest_ms(self) -> int | None:
        """Answer the arrival of the oldest record that isn't in a buffer yet."""
        return self._log.time_of(self.written + 1)

    async def _pass(self) -> None:
        async for gathered in self._gathered():
            await self._road.room()
            if isinstance(gathered, Gap):
                self._road.lose(self, gathered.upto)
                continue
            data = data_of(self.origin, gathered)
            outcome = Outcome(data, [], delivered=len(gathered))
            self._road.write(self, gathered[-1].sequence, gathered[0].time_ms, outcome)
            await asyncio.sleep(0)  # one lane must not keep the others, and requests, from their turn

    async def _transform(self, transformer: Transformer) -> None:
        steps: asyncio.Queue[Step] = asyncio.Queue()
        places = asyncio.Semaphore(OUTSTANDING_MAX)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._collect(steps, places, transformer))
            async for gathered in self._gathered():
                if isinstance(gathered, Gap):
                    steps.put_nowait(gathered)
                    continue
                await places.acquire()
                await transformer.places.acquire()
                batch = batch_of(self.origin, gathered)
                self._under_way += 1
                steps.put_nowait((batch, tasks.create_task(transformer.transform(batch))))
            steps.put_nowait(None)

    async def _collect(self, steps: "asyncio.Queue[Step]", places: asyncio.Semaphore, transformer: Transformer) -> None:
        while (step := await steps.get()) is not None:
            if isinstance(step, Gap):
                await self._road.room()
                self._road.lose(self, step.upto)
                continue
            batch, transformation = step
            outcome = await transformation
            self._under_way -= 1
            _stir(self._waiter)
            await self._road.room()
            self._road.write(self, batch.upto, batch.first_ms, outcome)
            places.release()
            transformer.places.release()

    async def _gathered(self) -> AsyncIterator[list[Entry] | Gap]:
        """Answer entries as they become due, in order: when they are enough, or have waited for long enough."""
        while True:
            await self._road.admit()
            entries = self._log.read(self._read, self._records - len(self._held), self._bytes - self._held_bytes)
            following = entries[0].sequence if entries else self._log.head + 1
            if following > self._read + 1:
                if self._held:
                    yield self._handed_over()
                self._read = self._dispatched = following - 1
                yield Gap(following - 1)
            size = sum([len(entry.data) for entry in entries])
            if self._held and self._held_bytes + size > self._bytes:
                yield self._handed_over()
            self._held += entries
            self._held_bytes += size
            if entries:
                self._read = entries[-1].sequence
            if self._held and (self._read < self._log.head or (self._due() and not self._under_way)):
                yield self._handed_over()
            elif self._read >= self._log.head:
                is_gone = self._road.store.logs.get(self._log.id) is not self._log
                if is_gone or (self._closed and not self._held):
                    return
                await self._more()

    def _handed_over(self) -> list[Entry]:
        held, self._held, self._held_bytes = self._held, [], 0
        self._dispatched = held[-1].sequence
        return held

    def _due(self) -> bool:
        return self._closed or self._held[0].time_ms + self._gather_ms <= self._road.clock.now_ms()

    async def _more(self) -> None:
        """Return when the log has grown, the shard was closed, a batch has come back, or what is held is due."""
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        growth = asyncio.ensure_future(self._log.wait(self._read))
        growth.add_done_callback(lambda _: _stir(waiter))  # this one only: it may call back when the next one waits
        try:
            if self._held and not self._under_way:  # it wasn't due, but time goes on while one asks
                due_s = (self._held[0].time_ms + self._gather_ms) / 1000 - self._road.clock.now()
                await self._road.clock.wait_for(waiter, due_s)
            else:
                await waiter
        finally:
            self._waiter = None
            growth.cancel()


def _stir(waiter: "asyncio.Future[None] | None") -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _sizes(transformer: Transformer | None) -> tuple[int, int, int]:
    """Answer how many bytes and records make a batch, and how long it may be waited for."""
    if transformer is None:
        return _PASSED_BYTES, _PASSED_RECORDS, 0
    transformation = transformer.transformation
    room = _EVENT_BYTES_MAX - transformation.buffer_bytes * 4 // 3
    return transformation.buffer_bytes, room // _EVENT_RECORD_BYTES, transformation.interval_ms
