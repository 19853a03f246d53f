"""Who delivers follows the rows: once a delivery stream is made, changed or deleted, its consumers are started anew."""

from tailrace.engine.job import Job
from tailrace.firehose.delivery import Delivery
from tailrace.firehose.plan import plan_of
from tailrace.firehose.registry import SERVICE
from tailrace.firehose.source import hops
from tailrace.firehose.stream import DELIVERY_STREAMS, DeliveryStream
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

KIND = "firehose.align"


def align(call: Call, stream: DeliveryStream) -> None:
    """Stage that the consumers of a delivery stream are brought in line with its row."""
    call.cloud.jobs.schedule(call.transaction, KIND, stream.key, {"consumers": list(hops(stream))})


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Start every delivery where it was settled."""

    async def run(job: Job) -> None:
        for consumer_id in job.payload["consumers"]:
            await cloud.consumers.stop(consumer_id)
        stream = DELIVERY_STREAMS.get(cloud.store.begin(), job.id)
        if stream is not None:
            _start(cloud, stream)

    cloud.jobs.register(KIND, run)
    for _, stream in list(DELIVERY_STREAMS.scan(cloud.store.begin())):
        _start(cloud, stream)


def _start(cloud: Cloud, stream: DeliveryStream) -> None:
    for consumer_id, hop in hops(stream).items():
        backup = consumer_id == stream.backup_id
        description = stream.destination["S3BackupDescription"] if backup else stream.destination
        plan = plan_of(description, cloud.clock.now())
        cloud.consumers.start(Delivery(cloud, stream, plan, consumer_id, hop))
