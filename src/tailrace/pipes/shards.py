"""The shards of a running pipe: a consumer each, children after their parents, also for shards that come later."""

import asyncio

from tailrace.engine.consumer import Consumer
from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.pipes import source as sources
from tailrace.pipes.flow import AHEAD, Flow
from tailrace.pipes.pipe import HINDRANCES, PIPES, PRINCIPAL, Pipe
from tailrace.pipes.registry import SERVICE
from tailrace.pipes.source import ShardLog, SourceLogs
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

FOLLOW = "pipes/follow"
_RETRY_S = 5.0


class Shards(Consumer):
    """Starts the consumers of a pipe's shards, and looks again whenever shards come or end."""

    def __init__(self, cloud: Cloud, pipe: Pipe) -> None:
        super().__init__(cloud.store, cloud.clock, cloud.ledger, _shards_id(pipe), pipe.hop)
        self._cloud = cloud
        self._key = pipe.key
        self._uid = pipe.uid
        self._changed = asyncio.Event()
        self._flows: dict[str, Flow] = {}

    async def run(self) -> None:
        """Keep a consumer for each shard until the pipe stops; return when the shards can't change."""
        while True:
            pipe = PIPES.get(self.store.begin(), self._key)
            if pipe is None or pipe.uid != self._uid or not pipe.flows:
                return
            self._changed.clear()
            try:
                logs = self._logs(pipe)
            except AwsError:
                # The consumers that run say so themselves, as soon as there is something to read.
                self._start(pipe, _known(self._cloud, pipe))
                await self.clock.sleep(_RETRY_S)
                continue
            self._begin(pipe, logs)
            self._start(pipe, logs)
            if logs.layout_log is None:
                return
            await self._until_changed(logs.layout_log)

    def _logs(self, pipe: Pipe) -> SourceLogs:
        cloud = self._cloud
        role = cloud.assume_role(pipe.role, PRINCIPAL, pipe.name, region=pipe.region, source_arn=pipe.arn)
        return sources.logs_of(cloud, self.store.begin(), pipe, role)

    def _begin(self, pipe: Pipe, logs: SourceLogs) -> None:
        """Fix where the consumers of shards that came later begin: at their first record."""
        transaction = self.store.begin()
        for shard in logs.shards:
            tail = self.store.log(shard.log_id).tail
            self.ledger.begin(transaction, pipe.consumer_id(shard.log_id), pipe.hop, shard.log_id, tail - 1)
        self.store.commit(transaction)

    def _start(self, pipe: Pipe, logs: SourceLogs) -> None:
        waiting = {shard.shard_id for shard in logs.shards if not self._is_drained(pipe, shard)}
        for shard in logs.shards:
            flow = self._flows.get(shard.log_id)
            if flow is not None:
                flow.closed = shard.closed
            if shard.shard_id in waiting and not waiting.intersection(shard.parents):
                if flow is None or not self._cloud.consumers.running(flow.id):
                    flow = self._flows[shard.log_id] = Flow(self._cloud, pipe, shard, self._changed.set)
                self._cloud.consumers.start(flow)

    def _is_drained(self, pipe: Pipe, shard: ShardLog) -> bool:
        if not shard.closed:
            return False
        standing = self.ledger.standing(self.store.begin(), pipe.consumer_id(shard.log_id))
        settled = 0 if standing is None else standing.settled.get(shard.log_id, 0)
        return settled >= self.store.log(shard.log_id).head

    async def _until_changed(self, layout_log: str) -> None:
        log = self.store.log(layout_log)
        waits = [asyncio.ensure_future(log.wait(log.durable_head)), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def forget(cloud: Cloud, transaction: Transaction, pipe: Pipe) -> None:
    """Stage the removal of all that is known of a pipe's consumers."""
    for consumer_id in _consumer_ids(cloud, transaction, pipe):
        cloud.ledger.end(transaction, consumer_id)
        AHEAD.delete(transaction, consumer_id)
        HINDRANCES.delete(transaction, consumer_id)


def follow(cloud: Cloud, transaction: Transaction, pipe: Pipe) -> None:
    """Stage that the consumers of a pipe are started or stopped, as its row says by then."""
    payload = {"key": pipe.key, "uid": pipe.uid, "consumers": _consumer_ids(cloud, transaction, pipe)}
    cloud.jobs.schedule(transaction, FOLLOW, f"{pipe.key}/{pipe.uid}", payload)


def _shards_id(pipe: Pipe) -> str:
    return f"pipes-shards/{pipe.key}/{pipe.uid[:8]}"


def _consumer_ids(cloud: Cloud, transaction: Transaction, pipe: Pipe) -> list[str]:
    return [_shards_id(pipe), *(found for found, _ in cloud.ledger.standings(transaction, pipe.consumers))]


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Go on with every pipe that flows."""

    async def run(job: Job) -> None:
        pipe = PIPES.get(cloud.store.begin(), job.payload["key"])
        if pipe is not None and pipe.uid == job.payload["uid"] and pipe.flows:
            cloud.consumers.start(Shards(cloud, pipe))
            return
        for consumer_id in job.payload["consumers"]:
            await cloud.consumers.stop(consumer_id)

    cloud.jobs.register(FOLLOW, run)
    for _, pipe in PIPES.scan(cloud.store.begin()):
        if pipe.flows:
            cloud.consumers.start(Shards(cloud, pipe))


def _known(cloud: Cloud, pipe: Pipe) -> SourceLogs:
    """Answer the logs that the pipe has begun to read, when its source can't be asked."""
    found = []
    for _, standing in cloud.ledger.standings(cloud.store.begin(), pipe.consumers):
        for log_id in standing.begun:
            found.append(ShardLog(log_id.rpartition("/")[2], log_id, False, (), None))
    return SourceLogs(tuple(found), None)
