"""Other sources and targets: from Kinesis with resharding; to Firehose, SQS and Lambda; and what is refused."""

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.wire.errors import AwsError

Works = Callable[..., Any]
LOG_GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:pipes"


def code(body: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", body)
    return packed.getvalue()


def kinesis_pipe(here: Any, **settings: Any) -> None:
    here.call("kinesis", "CreateStream", StreamName="raw", ShardCount=1)
    stream = {"StartingPosition": "TRIM_HORIZON", **settings.pop("stream", {})}
    parameters: dict[str, Any] = {"KinesisStreamParameters": stream}
    if "filters" in settings:
        parameters["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(one)} for one in settings.pop("filters")]}
    here.pipe(
        Source=here.arn("kinesis", "stream/raw"),
        SourceParameters=parameters,
        Target=here.arn("kinesis", "stream/changes"),
        TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.partitionKey"}},
        **settings,
    )


def put(here: Any, *data: bytes) -> None:
    for each in data:
        here.call("kinesis", "PutRecord", StreamName="raw", PartitionKey="k", Data=each)


def test_a_kinesis_record_is_flat_and_its_data_is_decoded_for_filters(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            kinesis_pipe(here, filters=[{"data": {"n": [{"numeric": [">", 1]}]}}])
            put(here, b'{"n": 1}', b'{"n": 2}', b"no json")
            standing = await here.accounted(3)
            assert (standing.delivered, standing.filtered) == (1, 2)
            (event,) = here.received()
            assert event["data"] == "eyJuIjogMn0="
            assert event["partitionKey"] == "k"
            assert event["eventName"] == "aws:kinesis:record"
            assert event["eventSourceARN"] == here.arn("kinesis", "stream/raw")
            assert event["eventID"] == f"shardId-000000000000:{event['sequenceNumber']}"
            (first, second, _) = here.records("raw")
            assert event["sequenceNumber"] == second["SequenceNumber"] != first["SequenceNumber"]

    asyncio.run(scenario())


def test_what_cannot_be_rendered_fails_alone(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            kinesis_pipe(here, stream={"MaximumRetryAttempts": 0})
            template = {"InputTemplate": '{"d": <$.data>}', "KinesisStreamParameters": {"PartitionKey": "$.data"}}
            here.call("pipes", "UpdatePipe", Name="pipe", RoleArn=here.role, TargetParameters=template)
            put(here, b"1", b"[" * 300 + b"]" * 300, b'"two"')
            standing = await here.accounted(3)
            assert (standing.delivered, standing.failed) == (2, 1)
            assert sorted(record["PartitionKey"] for record in here.records()) == ["1", "two"]

    asyncio.run(scenario())


def test_children_of_a_shard_are_read_after_their_parents(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            kinesis_pipe(here)
            put(here, b"1", b"2")
            split = {"StreamName": "raw", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(2**127)}
            here.call("kinesis", "SplitShard", **split)
            put(here, b"3")
            await here.until(lambda: len(here.received()) == 3)
            found = [event["eventID"].split(":")[0] for event in here.received()]
            assert found[0] == found[1] == "shardId-000000000000"
            assert found[2] != "shardId-000000000000"
            here.call(
                "kinesis", "MergeShards", StreamName="raw", ShardToMerge="shardId-000000000001",
                AdjacentShardToMerge="shardId-000000000002",
            )  # fmt: skip
            put(here, b"4")
            await here.until(lambda: len(here.received()) == 4)

    asyncio.run(scenario())


def test_kinesis_dead_letters_have_their_own_member(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            dead = {"Arn": here.arn("sqs", "dead")}
            kinesis_pipe(
                here,
                stream={"MaximumRetryAttempts": 0, "DeadLetterConfig": dead},
            )
            put(here, b"1", b"2")
            here.cloud.faults.enable("kinesis:throttle")
            await here.accounted(2)
            (letter,) = await here.letters()
            batch = letter["KinesisBatchInfo"]
            assert batch["batchSize"] == 2
            assert batch["shardId"] == "shardId-000000000000"
            assert batch["approximateArrivalOfFirstRecord"].endswith("Z")
            assert len(batch["approximateArrivalOfFirstRecord"]) == len("2026-01-01T00:00:00.000Z")

    asyncio.run(scenario())


def test_to_a_queue(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.call("sqs", "CreateQueue", QueueName="target")
            here.pipe(
                Target=here.arn("sqs", "target"),
                TargetParameters={"InputTemplate": '{"order": <$.dynamodb.Keys.id.S>}'},
            )
            assert here.describe()["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"] == 10
            here.write(*range(25))
            assert (await here.accounted(25)).delivered == 25
            found = await here.letters("target")
            assert sorted(int(each["order"]) for each in found) == list(range(25))

    asyncio.run(scenario())


def test_to_a_delivery_stream(works: Works) -> None:
    async def scenario() -> None:
        async with works() as here:
            here.call("s3", "CreateBucket", Bucket="lake")
            destination = {"BucketARN": "arn:aws:s3:::lake", "RoleARN": here.role}
            here.call(
                "firehose",
                "CreateDeliveryStream",
                DeliveryStreamName="lake",
                ExtendedS3DestinationConfiguration=destination,
            )
            here.pipe(Target=here.arn("firehose", "deliverystream/lake"))
            here.write(*range(20))
            assert (await here.accounted(20)).delivered == 20
            await here.until(lambda: "Contents" in here.call("s3", "ListObjectsV2", Bucket="lake"), 10.0)
            (found,) = here.call("s3", "ListObjectsV2", Bucket="lake")["Contents"]
            body = here.call("s3", "GetObject", Bucket="lake", Key=found["Key"])["Body"].read().decode()
            decoder, events, at = json.JSONDecoder(), [], 0
            while at < len(body):
                event, at = decoder.raw_decode(body, at)
                events.append(event["dynamodb"]["Keys"]["id"]["S"])
            assert events == [str(number) for number in range(20)]

    asyncio.run(scenario())


def test_to_a_function_that_may_name_what_it_did_not_take(works: Works) -> None:
    handler = """
seen = set()

def handler(events, context):
    failures = []
    for event in events:
        key = event["dynamodb"]["Keys"]["id"]["S"]
        if key == "bad" and event["eventID"] not in seen:
            seen.add(event["eventID"])
            failures.append({"itemIdentifier": event["eventID"]})
        if key == "worst":
            failures.append({"itemIdentifier": event["eventID"]})
    return {"batchItemFailures": failures}
"""

    async def scenario() -> None:
        async with works() as here:
            here.call(
                "lambda",
                "CreateFunction",
                FunctionName="take",
                Runtime="python3.12",
                Role=here.role,
                Handler="app.handler",
                Code={"ZipFile": code(handler)},
            )
            here.pipe(
                Target=here.arn("lambda", "function:take"), DeadLetterConfig={"Arn": here.arn("sqs", "dead")},
                MaximumRetryAttempts=3,
            )  # fmt: skip
            here.write("good", "bad", "worst")
            for _ in range(400):
                await asyncio.sleep(0.02)
                here.clock.advance(0.5)
                if here.standing().accounted == 3:
                    break
            standing = here.standing()
            assert (standing.delivered, standing.failed) == (2, 1)
            (letter,) = await here.letters()
            assert letter["DDBStreamBatchInfo"]["batchSize"] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"SourceParameters": {}}, "SourceParameters.DynamoDBStreamParameters"),
        ({"Source": "arn:aws:sqs:us-east-1:123456789012:q"}, "Source"),
        ({"Target": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}, "Target"),
        ({"TargetParameters": {}}, "TargetParameters.KinesisStreamParameters"),
        ({"BatchSize": 501}, "SourceParameters.DynamoDBStreamParameters.BatchSize"),
        (
            {"DeadLetterConfig": {"Arn": "arn:aws:sns:us-east-1:123456789012:t"}},
            "SourceParameters.DynamoDBStreamParameters.DeadLetterConfig.Arn",
        ),
        ({"filters": [{"x": "y"}]}, "SourceParameters.FilterCriteria.Filters[0].Pattern"),
        (
            {
                "TargetParameters": {
                    "KinesisStreamParameters": {"PartitionKey": "x"},
                    "InputTemplate": "<$.a[*]>",
                }
            },
            "TargetParameters.InputTemplate",
        ),
        (
            {"TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.a[*]"}}},
            "TargetParameters.KinesisStreamParameters.PartitionKey",
        ),
        (
            {"TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "x"}, "SqsQueueParameters": {}}},
            "TargetParameters.SqsQueueParameters",
        ),
    ],
)
def test_settings_that_make_no_sense(works: Works, settings: dict[str, Any], field: str) -> None:
    async def scenario() -> None:
        async with works() as here:
            with pytest.raises(AwsError) as refused:
                here.pipe(**settings)
            assert refused.value.code == "ValidationException"
            told = json.loads(refused.value.message)["ValidationErrorFields"]
            assert [each["Name"] for each in told] == [field]
            assert here.call("pipes", "ListPipes")["Pipes"] == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "settings",
    [
        {"Enrichment": "arn:aws:lambda:us-east-1:123456789012:function:f"},
        {"LogConfiguration": {"Level": "INFO", "CloudwatchLogsLogDestination": {"LogGroupArn": LOG_GROUP}}},
    ],
)
def test_what_is_not_carried_out_is_refused(works: Works, settings: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with works() as here:
            with pytest.raises(AwsError, match="Tailrace does not"):
                here.pipe(**settings)

    asyncio.run(scenario())
