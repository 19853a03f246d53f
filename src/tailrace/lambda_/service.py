"""Lambda as the cloud loads it: importing the rooms registers their operations."""

from tailrace.engine.job import Job
from tailrace.lambda_ import access, aliases, concurrency, invocation, lifecycle, queue, tags, versions
from tailrace.lambda_.event_source import mappings, shards
from tailrace.lambda_.registry import SERVICE
from tailrace.service.cloud import Cloud

__all__ = [
    "SERVICE",
    "access",
    "aliases",
    "concurrency",
    "invocation",
    "lifecycle",
    "mappings",
    "queue",
    "shards",
    "tags",
    "versions",
]


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Let events that were taken go on."""

    async def attempt(job: Job) -> None:
        await queue.attempt(cloud, job)

    cloud.jobs.register(queue.KIND, attempt)
