"""The consumer that delivers: lanes fill a buffer, and a due buffer is delivered exactly once.

An object, its failed records' object, the ledger's counts and the new positions of all shards are ONE transaction.
What lies between the settled positions and the heads is in flight, and after a restart is read again.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from tailrace.engine.consumer import Consumer
from tailrace.engine.ledger import Hop
from tailrace.engine.log import Log
from tailrace.engine.transaction import Transaction
from tailrace.firehose import log_entries
from tailrace.firehose.buffer import Buffer
from tailrace.firehose.lane import Lane
from tailrace.firehose.plan import Plan
from tailrace.firehose.reply import Outcome
from tailrace.firehose.source import Source, SourceShard, source_of
from tailrace.firehose.stream import DELIVERY_STREAMS, DIRECT_PUT, SERVICE_PRINCIPAL, DeliveryStream
from tailrace.firehose.transformer import Transformer
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

GRACE_S = 5.0
ADMISSION_MS = 1000
TRIM_RECORDS_MIN = 4096
_BACK_OFF_S = 0.5
_BACK_OFF_S_MAX = 30.0


class Superseded(Exception):
    """The delivery stream was changed or deleted: whoever follows reads again from the settled positions."""


class Delivery(Consumer):
    """Deliver one delivery stream's records by a plan, or back up its source records by another."""

    def __init__(self, cloud: Cloud, stream: DeliveryStream, plan: Plan, consumer_id: str, hop: Hop) -> None:
        super().__init__(cloud.store, cloud.clock, cloud.ledger, consumer_id, hop)
        self._cloud = cloud
        self._stream = stream
        self._plan = plan
        self._lanes: dict[str, Lane] = {}
        self._moved = asyncio.Event()
        self._rotated = asyncio.Event()
        self._drained = asyncio.Event()
        self._admitted_ms = 0
        self._buffer = self._new_buffer()
        self._transformer: Transformer | None = None

    async def run(self) -> None:
        """Deliver until cancelled."""
        # Everything anew: after a crash it is run again, and reads again from the settled positions.
        self._lanes = {}
        self._buffer = self._new_buffer()
        if self._plan.transformation is not None:
            self._transformer = Transformer(self._cloud, self._stream, self._plan.transformation)
        try:
            async with _first_error(), asyncio.TaskGroup() as tasks:
                tasks.create_task(self._deliver())
                tasks.create_task(self._follow(tasks))
        except Superseded:
            return
        finally:
            self._buffer.discard()

    async def admit(self) -> None:
        """Return when the source may be read: a role that lost its permission waits, as does everybody else."""
        if self._stream.source is not None and self.clock.now_ms() - self._admitted_ms >= ADMISSION_MS:
            await self._source()

    async def room(self) -> None:
        """Return when the buffer takes more."""
        while self._buffer.full.is_set():
            self._rotated.clear()
            await self._rotated.wait()

    def write(self, lane: Lane, upto: int, first_ms: int, outcome: Outcome) -> None:
        """Add what became of records to the buffer."""
        self._buffer.add(lane.origin.log_id, upto, first_ms, outcome)
        lane.written = upto
        self._moved.set()
        if outcome.failures:
            _, failure = outcome.failures[0]
            log_entries.write(self._cloud, self._stream, self._plan, failure.code, failure.message)

    def lose(self, lane: Lane, upto: int) -> None:
        """Account for records that went out of the log before they were read."""
        self._buffer.lose(lane.origin.log_id, upto, upto - lane.written, self.clock.now_ms())
        lane.written = upto
        self._moved.set()

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        """Start a lane for each shard once its parents are drained; tell lanes of shards that were closed."""
        while True:
            source = await self._source()
            layout = None if source.layout_log is None else self.store.log(source.layout_log)
            seen = 0 if layout is None else layout.head
            self._drained.clear()
            known = {shard.origin.shard_id for shard in source.shards}
            for shard in source.shards:
                self._take_up(tasks, shard, known)
            await self._changed(layout, seen)

    async def _changed(self, layout: Log | None, seen: int) -> None:
        """Return when a lane has come to its end, or when shards have come or gone."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._drained.wait())]
        if layout is not None:
            waits.append(asyncio.ensure_future(layout.wait(seen)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _take_up(self, tasks: asyncio.TaskGroup, shard: SourceShard, known: set[str]) -> None:
        log_id = shard.origin.log_id
        lane = self._lanes.get(log_id)
        if lane is not None:
            if shard.closed:
                lane.close()
            return
        done = {lane.origin.shard_id for lane in self._lanes.values() if lane.done}
        if any(parent in known and parent not in done for parent in shard.parents):
            return
        lane = self._lanes[log_id] = Lane(self, shard, self._position(log_id), self._transformer)
        tasks.create_task(self._drain(lane))

    async def _drain(self, lane: Lane) -> None:
        await lane.run()
        self._drained.set()

    def _position(self, log_id: str) -> int:
        transaction = self.store.begin()
        standing = self.ledger.standing(transaction, self.id)
        if standing is not None and log_id in standing.settled:
            return standing.settled[log_id]
        self.begin_at(transaction, log_id, 0)  # a shard that came after the delivery stream: all of it
        self.store.commit(transaction)
        return 0

    async def _source(self) -> Source:
        back_off_s = _BACK_OFF_S
        while True:
            try:
                source = source_of(self._cloud, self._stream)
            except AwsError as error:
                self.note(error.message)
                await self.clock.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, _BACK_OFF_S_MAX)
                continue
            self._admitted_ms = self.clock.now_ms()
            if back_off_s > _BACK_OFF_S:
                self.note(None)
            return source

    async def _deliver(self) -> None:
        while True:
            await self._buffer.begun.wait()
            left_s = (self._buffer.began_ms + self._plan.interval_ms) / 1000 - self.clock.now()
            if left_s > 0:
                await self.clock.wait_for(self._buffer.full.wait(), left_s)
            goals = self._goals()
            if goals and not self._buffer.full.is_set():
                await self.clock.wait_for(self._reached(goals), GRACE_S)
            buffer, self._buffer = self._buffer, self._new_buffer()
            self._rotated.set()
            try:
                await _undisturbed(buffer.seal())
                await self._put(buffer)
            finally:
                buffer.discard()

    def _goals(self) -> dict[Lane, int]:
        """Answer the positions up to which records are due at this moment and not in the buffer yet."""
        now_ms = self.clock.now_ms()
        goals = {lane: lane.goal(now_ms) for lane in self._lanes.values() if not lane.done}
        return {lane: goal for lane, goal in goals.items() if lane.written < goal}

    async def _reached(self, goals: dict[Lane, int]) -> None:
        """Return when the records up to these positions are in the buffer, or when it is full."""
        while not self._buffer.full.is_set() and any(lane.written < goal for lane, goal in goals.items()):
            self._moved.clear()
            await self._moved.wait()

    async def _put(self, buffer: Buffer) -> None:
        back_off_s = _BACK_OFF_S
        while True:
            transaction = self.store.begin()
            if not _current(transaction, self._stream):
                raise Superseded
            try:
                self._stage(transaction, buffer)
            except AwsError as error:
                transaction.abort()
                self._complain(error)
                await self.clock.sleep(back_off_s)
                back_off_s = min(back_off_s * 2, _BACK_OFF_S_MAX)
                continue
            durable = self.store.commit(transaction)
            buffer.keep()
            await durable
            self._meter(buffer)
            if buffer.lost:
                self.note(f"{buffer.lost} records had passed the stream's retention period before they were read")
            return

    def _stage(self, transaction: Transaction, buffer: Buffer) -> None:
        """Stage the delivery as a whole. Raises AwsError when S3, the bucket or the role refuses."""
        role = self._cloud.assume_role(
            self._plan.role_arn,
            SERVICE_PRINCIPAL,
            self._stream.name,
            region=self._stream.region,
            source_arn=self._stream.arn,
            transaction=transaction,
        )
        for output in buffer.outputs:
            region = self._stream.region
            self._cloud.call("s3", "PutObject", output.request(), role, region=region, transaction=transaction)
        self.ledger.settle(
            transaction,
            self.id,
            buffer.upto,
            delivered=buffer.delivered,
            dropped=buffer.dropped,
            failed=buffer.failed,
        )
        if self._stream.kind == DIRECT_PUT:
            self._trim(transaction)

    def _trim(self, transaction: Transaction) -> None:
        """Give back the room of direct puts that everybody has settled."""
        log = transaction.log(self._stream.log_id)
        ids = (self._stream.consumer_id, self._stream.backup_id)
        standings = [self.ledger.standing(transaction, consumer_id) for consumer_id in ids]
        settled = min(standing.settled[log.id] for standing in standings if standing is not None)
        if settled - log.tail + 1 >= TRIM_RECORDS_MIN:
            log.trim(transaction, settled + 1)

    def _complain(self, error: AwsError) -> None:
        self.note(error.message)
        code = {"AccessDenied": "S3.AccessDenied", "NoSuchBucket": "S3.NoSuchBucket"}.get(
            error.code, "S3.InternalError"
        )
        log_entries.write(self._cloud, self._stream, self._plan, code, error.message)

    def _new_buffer(self) -> Buffer:
        return Buffer(self._cloud, self._stream, self._plan, self._oldest_ms)

    def _oldest_ms(self, first_ms: int) -> int:
        """Answer the arrival of the oldest record that an object beginning now may hold."""
        waiting = [lane.oldest_ms() for lane in self._lanes.values() if not lane.done]
        return min([first_ms, *(time_ms for time_ms in waiting if time_ms is not None)])

    def _meter(self, buffer: Buffer) -> None:
        meter, dimensions = self._cloud.meter, {"DeliveryStreamName": self._stream.name}
        hop = "DeliveryToS3" if self.id == self._stream.consumer_id else "BackupToS3"
        size = sum([output.size for output in buffer.outputs])
        age_s = max(0.0, self.clock.now() - buffer.began_ms / 1000)
        for metric, value, unit in (
            ("Records", buffer.delivered, "Count"),
            ("Bytes", size, "Bytes"),
            ("Success", 1, "Count"),
            ("ObjectCount", len(buffer.outputs), "Count"),
            ("DataFreshness", age_s, "Seconds"),
        ):
            meter(self._stream.region, "AWS/Firehose", f"{hop}.{metric}", dimensions, value, unit)


@asynccontextmanager
async def _first_error() -> AsyncIterator[None]:
    """Raise the error that ended a group of tasks as itself."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


async def _undisturbed(work: Coroutine[Any, Any, None]) -> None:
    """Let work come to its end even when the task that waits for it is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise


def _current(transaction: Transaction, stream: DeliveryStream) -> bool:
    found = DELIVERY_STREAMS.get(transaction, stream.key)
    return found is not None and (found.id, found.version) == (stream.id, stream.version)
