"""The meter: what the services count arrives in the store, outlives a restart, and is forgotten after 15 days."""

import asyncio
from typing import Any

from tailrace.cloudwatch.aggregate import Aggregate
from tailrace.cloudwatch.meter import Meter
from tailrace.engine.clock import ManualClock
from tailrace.service.principal import Principal

REGION = "us-east-1"
DIMENSIONS = {"StreamName": "s"}


def total(cloud: Any, start_s: float, end_s: float) -> float:
    params = {
        "Namespace": "AWS/Kinesis",
        "MetricName": "IncomingRecords",
        "Dimensions": [{"Name": "StreamName", "Value": "s"}],
        "StartTime": start_s,
        "EndTime": end_s,
        "Period": 86_400,
        "Statistics": ["Sum"],
    }
    answer = cloud.call("cloudwatch", "GetMetricStatistics", params, Principal.root(cloud.account), region=REGION)
    return float(sum(each["Sum"] for each in answer["Datapoints"]))


def metrics(cloud: Any) -> list[str]:
    answer = cloud.call("cloudwatch", "ListMetrics", {}, Principal.root(cloud.account), region=REGION)
    return [each["MetricName"] for each in answer["Metrics"]]


def count(cloud: Any, value: float) -> None:
    cloud.meter(REGION, "AWS/Kinesis", "IncomingRecords", DIMENSIONS, value)


def test_what_was_counted_is_seen_at_once_and_later(open_cloud: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        start = clock.now()
        async with open_cloud(clock=clock) as cloud:
            count(cloud, 2)
            count(cloud, 3)
            assert total(cloud, start - 60, start + 3600) == 5
            clock.advance(60)
            count(cloud, 4)
            await asyncio.sleep(0)
            clock.advance(60)
            for _ in range(5):
                await asyncio.sleep(0)
            assert total(cloud, start - 60, start + 3600) == 9
            count(cloud, 1)
        async with open_cloud(clock=clock) as cloud:
            assert total(cloud, start - 60, start + 3600) == 10
            await asyncio.sleep(0)
            clock.advance(16 * 86_400)
            for _ in range(5):
                await asyncio.sleep(0)
            assert total(cloud, start - 60, start + 3600) == 0
            assert metrics(cloud) == []

    asyncio.run(main())


def test_what_could_not_be_kept_is_counted_again() -> None:
    meter = Meter()
    meter.add(REGION, "N", "M", DIMENSIONS, 2, "Count", 100.0)
    samples = meter.drain()
    meter.add(REGION, "N", "M", DIMENSIONS, 3, "Count", 100.0)
    meter.restore(samples)
    (sample,) = meter.drain()
    assert (sample.aggregate.count, sample.aggregate.total, sample.minute_s) == (2, 5, 60)


def test_percentiles_can_not_always_be_told() -> None:
    aggregate = Aggregate()
    aggregate.add(-1)
    aggregate.add(1)
    assert aggregate.percentile(50) is None
    zeros = Aggregate()
    zeros.add(0, 9)
    zeros.add(100)
    assert zeros.percentile(50) == 0 and zeros.percentile(100) == 100
