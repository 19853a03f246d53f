"""Delivery from put to object, exactly once, on a clock in the test's hand."""

import asyncio
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.engine.errors import StoreFull
from tailrace.firehose.delivery import Delivery
from tailrace.wire.errors import AwsError

OpenWorld = Callable[..., Any]
MIB = 2**20
AT_ONCE = {"SizeInMBs": 1, "IntervalInSeconds": 0}


def lambda_processor(**parameters: str) -> dict[str, Any]:
    given = {"LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:transform:$LATEST", **parameters}
    shown = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": shown}]}


def test_a_buffer_is_due_by_time_from_its_first_record(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create()
            await world.rest()
            world.put(b"a", b"b")
            await world.advance(30)
            world.put(b"c")
            await world.advance(29.9)
            assert world.objects() == {}
            await world.advance(0.2)
            [(key, body)] = world.objects().items()
            assert body == b"abc"
            assert key.startswith("2026/01/01/00/d-1-2026-01-01-00-00-00-")
            standing = world.standing()
            assert (standing.delivered, standing.dropped, standing.failed) == (3, 0, 0)
            assert world.in_flight() == 0
            await world.advance(3600)
            assert len(world.objects()) == 1, "nothing is written when there is nothing"

    asyncio.run(main())


def test_a_buffer_is_due_by_size(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create()
            await world.rest()
            for _ in range(5):
                world.put(*[b"x" * 50_000] * 10)
                await world.rest()
            sizes = [len(body) for body in world.objects().values()]
            assert len(sizes) == 1
            assert MIB <= sizes[0] <= 2 * MIB
            await world.advance(61)
            assert sum(len(body) for body in world.objects().values()) == 2_500_000

    asyncio.run(main())


def test_without_an_interval_records_are_delivered_at_once(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 0})
            await world.rest()
            for turn in range(3):
                world.put(b"%d" % turn)
                await world.rest()
            assert sorted(world.objects().values()) == [b"0", b"1", b"2"]

    asyncio.run(main())


def test_nothing_turns_while_nothing_happens(open_world: OpenWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    admit = Delivery.admit

    async def counted(delivery: Delivery) -> None:
        turns.append(1)
        await admit(delivery)

    async def main() -> None:
        async with open_world() as world:
            world.create(ProcessingConfiguration=lambda_processor(), BufferingHints=AT_ONCE)
            await world.rest()
            for _ in range(3):
                world.put(b"a")
                await world.advance(61)
            turns.clear()
            for _ in range(20):
                await world.advance(600)
            assert turns == []

    monkeypatch.setattr(Delivery, "admit", counted)
    asyncio.run(main())


def test_a_kinesis_source_is_read_from_its_head_on(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=2)
            world.put_kinesis("s", ("a", b"early"), ("1", b"early"))
            world.create(kinesis="s")
            await world.rest()
            world.put_kinesis("s", ("a", b"A"), ("1", b"B"), ("a", b"C"))
            await world.advance(61)
            [body] = world.objects().values()
            assert body in (b"ACB", b"BAC")
            described = world.call("firehose", "DescribeDeliveryStream", DeliveryStreamName="d")
            source = described["DeliveryStreamDescription"]["Source"]["KinesisStreamSourceDescription"]
            assert source["DeliveryStartTimestamp"] == 1_767_225_600
            with pytest.raises(AwsError, match="This operation is not permitted on KinesisStreamAsSource delivery"):
                world.put(b"x")

    asyncio.run(main())


def test_the_oldest_record_of_all_shards_names_the_object(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=2)
            world.cloud.clock.advance(3590)
            world.create(kinesis="s")
            world.put_kinesis("s", ("1", b"older"))
            world.cloud.clock.advance(20)
            world.put_kinesis("s", ("a", b"younger"))
            await world.advance(61)
            [key] = world.objects()
            assert key.startswith("2026/01/01/00/d-1-2026-01-01-00-59-50-")

    asyncio.run(main())


def test_what_is_in_flight_is_delivered_once_after_a_restart(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create()
            await world.rest()
            world.put(b"a", b"b")
            await world.advance(61)
            world.put(b"c", b"d")
            await world.advance(30)
            assert world.in_flight() == 2
        async with open_world() as world:
            assert world.in_flight() == 2
            await world.advance(29)
            assert list(world.objects().values()) == [b"ab"]
            await world.advance(2)
            assert sorted(world.objects().values()) == [b"ab", b"cd"]
            await world.advance(3600)
        async with open_world() as world:
            await world.advance(3600)
            assert sorted(world.objects().values()) == [b"ab", b"cd"]
            assert world.standing().delivered == 4

    asyncio.run(main())


def test_stopping_in_the_middle_of_anything_loses_and_doubles_nothing(open_world: OpenWorld) -> None:
    async def main() -> None:
        sent: list[bytes] = []
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=3)
            hints = {"SizeInMBs": 1, "IntervalInSeconds": 1}
            processing = lambda_processor(BufferIntervalInSeconds="1")
            world.create(kinesis="s", BufferingHints=hints, ProcessingConfiguration=processing)
        for life in range(25):
            async with open_world() as world:
                batch = [(f"key{turn % 7}", b"%d-%d;" % (life, turn)) for turn in range(40)]
                sent += [data for _, data in batch]
                world.put_kinesis("s", *batch)
                world.cloud.clock.advance(1)
                for _ in range(life * 3):
                    await asyncio.sleep(0)
        async with open_world() as world:
            await world.until(lambda: world.in_flight() == 0)
            delivered = b"".join(world.objects().values()).split(b";")[:-1]
            assert sorted(delivered) == sorted(data[:-1] for data in sent)
            assert world.standing().delivered == len(sent)
            stored = [path for path in (world.cloud.directory.path / "s3").rglob("*") if path.is_file()]
            assert len(stored) == len(world.objects()), "no file is left that nothing names"

    asyncio.run(main())


def test_dying_at_any_moment_loses_and_doubles_nothing(open_world: OpenWorld, tmp_path: Path) -> None:
    async def survivor(copy: str, sent: list[bytes]) -> None:
        async with open_world(directory=copy) as world:
            await world.until(lambda: world.in_flight() == 0)
            delivered = b"".join(world.objects().values()).split(b";")[:-1]
            assert sorted(delivered) == sorted(sent)
            assert world.standing().delivered == len(sent)

    async def main() -> None:
        sent: list[bytes] = []
        deaths: list[tuple[str, list[bytes]]] = []
        async with open_world() as world:
            hints = {"SizeInMBs": 1, "IntervalInSeconds": 1}
            world.create(BufferingHints=hints, ProcessingConfiguration=lambda_processor(BufferIntervalInSeconds="0"))
            await world.rest()
            for turn in range(30):
                batch = [b"%d-%d" % (turn, number) for number in range(10)]
                await world.put_durably(*[record + b";" for record in batch])
                sent += batch
                world.cloud.clock.advance(1)
                for _ in range(turn % 15):
                    await asyncio.sleep(0)
                deaths.append((f"copy{turn}", list(sent)))
                shutil.copytree(tmp_path / "data", tmp_path / f"copy{turn}")
        for copy, until_then in deaths:
            await survivor(copy, until_then)

    asyncio.run(main())


def test_records_stay_in_flight_while_s3_refuses(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            logging = {"Enabled": True, "LogGroupName": "g", "LogStreamName": "l"}
            world.create(CloudWatchLoggingOptions=logging)
            await world.rest()
            world.s3_error = AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
            world.put(b"a")
            await world.advance(61)
            assert world.standing().note == "The specified bucket does not exist"
            assert world.in_flight() == 1
            entry = json.loads(world.logged[0]["logEvents"][0]["message"])
            assert entry == {
                "deliveryStreamARN": "arn:aws:firehose:us-east-1:123456789012:deliverystream/d",
                "destination": "arn:aws:s3:::lake",
                "deliveryStreamVersionId": 1,
                "message": "The specified bucket does not exist",
                "errorCode": "S3.NoSuchBucket",
            }
            world.put(b"b")
            await world.advance(3600)
            assert world.in_flight() == 2
            world.s3_error = None
            await world.until(lambda: world.in_flight() == 0)
            assert b"".join(world.objects().values()) == b"ab"
            assert world.standing().note is None

    asyncio.run(main())


def test_records_stay_in_flight_while_the_role_may_not(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
            world.create(kinesis="s")
            await world.advance(2)
            world.denied.add("kinesis:GetRecords")
            world.put_kinesis("s", ("a", b"A"))
            await world.advance(120)
            assert "is not authorized to perform: kinesis:GetRecords on resource: arn:aws:kinesis" in str(
                world.standing().note
            )
            world.denied = {"s3:PutObject"}
            await world.advance(300)
            assert "s3:PutObject" in str(world.standing().note)
            assert (world.in_flight(), world.objects()) == (1, {})
            world.denied = set()
            await world.until(lambda: world.in_flight() == 0)
            assert list(world.objects().values()) == [b"A"]

    asyncio.run(main())


def test_a_full_disk_stops_deliveries_until_there_is_room(
    open_world: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(name: str) -> Any:
        raise StoreFull("the disk is full")

    async def main() -> None:
        async with open_world() as world:
            world.create(ProcessingConfiguration=lambda_processor(BufferIntervalInSeconds="0"))
            await world.rest()
            with monkeypatch.context() as patch:
                patch.setattr(world.cloud.files, "create", full)
                world.put(*[b"%d;" % number for number in range(100)])
                for _ in range(40):
                    await world.advance(30)
                assert world.standing().note == "StoreFull: the disk is full"
                assert world.in_flight() == 100
            await world.until(lambda: world.in_flight() == 0)
            assert b"".join(world.objects().values()) == b"".join(b"%d;" % number for number in range(100))
            assert world.standing().note is None

    asyncio.run(main())


def test_resharding_keeps_every_key_in_order(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=2)
            hints = {"SizeInMBs": 1, "IntervalInSeconds": 5}
            processing = lambda_processor(BufferIntervalInSeconds="2")
            world.create(kinesis="s", BufferingHints=hints, ProcessingConfiguration=processing)
            await world.rest()
            keys = [f"k{number}" for number in range(9)]
            for turn, count in enumerate((2, 4, 3, 2, 1, 2)):
                world.put_kinesis("s", *[(key, f"{key}:{turn}\n".encode()) for key in keys])
                target = {"TargetShardCount": count, "ScalingType": "UNIFORM_SCALING"}
                world.call("kinesis", "UpdateShardCount", StreamName="s", **target)
                world.put_kinesis("s", *[(key, f"{key}:{turn}.5\n".encode()) for key in keys])
                await world.advance(1)
            await world.until(lambda: len(b"".join(world.objects().values()).splitlines()) == 108)
            by_time = sorted(world.objects(), key=lambda key: key.split("-1-2026")[1][:16])
            seen: dict[str, float] = {}
            for name in by_time:
                for line in world.objects()[name].decode().splitlines():
                    key, turn = line.split(":")
                    assert seen.get(key, -1) < float(turn)
                    seen[key] = float(turn)
            assert world.standing().delivered == 108

    asyncio.run(main())


def test_records_that_expired_before_they_were_read_are_accounted_for(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
            world.create(kinesis="s")
            await world.advance(2)
            world.denied.add("kinesis:GetRecords")
            world.put_kinesis("s", *[("a", b"old")] * 3)
            world.cloud.clock.advance(25 * 3600)
            world.put_kinesis("s", ("a", b"new"))
            world.call("kinesis", "IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=48)
            world.call("kinesis", "DecreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24)
            world.denied = set()
            await world.until(lambda: world.in_flight() == 0)
            assert list(world.objects().values()) == [b"new"]
            standing = world.standing()
            assert (standing.delivered, standing.failed) == (1, 3)
            assert standing.note == "3 records had passed the stream's retention period before they were read"

    asyncio.run(main())


def test_a_deleted_delivery_stream_stops_and_a_new_one_begins_anew(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create()
            await world.rest()
            world.put(b"a")
            await world.rest()
            world.call("firehose", "DeleteDeliveryStream", DeliveryStreamName="d")
            await world.advance(61)
            assert world.objects() == {}
            assert not world.cloud.consumers.running("firehose/us-east-1/d")
            assert world.cloud.ledger.standing(world.cloud.store.begin(), "firehose/us-east-1/d") is None
            world.create()
            await world.rest()
            world.put(b"b")
            await world.advance(61)
            assert list(world.objects().values()) == [b"b"]
            assert world.standing().received == 1

    asyncio.run(main())


def test_a_delivery_in_progress_is_given_up_when_the_stream_is_deleted(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create()
            await world.rest()
            world.s3_error = AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
            world.put(b"a")
            await world.advance(61)
            world.call("firehose", "DeleteDeliveryStream", DeliveryStreamName="d")
            world.s3_error = None
            await world.advance(61)
            assert world.objects() == {}
            stored = [path for path in world.cloud.directory.path.rglob("s3/**/*") if path.is_file()]
            assert stored == []

    asyncio.run(main())


def test_an_update_takes_over_what_is_in_flight(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create(Prefix="one/")
            await world.rest()
            world.put(b"a", b"b")
            await world.advance(10)
            world.call(
                "firehose",
                "UpdateDestination",
                DeliveryStreamName="d",
                CurrentDeliveryStreamVersionId="1",
                DestinationId="destinationId-000000000001",
                ExtendedS3DestinationUpdate={"Prefix": "two/"},
            )
            await world.advance(51)
            [(key, body)] = world.objects().items()
            assert key.startswith("two/2026/01/01/00/d-2-2026-01-01-00-00-00-")
            assert body == b"ab"

    asyncio.run(main())


def test_source_records_are_backed_up_by_their_own_buffer(open_world: OpenWorld) -> None:
    def upper(event: dict[str, Any]) -> dict[str, Any]:
        return {"records": [{"recordId": each["recordId"], "result": "Dropped"} for each in event["records"]]}

    async def main() -> None:
        async with open_world(upper) as world:
            backup = {
                "RoleARN": "arn:aws:iam::123456789012:role/delivery",
                "BucketARN": "arn:aws:s3:::lake",
                "Prefix": "backup/",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 10},
            }
            processing = lambda_processor()
            world.create(ProcessingConfiguration=processing, S3BackupMode="Enabled", S3BackupConfiguration=backup)
            await world.rest()
            world.put(b"a", b"b")
            await world.advance(11)
            [(key, body)] = world.objects().items()
            assert key.startswith("backup/2026/01/01/00/d-1-")
            assert body == b"ab"
            await world.until(lambda: world.in_flight() == 0)
            assert len(world.objects()) == 1, "dropped records leave nothing behind"
            assert world.standing().dropped == 2
            assert world.standing("firehose/us-east-1/d/backup").delivered == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "name", "body"),
    [
        ({}, "2026/01/01/00/d-1-2026-01-01-00-00-00-{}", b"ab"),
        ({"CompressionFormat": "GZIP"}, "2026/01/01/00/d-1-2026-01-01-00-00-00-{}.gz", gzip.decompress),
        ({"FileExtension": ".json"}, "2026/01/01/00/d-1-2026-01-01-00-00-00-{}.json", b"ab"),
        ({"Prefix": "raw"}, "raw2026/01/01/00/d-1-2026-01-01-00-00-00-{}", b"ab"),
        (
            {"Prefix": "t=!{timestamp:HH}/", "ErrorOutputPrefix": "e/", "CustomTimeZone": "Europe/Paris"},
            "t=01/d-1-2026-01-01-01-00-00-{}",
            b"ab",
        ),
        (
            {
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [
                        {
                            "Type": "AppendDelimiterToRecord",
                            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
                        }
                    ],
                }
            },
            "2026/01/01/00/d-1-2026-01-01-00-00-00-{}",
            b"a\nb\n",
        ),
    ],
)
def test_objects_are_named_and_written_as_asked(
    open_world: OpenWorld, options: dict[str, Any], name: str, body: Any
) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create(**options)
            await world.rest()
            world.put(b"a", b"b")
            await world.advance(61)
            [(key, written)] = world.objects().items()
            start, _, end = name.partition("{}")
            assert key.startswith(start)
            assert key.endswith(end)
            assert len(key) == len(start) + 36 + len(end)
            assert body(written) == b"ab" if callable(body) else written == body

    asyncio.run(main())


def test_delivered_direct_puts_give_their_room_back(open_world: OpenWorld) -> None:
    async def main() -> None:
        async with open_world() as world:
            world.create(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 1})
            await world.rest()
            for _ in range(20):
                world.put(*[b"x"] * 500)
                await world.advance(2)
            [(log_id, settled)] = world.standing().settled.items()
            log = world.cloud.store.log(log_id)
            assert settled == log.head == 10_000
            assert log.tail > 4096
            await world.advance(5)
        async with open_world() as world:
            world.put(b"y")
            await world.advance(2)
            assert world.standing().delivered == 10_001

    asyncio.run(main())


def test_packed_records_are_taken_apart(open_world: OpenWorld) -> None:
    packed = bytes.fromhex(
        "f3899ac20a026b310a026b321a0908001a0568656c6c6f1a0908011a05776f726c64c4b234c121650f4512d22bf67dca9de2"
    )

    async def main() -> None:
        async with open_world() as world:
            world.call("kinesis", "CreateStream", StreamName="s", ShardCount=1)
            world.create(kinesis="s", ProcessingConfiguration=lambda_processor(BufferIntervalInSeconds="0"))
            await world.rest()
            [put] = world.put_kinesis("s", ("a", packed))
            await world.advance(61)
            assert list(world.objects().values()) == [b"helloworld"]
            [event] = world.events
            metadata = [each["kinesisRecordMetadata"] for each in event["records"]]
            assert [each["partitionKey"] for each in metadata] == ["k1", "k2"]
            assert [each["subsequenceNumber"] for each in metadata] == [0, 1]
            assert event["records"][1]["recordId"] == put["SequenceNumber"] + "000001"
            assert world.standing().delivered == 1

    asyncio.run(main())
