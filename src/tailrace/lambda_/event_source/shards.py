"""The shards of a mapping's stream: a consumer each, children after their parents, also for shards that come later."""

import asyncio

from tailrace.engine.consumer import Consumer
from tailrace.engine.job import Job
from tailrace.lambda_.environment import SERVICE_PRINCIPAL
from tailrace.lambda_.event_source import stream
from tailrace.lambda_.event_source.delivery import Delivery
from tailrace.lambda_.event_source.mapping import MAPPINGS, Mapping
from tailrace.lambda_.event_source.mappings import FOLLOW, shards_id
from tailrace.lambda_.event_source.stream import Shard, Stream
from tailrace.lambda_.function import find as find_function
from tailrace.lambda_.naming import read as read_name
from tailrace.lambda_.registry import SERVICE
from tailrace.lambda_.versions import configuration_of
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

_RETRY_S = 5.0


class Shards(Consumer):
    """Starts the consumers of a stream's shards, and looks again whenever shards come or end."""

    def __init__(self, cloud: Cloud, mapping: Mapping) -> None:
        super().__init__(cloud.store, cloud.clock, cloud.ledger, shards_id(mapping), mapping.hop)
        self._cloud = cloud
        self._key = mapping.key
        self._changed = asyncio.Event()
        self._deliveries: dict[str, Delivery] = {}

    async def run(self) -> None:
        """Keep a consumer for each shard until the mapping is switched off; return when the shards can't change."""
        while (mapping := MAPPINGS.get(self.store.begin(), self._key)) is not None and mapping.enabled:
            self._changed.clear()
            try:
                found = self._find(mapping)
            except AwsError:
                # The consumers that run say so themselves, as soon as there is something to read.
                self._start(mapping, self._known(mapping))
                await self.clock.sleep(_RETRY_S)
                continue
            self._begin(mapping, found)
            self._start(mapping, found)
            if found.layout_log is None:
                return
            await self._until_changed(found.layout_log)

    def _find(self, mapping: Mapping) -> Stream:
        transaction, reference = self.store.begin(), read_name(mapping.function, mapping.region, mapping.account)
        function = find_function(transaction, reference)
        role_arn = configuration_of(transaction, function, reference).role
        role = self._cloud.assume_role(role_arn, SERVICE_PRINCIPAL, function.name, region=mapping.region)
        return stream.read(self._cloud, transaction, mapping, role)

    def _known(self, mapping: Mapping) -> Stream:
        """Answer the shards that are being read, when the stream can't be asked."""
        shards = [
            Shard(log_id.rpartition("/")[2], log_id)
            for _, standing in self.ledger.standings(self.store.begin(), mapping.consumers)
            for log_id in standing.begun
        ]
        return Stream(tuple(shards), None)

    def _begin(self, mapping: Mapping, found: Stream) -> None:
        """Fix where the consumers of shards that came later begin: at their first record."""
        transaction = self.store.begin()
        for shard in found.shards:
            tail = self.store.log(shard.log_id).tail
            self.ledger.begin(transaction, mapping.consumer_id(shard.log_id), mapping.hop, shard.log_id, tail - 1)
        self.store.commit(transaction)

    def _start(self, mapping: Mapping, found: Stream) -> None:
        waiting = {shard.shard_id for shard in found.shards if not self._is_drained(mapping, shard)}
        for shard in found.shards:
            delivery = self._deliveries.get(shard.log_id)
            if delivery is not None:
                delivery.closed = shard.closed
            if shard.shard_id in waiting and not waiting.intersection(shard.parents):
                if delivery is None or not self._cloud.consumers.running(delivery.id):
                    delivery = Delivery(self._cloud, mapping, shard, self._changed.set)
                    self._deliveries[shard.log_id] = delivery
                self._cloud.consumers.start(delivery)

    def _is_drained(self, mapping: Mapping, shard: Shard) -> bool:
        standing = self.ledger.standing(self.store.begin(), mapping.consumer_id(shard.log_id))
        settled = 0 if standing is None else standing.settled.get(shard.log_id, 0)
        return shard.closed and settled >= self.store.log(shard.log_id).head

    async def _until_changed(self, layout_log: str) -> None:
        log = self.store.log(layout_log)
        waits = [asyncio.ensure_future(log.wait(log.durable_head)), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Go on with every mapping that is switched on."""

    async def run(job: Job) -> None:
        mapping = MAPPINGS.get(cloud.store.begin(), job.payload["key"])
        if mapping is not None and mapping.enabled:
            cloud.consumers.start(Shards(cloud, mapping))
            return
        for consumer_id in job.payload["consumers"]:
            await cloud.consumers.stop(consumer_id)

    cloud.jobs.register(FOLLOW, run)
    for _, mapping in MAPPINGS.scan(cloud.store.begin()):
        if mapping.enabled:
            cloud.consumers.start(Shards(cloud, mapping))
