"""The machine's clock is set back, between two runs and during one: nothing is lost or waits, and no time goes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from simulation.pipeline import ACCOUNT, DELIVERY, REGION, STREAM, TABLE, Pipeline
from simulation.plan import plan_of
from tailrace.engine import clock as clocks
from tailrace.engine.clock import SystemClock
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.runtime.settling import Settling
from tailrace.service.principal import Principal

DAY_S = 86_400.0


class Machine:
    """The machine's clocks as Tailrace sees them; ``shift_s`` sets the one that tells the time."""

    def __init__(self) -> None:
        self.shift_s = 0.0
        self.monotonic = time.monotonic

    def time(self) -> float:
        """Answer seconds since the epoch."""
        return time.time() + self.shift_s


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(clocks, "time", made)
    monkeypatch.setattr("tailrace.runtime.cloud.time", made)
    return made


def test_the_clock_flows_on_when_the_machine_s_is_set_back(machine: Machine) -> None:
    clock = SystemClock()
    before = clock.now()
    machine.shift_s = -DAY_S
    assert before <= clock.now() < before + 60
    machine.shift_s = DAY_S
    assert before + DAY_S <= clock.now() < before + DAY_S + 60, "a step forward is followed"
    machine.shift_s = 0.0
    assert clock.now() >= before + DAY_S
    later = SystemClock(not_before=before + 2 * DAY_S)
    assert before + 2 * DAY_S <= later.now() < before + 2 * DAY_S + 60


class Scene:
    """A pipeline on a clock of the machine's, its function in this process."""

    def __init__(self, cloud: LocalCloud, pipeline: Pipeline) -> None:
        self.cloud = cloud
        self.pipeline = pipeline

    async def write(self, first: int, count: int = 5) -> None:
        """Put so many items, and return when they are on disk."""
        for number in range(first, first + count):
            item = {"TableName": TABLE, "Item": {"order_id": {"S": f"o{number}"}}}
            await self.ask("dynamodb", "PutItem", **item)

    async def ask(self, service: str, operation: str, **params: Any) -> Any:
        """Carry out an operation and return when it is on disk."""
        return await self.cloud.request(service, operation, params, Principal.root(ACCOUNT), region=REGION)

    async def settle(self, received: int) -> None:
        """Return when so many records have come to their end; fail when they wait for a time."""
        await Settling(self.cloud).settle(30.0)
        standings = [each for _, each in self.cloud.ledger.standings(self.cloud.store.begin())]
        assert {each.delivered for each in standings if each.settled} == {received}

    async def arrivals(self) -> list[tuple[int, float]]:
        """Answer the sequence number and the time of each record in the Kinesis stream, in their order."""
        place = {"StreamName": STREAM, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await self.ask("kinesis", "GetShardIterator", **place))["ShardIterator"]
        records = (await self.ask("kinesis", "GetRecords", ShardIterator=iterator))["Records"]
        return [(int(record["SequenceNumber"]), record["ApproximateArrivalTimestamp"]) for record in records]


def play(data_dir: Path, work: Callable[[Scene], Awaitable[None]], *, first: bool) -> None:
    """Let one process live and work."""

    async def main() -> None:
        cloud = LocalCloud(Settings(data_dir=data_dir, durability=Durability.FSYNC))
        plan = plan_of(1, shards=1, has_range=False, buffer_s=1, filters=False, backup=False, transform_s=0, window_s=0)
        pipeline = Pipeline(cloud, plan)
        await cloud.start()
        try:
            if first:
                await pipeline.create()
                await unplug_the_function(cloud)
            await work(Scene(cloud, pipeline))
        finally:
            await cloud.stop()

    asyncio.run(main())


async def unplug_the_function(cloud: LocalCloud) -> None:
    """Let the delivery stream deliver records as they are: a function would only make this slower."""
    ask = cloud.request
    root = Principal.root(ACCOUNT)
    found = await ask("firehose", "DescribeDeliveryStream", {"DeliveryStreamName": DELIVERY}, root, region=REGION)
    description = found["DeliveryStreamDescription"]
    change = {
        "DeliveryStreamName": DELIVERY,
        "CurrentDeliveryStreamVersionId": description["VersionId"],
        "DestinationId": description["Destinations"][0]["DestinationId"],
        "ExtendedS3DestinationUpdate": {"ProcessingConfiguration": {"Enabled": False}},
    }
    await ask("firehose", "UpdateDestination", change, root, region=REGION)


def test_a_clock_that_was_set_back_between_two_runs_holds_nothing_up(
    tmp_path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    data_dir = tmp_path / "data"

    async def write_and_go(scene: Scene) -> None:
        await scene.write(0)
        queue = (await scene.ask("sqs", "CreateQueue", QueueName="q"))["QueueUrl"]
        await scene.ask("sqs", "SendMessage", QueueUrl=queue, MessageBody="hello", DelaySeconds=1)

    async def come_back(scene: Scene) -> None:
        await scene.write(5)
        await scene.settle(10)
        machine.shift_s = -2 * DAY_S  # and back once more, while it runs
        await scene.write(10)
        await scene.settle(15)
        place = {"QueueUrl": f"http://localhost/{ACCOUNT}/q", "WaitTimeSeconds": 20}
        assert [each["Body"] for each in (await scene.ask("sqs", "ReceiveMessage", **place))["Messages"]] == ["hello"]
        arrivals = await scene.arrivals()
        assert len(arrivals) == 15
        assert arrivals == sorted(arrivals) and len({number for number, _ in arrivals}) == 15
        times = [time_s for _, time_s in arrivals]
        assert times == sorted(times) and times[-1] - times[0] < 600, "time went on at its pace"

    play(data_dir, write_and_go, first=True)
    machine.shift_s = -DAY_S
    play(data_dir, come_back, first=False)
    assert "the machine's clock is 86" in caplog.text and "Tailrace's time goes on from there" in caplog.text
    caplog.clear()

    async def come_back_again(scene: Scene) -> None:
        await scene.write(15)
        await scene.settle(20)
        assert [number for number, _ in await scene.arrivals()] == sorted(
            number for number, _ in await scene.arrivals()
        )

    play(data_dir, come_back_again, first=False)
    assert "the machine's clock is 172" in caplog.text
