"""CloudWatch as the cloud loads it: importing the rooms registers their operations; the meter is emptied by a job."""

import logging

from tailrace.cloudwatch import listing, putting, statistics
from tailrace.cloudwatch.metric import trim
from tailrace.cloudwatch.registry import SERVICE, empty
from tailrace.engine.errors import EngineError
from tailrace.engine.job import Job
from tailrace.service.cloud import Cloud

__all__ = ["SERVICE", "listing", "putting", "statistics"]

_logger = logging.getLogger(__name__)
_KIND = "cloudwatch/meter"
_FLUSH_S = 60.0
_TRIM_S = 86_400.0


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Keep what is metered, once a minute and when the cloud stops; forget what is too old, once a day."""

    async def run(_: Job) -> None:
        trimmed_s = 0.0
        try:
            while True:
                await cloud.clock.sleep(_FLUSH_S)
                due = cloud.clock.now() - trimmed_s >= _TRIM_S
                trimmed_s = cloud.clock.now() if due else trimmed_s
                _flush(cloud, trimming=due)
        finally:
            _flush(cloud, trimming=False)

    cloud.jobs.register(_KIND, run)
    transaction = cloud.store.begin()
    cloud.jobs.schedule(transaction, _KIND, "all", {})
    cloud.store.commit(transaction)


def _flush(cloud: Cloud, *, trimming: bool) -> None:
    transaction = cloud.store.begin()
    try:
        empty(cloud, transaction)
        if trimming:
            trim(transaction, cloud.clock.now())
        cloud.store.commit(transaction)
    except EngineError as error:
        _logger.warning("metrics could not be kept: %s", error)
