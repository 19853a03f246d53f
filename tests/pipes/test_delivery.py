"""Records through a pipe: each once, in order, accounted for; whatever fails, stops or dies on the way."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest

Works = Callable[..., Any]


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["dynamodb"]["Keys"]["id"]["S"] for event in events]


def test_every_change_arrives_once_and_in_order(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe(BatchSize=7)
            here.write(*range(50))
            here.write(*range(50), again={"S": "x"})
            standing = await here.accounted(100)
            assert (standing.delivered, standing.filtered, standing.failed) == (100, 0, 0)
            events = here.received()
            assert sorted(ids(events)) == sorted([str(number) for number in range(50)] * 2)
            for number in range(50):
                names = [event["eventName"] for event in events if ids([event]) == [str(number)]]
                assert names == ["INSERT", "MODIFY"]
            first = events[0]
            assert first["eventSourceARN"] == here.source
            assert list(first) == [
                "eventID",
                "eventName",
                "eventVersion",
                "eventSource",
                "awsRegion",
                "dynamodb",
                "eventSourceARN",
            ]
            keys = {record["PartitionKey"] for record in here.records()}
            assert keys == {str(number) for number in range(50)}

    asyncio.run(scenario())


def test_filters_let_pass_what_matches_one_of_them(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            open_or_large = [{"dynamodb": {"NewImage": {"status": {"S": ["open"]}}}}, {"eventName": ["REMOVE"]}]
            here.pipe(filters=open_or_large)
            here.write("a", status={"S": "open"})
            here.write("b", status={"S": "shut"})
            here.call("dynamodb", "DeleteItem", TableName="orders", Key={"id": {"S": "b"}})
            standing = await here.accounted(3)
            assert (standing.delivered, standing.filtered) == (2, 1)
            assert sorted(ids(here.received())) == ["a", "b"]

    asyncio.run(scenario())


def test_the_arn_of_the_source_is_added_after_filtering(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe(filters=[{"eventSourceARN": [{"exists": True}]}])
            here.write("a")
            assert (await here.accounted(1)).filtered == 1

    asyncio.run(scenario())


def test_templates_and_constant_keys(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            parameters = {
                "InputTemplate": '{"id": <$.dynamodb.Keys.id.S>, "pipe": "<aws.pipes.pipe-name>"}',
                "KinesisStreamParameters": {"PartitionKey": "constant"},
            }
            here.pipe(TargetParameters=parameters)
            here.write("a", "b")
            await here.accounted(2)
            records = here.records()
            assert [record["Data"] for record in records] == [
                b'{"id": "a", "pipe": "pipe"}',
                b'{"id": "b", "pipe": "pipe"}',
            ]
            assert {record["PartitionKey"] for record in records} == {"constant"}

    asyncio.run(scenario())


def test_latest_begins_behind_what_is_there(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.write("before")
            here.pipe(StartingPosition="LATEST", DesiredState="STOPPED")
            here.write("between")
            assert here.describe()["CurrentState"] == "STOPPED"
            here.call("pipes", "StartPipe", Name="pipe")
            here.write("after")
            await here.accounted(2)
            assert sorted(ids(here.received())) == ["after", "between"]

    asyncio.run(scenario())


def test_a_window_waits_for_a_full_batch_or_its_end(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe(BatchSize=3, MaximumBatchingWindowInSeconds=60)
            here.write("a", "b")
            await here.settle()
            assert here.received() == []
            here.write("c")
            await here.settle()
            assert len(here.received()) == 3
            here.write("d")
            await here.settle()
            here.clock.advance(59)
            await here.settle()
            assert len(here.received()) == 3
            here.clock.advance(1.1)
            await here.settle()
            assert len(here.received()) == 4

    asyncio.run(scenario())


def test_a_stopped_pipe_keeps_its_place(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.write("a")
            await here.accounted(1)
            stopped = here.call("pipes", "StopPipe", Name="pipe")
            assert (stopped["DesiredState"], stopped["CurrentState"]) == ("STOPPED", "STOPPING")
            assert here.describe()["CurrentState"] == "STOPPED"
            here.write("b")
            await here.settle()
            assert ids(here.received()) == ["a"]
            here.call("pipes", "StartPipe", Name="pipe")
            await here.accounted(2)
            assert sorted(ids(here.received())) == ["a", "b"]

    asyncio.run(scenario())


def test_a_pipe_goes_on_after_a_restart(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.write(*range(10))
            await here.settle(3)
            standing = here.standing()
        async with works(build=False) as here:
            here.source = here.describe()["Source"]
            here.write(*range(10, 20))
            assert standing.accounted <= (await here.accounted(20)).accounted == 20
            assert sorted(ids(here.received())) == sorted(str(number) for number in range(20))

    asyncio.run(scenario())


def test_an_update_applies_from_the_next_batch(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.write("a")
            await here.accounted(1)
            criteria = {"FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["REMOVE"]}'}]}}
            here.call("pipes", "UpdatePipe", Name="pipe", RoleArn=here.role, SourceParameters=criteria)
            here.write("b")
            assert (await here.accounted(2)).filtered == 1
            none = {"FilterCriteria": {"Filters": []}}
            here.call("pipes", "UpdatePipe", Name="pipe", RoleArn=here.role, SourceParameters=none)
            here.write("c")
            await here.accounted(3)
            assert sorted(ids(here.received())) == ["a", "c"]
            assert here.describe()["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"] == 100

    asyncio.run(scenario())


def test_what_kinesis_did_not_take_is_tried_again_alone(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.cloud.faults.enable("kinesis:put-records-partial", rate=0.4, seed=3)
            here.pipe(BatchSize=20)
            here.write(*range(60))
            standing = await here.accounted(60)
            assert (standing.delivered, standing.failed) == (60, 0)
            assert sorted(ids(here.received())) == sorted(str(number) for number in range(60))

    asyncio.run(scenario())


def test_part_of_a_batch_is_remembered_over_a_restart(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.cloud.faults.enable("kinesis:put-records-partial", rate=0.5, seed=5)
            here.pipe(BatchSize=40)
            here.write(*range(40))
            await here.settle(4)
            taken = len(here.received())
            assert 0 < taken < 40
        async with works(build=False) as here:
            standing = await here.accounted(40)
            assert standing.delivered == 40
            assert sorted(ids(here.received())) == sorted(str(number) for number in range(40))

    asyncio.run(scenario())


def test_a_throttled_target_gets_everything_in_the_end(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.cloud.faults.enable("kinesis:throttle")
            here.pipe()
            here.write(*range(5))
            await here.until(lambda: "StateReason" in here.describe())
            assert "Rate exceeded for shard" in here.describe()["StateReason"]
            assert "Rate exceeded for shard" in (here.standing().note or "")
            assert here.describe()["CurrentState"] == "RUNNING"
            here.cloud.faults.disable()
            await here.accounted(5)
            assert "StateReason" not in here.describe()
            assert here.standing().note is None

    asyncio.run(scenario())


def test_a_role_that_loses_its_right_keeps_records_in_flight_and_says_what_is_missing(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe(MaximumRetryAttempts=1)
            here.write("a")
            await here.accounted(1)
            here.allow(["dynamodb:*"])
            here.write("b", "c")
            await here.until(lambda: "StateReason" in here.describe())
            for _ in range(20):
                here.clock.advance(30)
                await here.settle()
            told = here.describe()["StateReason"]
            assert "is not authorized to perform: kinesis:PutRecords on resource" in told
            assert here.arn("kinesis", "stream/changes") in told
            assert here.standing().accounted == 1
            here.allow(["kinesis:*"])
            here.write("d")
            await here.until(lambda: "dynamodb:DescribeStream" in here.describe().get("StateReason", ""))
            here.allow(["kinesis:*", "dynamodb:*"])
            await here.accounted(4)
            assert sorted(ids(here.received())) == ["a", "b", "c", "d"]

    asyncio.run(scenario())


def test_a_target_that_is_gone_keeps_records_in_flight(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.call("kinesis", "DeleteStream", StreamName="changes")
            here.write("a")
            await here.until(lambda: "not found" in here.describe().get("StateReason", ""))
            here.call("kinesis", "CreateStream", StreamName="changes", ShardCount=1)
            await here.accounted(1)
            assert ids(here.received()) == ["a"]

    asyncio.run(scenario())


@pytest.mark.parametrize("bisects", [True, False])
def test_a_record_without_its_key_blocks_until_its_retries_are_used_up(works: Works, bisects: bool) -> None:
    async def scenario() -> None:
        async with works() as here:
            settings = {"OnPartialBatchItemFailure": "AUTOMATIC_BISECT"} if bisects else {}
            key = {"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.NewImage.customer.S"}}
            dead = {"Arn": here.arn("sqs", "dead")}
            here.pipe(MaximumRetryAttempts=2, DeadLetterConfig=dead, TargetParameters=key, **settings)
            here.write("a", customer={"S": "x"})
            here.write("b")
            here.write("c", customer={"S": "y"})
            standing = await here.accounted(3)
            assert (standing.delivered, standing.failed) == (2, 1)
            assert sorted(ids(here.received())) == ["a", "c"]
            (letter,) = await here.letters()
            assert letter["context"] == {
                "partnerResourceArn": here.arn("pipes", "pipe/pipe"),
                "condition": "RetryAttemptsExhausted",
            }
            assert letter["version"] == "1.0"
            batch = letter["DDBStreamBatchInfo"]
            assert (batch["batchSize"], batch["streamArn"]) == (1, here.source)
            assert batch["startSequenceNumber"] == batch["endSequenceNumber"]
            place = {
                "StreamArn": here.source,
                "ShardId": batch["shardId"],
                "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                "SequenceNumber": batch["startSequenceNumber"],
            }
            iterator = here.call("dynamodbstreams", "GetShardIterator", **place)["ShardIterator"]
            found = here.call("dynamodbstreams", "GetRecords", ShardIterator=iterator, Limit=1)["Records"]
            assert orjson.loads(orjson.dumps(found))[0]["dynamodb"]["Keys"] == {"id": {"S": "b"}}

    asyncio.run(scenario())


def test_without_a_limit_a_bad_record_blocks_its_shard_and_says_so(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            key = {"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.NewImage.customer.S"}}
            here.pipe(TargetParameters=key, BatchSize=1)
            here.write("a")
            here.write("b", customer={"S": "x"})
            for _ in range(50):
                here.clock.advance(60)
                await here.settle(5)
            assert here.standing().accounted == 0
            assert "the event has no value at $.dynamodb.NewImage.customer.S" in here.describe()["StateReason"]
            criteria = {
                "FilterCriteria": {
                    "Filters": [{"Pattern": '{"dynamodb":{"NewImage":{"customer":{"S":[{"exists":true}]}}}}'}]
                }
            }
            here.call("pipes", "UpdatePipe", Name="pipe", RoleArn=here.role, SourceParameters=criteria)
            standing = await here.accounted(2)
            assert (standing.filtered, standing.delivered) == (1, 1)

    asyncio.run(scenario())


def test_old_records_are_given_up(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.cloud.faults.enable("kinesis:throttle")
            dead = {"Arn": here.arn("sqs", "dead")}
            here.pipe(MaximumRecordAgeInSeconds=60, DeadLetterConfig=dead)
            here.write("a", "b", "c")
            standing = await here.accounted(3)
            assert standing.failed == 3
            (letter,) = await here.letters()
            assert letter["context"]["condition"] == "RecordAgeExceeded"
            assert letter["DDBStreamBatchInfo"]["batchSize"] == 3

    asyncio.run(scenario())


def test_without_a_queue_what_is_given_up_is_counted_with_its_reason(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.cloud.faults.enable("kinesis:throttle")
            here.pipe(MaximumRetryAttempts=0, OnPartialBatchItemFailure="AUTOMATIC_BISECT")
            here.write("a", "b")
            standing = await here.accounted(2)
            assert standing.failed == 2
            assert "RetryAttemptsExhausted" in (standing.note or "")
            assert "Rate exceeded" in (standing.note or "")

    asyncio.run(scenario())


def test_dead_letters_that_cannot_be_sent_are_not_dropped(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.cloud.faults.enable("kinesis:throttle")
            here.pipe(MaximumRetryAttempts=0, DeadLetterConfig={"Arn": here.arn("sqs", "dead")})
            here.allow(["dynamodb:*", "kinesis:*"])
            here.write("a")
            await here.until(lambda: "sqs:SendMessage" in here.describe().get("StateReason", ""))
            assert here.standing().accounted == 0
            here.allow(["dynamodb:*", "kinesis:*", "sqs:SendMessage"])
            assert (await here.accounted(1)).failed == 1
            assert len(await here.letters()) == 1

    asyncio.run(scenario())


def test_a_disabled_stream_is_read_to_its_end_and_then_named(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.write("a")
            off = {"StreamEnabled": False}
            here.call("dynamodb", "UpdateTable", TableName="orders", StreamSpecification=off)
            await here.accounted(1)
            assert ids(here.received()) == ["a"]

    asyncio.run(scenario())


def test_a_deleted_pipe_is_forgotten_and_its_successor_begins_anew(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.write("a")
            await here.accounted(1)
            deleted = here.call("pipes", "DeletePipe", Name="pipe")
            assert (deleted["DesiredState"], deleted["CurrentState"]) == ("DELETED", "DELETING")
            here.pipe()
            assert (await here.accounted(1)).delivered == 1
            assert ids(here.received()) == ["a", "a"]

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(8))
def test_whatever_fails_and_whenever_it_stops_each_record_arrives_once(works: Works, seed: int) -> None:
    dice = random.Random(seed)

    async def scenario() -> None:
        written = 0
        for run in range(4):
            async with works(build=run == 0) as here:
                if run == 0:
                    settings = {"OnPartialBatchItemFailure": "AUTOMATIC_BISECT"} if dice.random() < 0.5 else {}
                    here.pipe(BatchSize=dice.choice([1, 7, 30]), filters=[{"dynamodb": ODD_NUMBERS}], **settings)
                if run < 3:
                    here.cloud.faults.enable("kinesis:put-records-partial", rate=dice.random() * 0.8, seed=seed)
                    here.cloud.faults.enable("kinesis:throttle", rate=dice.random() * 0.8, seed=seed)
                    for _ in range(dice.randrange(40)):
                        here.write(written, odd={"N": str(written % 2)})
                        written += 1
                    for _ in range(dice.randrange(30)):
                        await here.settle(dice.randrange(6))
                        here.clock.advance(dice.random() * 3)
                else:
                    standing = await here.accounted(written)
                    assert standing.delivered == written // 2
                    assert standing.filtered == written - written // 2
                    assert sorted(map(int, ids(here.received()))) == list(range(1, written, 2))

    asyncio.run(scenario())


ODD_NUMBERS = {"NewImage": {"odd": {"N": ["1"]}}}


def test_a_pipe_is_metered(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.pipe()
            here.write("a", "b", "c")
            await here.accounted(3)
            asked = {
                "Namespace": "AWS/EventBridge/Pipes",
                "MetricName": "EventCount",
                "Dimensions": [{"Name": "PipeName", "Value": "pipe"}],
                "StartTime": here.clock.now() - 3600,
                "EndTime": here.clock.now() + 3600,
                "Period": 3600,
                "Statistics": ["Sum"],
            }
            points = here.call("cloudwatch", "GetMetricStatistics", **asked)["Datapoints"]
            assert sum(point["Sum"] for point in points) == 3

    asyncio.run(scenario())
