"""Kinesis on the real wire with boto3: every operation, and its errors as a client sees them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

FIRST = "shardId-000000000000"


@pytest.fixture
def kinesis(client: Callable[..., Any]) -> Any:
    return client("kinesis")


@pytest.fixture
def stream(kinesis: Any, unique: Callable[[str], str]) -> Iterator[str]:
    name = unique("stream")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    yield name
    kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


def arn_of(kinesis: Any, stream: str) -> str:
    return str(kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"])


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def drained(kinesis: Any, place: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    while True:
        page = kinesis.get_records(ShardIterator=place)
        records += page["Records"]
        if not page.get("NextShardIterator") or page["MillisBehindLatest"] == 0:
            return records
        place = page["NextShardIterator"]


def test_from_put_to_get(kinesis: Any, stream: str) -> None:
    kinesis.get_waiter("stream_exists").wait(StreamName=stream)
    one = kinesis.put_record(StreamName=stream, PartitionKey="a", Data=b"\x00\xffone")
    batch = [{"PartitionKey": "ü", "Data": b"%d" % number} for number in range(500)]
    many = kinesis.put_records(StreamName=stream, Records=batch)
    assert many["FailedRecordCount"] == 0
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    records = drained(kinesis, start["ShardIterator"])
    assert [record["Data"] for record in records] == [b"\x00\xffone", *[b"%d" % number for number in range(500)]]
    numbers = [one["SequenceNumber"], *[record["SequenceNumber"] for record in many["Records"]]]
    assert [record["SequenceNumber"] for record in records] == numbers
    assert records[1]["PartitionKey"] == "ü"
    assert records[0]["ApproximateArrivalTimestamp"].tzinfo is not None
    after = {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": records[0]["ApproximateArrivalTimestamp"]}
    place = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, **after)["ShardIterator"]
    assert len(drained(kinesis, place)) == 501


def test_ten_mebibytes_come_and_go(kinesis: Any, stream: str) -> None:
    kinesis.update_max_record_size(StreamARN=arn_of(kinesis, stream), MaxRecordSizeInKiB=10240)
    data = bytes(range(256)) * 40_900
    kinesis.put_record(StreamName=stream, PartitionKey="a", Data=data)
    place = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    [record] = drained(kinesis, place["ShardIterator"])
    assert record["Data"] == data


def test_streams_are_described_and_listed(kinesis: Any, stream: str) -> None:
    description = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert description["StreamStatus"] == "ACTIVE"
    assert description["StreamCreationTimestamp"].year > 2000
    assert not description["HasMoreShards"]
    summary = kinesis.describe_stream_summary(StreamARN=description["StreamARN"])["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["ConsumerCount"]) == (1, 0)
    names = [name for page in kinesis.get_paginator("list_streams").paginate() for name in page["StreamNames"]]
    assert stream in names
    assert kinesis.describe_limits()["ShardLimit"] == 20_000


def test_resharding_and_reading_across_it(kinesis: Any, stream: str) -> None:
    kinesis.put_record(StreamName=stream, PartitionKey="a", Data=b"parent")
    kinesis.split_shard(StreamName=stream, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))
    kinesis.put_record(StreamName=stream, PartitionKey="a", Data=b"child")
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    page = kinesis.get_records(ShardIterator=start["ShardIterator"])
    assert [record["Data"] for record in page["Records"]] == [b"parent"]
    assert "NextShardIterator" not in page
    low, high = (child["ShardId"] for child in page["ChildShards"])
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=low, ShardIteratorType="TRIM_HORIZON")
    assert [record["Data"] for record in drained(kinesis, start["ShardIterator"])] == [b"child"]
    kinesis.merge_shards(StreamName=stream, ShardToMerge=low, AdjacentShardToMerge=high)
    updated = kinesis.update_shard_count(StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert (updated["CurrentShardCount"], updated["TargetShardCount"]) == (1, 2)
    page = kinesis.list_shards(StreamName=stream, MaxResults=4)
    rest = kinesis.list_shards(NextToken=page["NextToken"])
    shards = [shard["ShardId"] for shard in page["Shards"] + rest["Shards"]]
    assert shards == [f"shardId-{number:012d}" for number in range(6)]


def test_retention_mode_and_tags(kinesis: Any, stream: str) -> None:
    arn = arn_of(kinesis, stream)
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
    kinesis.decrease_stream_retention_period(StreamARN=arn, RetentionPeriodHours=24)
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert summary["RetentionPeriodHours"] == 24
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"a": "1"})
    kinesis.tag_resource(ResourceARN=arn, Tags={"b": ""})
    assert kinesis.list_tags_for_stream(StreamName=stream)["Tags"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": ""},
    ]
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=["a"])
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_errors_as_a_client_sees_them(kinesis: Any, stream: str) -> None:
    missing = "Stream none under account 123456789012 not found."
    record = {"PartitionKey": "a", "Data": b""}
    not_found = ("ResourceNotFoundException", missing, 400)
    assert refusal(kinesis.describe_stream, StreamName="none") == not_found
    assert refusal(kinesis.put_record, StreamName="none", **record) == not_found
    assert refusal(kinesis.put_records, StreamName="none", Records=[record]) == not_found
    assert refusal(kinesis.delete_stream, StreamName="none") == not_found
    exists = f"Stream {stream} under account 123456789012 already exists."
    assert refusal(kinesis.create_stream, StreamName=stream, ShardCount=1) == ("ResourceInUseException", exists, 400)
    garbage = ("InvalidArgumentException", "Invalid ShardIterator.", 400)
    assert refusal(kinesis.get_records, ShardIterator="garbage") == garbage
    code, message, _ = refusal(kinesis.create_stream, StreamName="a b", ShardCount=1)
    assert (code, "failed to satisfy constraint" in message) == ("ValidationException", True)
    code, message, _ = refusal(kinesis.put_records, StreamName=stream, Records=[record] * 501)
    assert (code, "length less than or equal to 500" in message) == ("ValidationException", True)
    code, message, _ = refusal(kinesis.put_record, StreamName=stream, Data=b"x")
    assert (code, "partitionKey" in message) == ("ValidationException", True)
    latest = {"ShardId": FIRST, "ShardIteratorType": "LATEST", "StartingSequenceNumber": "0"}
    code, message, _ = refusal(kinesis.get_shard_iterator, StreamName=stream, **latest)
    assert (code, "and also a StartingSequenceNumber." in message) == ("InvalidArgumentException", True)


def test_what_is_not_built_says_so(kinesis: Any, stream: str) -> None:
    code, message, _ = refusal(kinesis.register_stream_consumer, StreamARN=arn_of(kinesis, stream), ConsumerName="c")
    assert "RegisterStreamConsumer" in message
    assert "Exception" in code


def test_a_deleted_stream_is_gone(kinesis: Any, unique: Callable[[str], str]) -> None:
    name = unique("stream")
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name)
