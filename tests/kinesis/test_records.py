"""Putting and reading records, iterators and their errors, on a clock in the test's hand."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Kinesis = Callable[..., dict[str, Any]]
Read = Callable[..., list[dict[str, Any]]]
FIRST = "shardId-000000000000"
SECOND = "shardId-000000000001"


def clock_of(cloud: LocalCloud) -> ManualClock:
    assert isinstance(cloud.clock, ManualClock)
    return cloud.clock


def put_all(kinesis: Kinesis, stream: str, *values: bytes, key: str = "a") -> list[str]:
    records = [{"PartitionKey": key, "Data": value} for value in values]
    answer = kinesis("PutRecords", StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0
    return [record["SequenceNumber"] for record in answer["Records"]]


def test_records_go_to_the_shards_of_their_keys_in_order(kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=2)
    records = [{"PartitionKey": key, "Data": f"{key}{turn}".encode()} for turn in range(3) for key in ("a", "1")]
    answer = kinesis("PutRecords", StreamName="s", Records=records)
    assert [record["ShardId"] for record in answer["Records"]] == [FIRST, SECOND] * 3
    assert [record["Data"] for record in read("s", FIRST)] == [b"a0", b"a1", b"a2"]
    assert [record["Data"] for record in read("s", SECOND)] == [b"10", b"11", b"12"]
    numbers = [record["SequenceNumber"] for record in answer["Records"]][::2]
    assert [record["SequenceNumber"] for record in read("s", FIRST)] == numbers
    assert numbers == sorted(numbers, key=int)
    assert {record["PartitionKey"] for record in read("s", FIRST)} == {"a"}


def test_an_explicit_hash_key_decides_and_is_not_returned(kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=2)
    answer = kinesis("PutRecord", StreamName="s", PartitionKey="a", ExplicitHashKey=str(2**127), Data=b"x")
    assert answer["ShardId"] == SECOND
    [record] = read("s", SECOND)
    assert (record["PartitionKey"], record["Data"]) == ("a", b"x")
    with pytest.raises(AwsError, match=re.escape("must be in the range: [0, 2^128-1]. Specified value was 3402823")):
        kinesis("PutRecord", StreamName="s", PartitionKey="a", ExplicitHashKey=str(2**128), Data=b"x")


def test_numbers_stay_the_same_when_the_log_is_ahead_of_the_clock(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    transaction = cloud.store.begin()
    root = Principal.root(cloud.account)
    given = []
    for _ in range(2):
        params = {"StreamName": "s", "PartitionKey": "a", "Data": b"x"}
        answer = cloud.call("kinesis", "PutRecord", params, root, region="us-east-1", transaction=transaction)
        given.append(answer["SequenceNumber"])
        clock_of(cloud).advance(2)
    cloud.store.commit(transaction)
    place = kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    records = kinesis("GetRecords", ShardIterator=place["ShardIterator"])["Records"]
    assert [record["SequenceNumber"] for record in records] == given


def test_the_five_iterators(cloud: LocalCloud, kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    numbers = []
    times = []
    for value in (b"0", b"1", b"2"):
        times.append(cloud.clock.now())
        numbers += put_all(kinesis, "s", value)
        clock_of(cloud).advance(10)

    def data(**start: Any) -> list[bytes]:
        return [record["Data"] for record in read("s", FIRST, **start)]

    assert data(ShardIteratorType="TRIM_HORIZON") == [b"0", b"1", b"2"]
    assert data(ShardIteratorType="LATEST") == []
    assert data(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == [b"1", b"2"]
    assert data(ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == [b"2"]
    assert data(ShardIteratorType="AT_TIMESTAMP", Timestamp=times[1]) == [b"1", b"2"]
    assert data(ShardIteratorType="AT_TIMESTAMP", Timestamp=times[1] + 0.5) == [b"2"]
    assert data(ShardIteratorType="AT_TIMESTAMP", Timestamp=1.0) == [b"0", b"1", b"2"]
    assert data(ShardIteratorType="AT_TIMESTAMP", Timestamp=cloud.clock.now()) == []
    shard = kinesis("DescribeStream", StreamName="s")["StreamDescription"]["Shards"][0]
    starting = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    assert data(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=starting) == [b"0", b"1", b"2"]


def test_an_iterator_may_be_used_again_and_leads_on(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    put_all(kinesis, "s", b"0", b"1", b"2")
    place = kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    for _ in range(2):
        page = kinesis("GetRecords", ShardIterator=place["ShardIterator"], Limit=2)
        assert [record["Data"] for record in page["Records"]] == [b"0", b"1"]
    rest = kinesis("GetRecords", ShardIterator=page["NextShardIterator"])
    assert [record["Data"] for record in rest["Records"]] == [b"2"]
    assert kinesis("GetRecords", ShardIterator=rest["NextShardIterator"])["Records"] == []


def test_how_far_behind(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    put_all(kinesis, "s", b"0", b"1")
    clock_of(cloud).advance(7)
    place = kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    page = kinesis("GetRecords", ShardIterator=place["ShardIterator"], Limit=1)
    assert page["MillisBehindLatest"] == 7000
    assert kinesis("GetRecords", ShardIterator=page["NextShardIterator"])["MillisBehindLatest"] == 0


def test_an_answer_holds_ten_mebibytes_at_most(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    for _ in range(3):
        put_all(kinesis, "s", *[b"x" * 1_000_000] * 5)
    place = kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")
    page = kinesis("GetRecords", ShardIterator=place["ShardIterator"])
    assert len(page["Records"]) == 10


def test_iterators_expire_after_five_minutes(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    place = kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, ShardIteratorType="LATEST")["ShardIterator"]
    clock_of(cloud).advance(300)
    kinesis("GetRecords", ShardIterator=place)
    clock_of(cloud).advance(0.001)
    with pytest.raises(AwsError) as refused:
        kinesis("GetRecords", ShardIterator=place)
    assert refused.value.code == "ExpiredIteratorException"
    assert refused.value.message == (
        "Iterator expired. The iterator was created at time Thu Jan 01 00:00:00 UTC 2026 while right now it is "
        "Thu Jan 01 00:05:00 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds."
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, "Request specified AT_SEQUENCE_NUMBER and no StartingSequence"),
        (
            {"ShardIteratorType": "LATEST", "StartingSequenceNumber": "0"},
            "Request specified LATEST and also a StartingSequenceNumber.",
        ),
        (
            {"ShardIteratorType": "AT_TIMESTAMP"},
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter.",
        ),
        (
            {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 1_767_225_601.0},
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            "timestampInMillis: 1767225601000, currentTimestampInMillis: 1767225600000",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "5"},
            "StartingSequenceNumber 5 used in GetShardIterator on shard shardId-000000000000 in stream s under "
            "account 123456789012 is invalid.",
        ),
    ],
)
def test_wrong_iterators_are_refused(kinesis: Kinesis, params: dict[str, Any], message: str) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=2)
    with pytest.raises(AwsError, match=re.escape(message)) as refused:
        kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, **params)
    assert refused.value.code == "InvalidArgumentException"


def test_numbers_of_other_shards_and_streams_are_refused(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=2)
    clock_of(cloud).advance(5)
    kinesis("CreateStream", StreamName="t", ShardCount=2)
    other_shard = put_all(kinesis, "s", b"x", key="1")[0]
    with pytest.raises(AwsError, match="It encodes shardId-000000000001, while it was used in a call to a shard with"):
        start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": other_shard}
        kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, **start)
    other_stream = put_all(kinesis, "t", b"x")[0]
    with pytest.raises(AwsError, match="is invalid because it did not come from this stream"):
        start = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": other_stream}
        kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, **start)


def test_what_is_not_there_is_said_to_be_missing(kinesis: Kinesis) -> None:
    for operation, params in (
        ("PutRecord", {"PartitionKey": "a", "Data": b""}),
        ("PutRecords", {"Records": [{"PartitionKey": "a", "Data": b""}]}),
        ("DescribeStream", {}),
        ("ListShards", {}),
    ):
        with pytest.raises(AwsError) as refused:
            kinesis(operation, StreamName="none", **params)
        assert refused.value.code == "ResourceNotFoundException"
        assert refused.value.message == "Stream none under account 123456789012 not found."
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    with pytest.raises(AwsError, match="Shard shardId-000000000005 in stream s under account 123456789012 does not"):
        kinesis("GetShardIterator", StreamName="s", ShardId="shardId-5", ShardIteratorType="LATEST")
    with pytest.raises(AwsError, match=re.escape("Invalid ShardIterator.")):
        kinesis("GetRecords", ShardIterator="garbage")


def test_iterators_end_with_their_stream(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    place = kinesis("GetShardIterator", StreamName="s", ShardId=FIRST, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    kinesis("DeleteStream", StreamName="s")
    with pytest.raises(AwsError, match="Shard shardId-000000000000 in stream s under account 123456789012 does not"):
        kinesis("GetRecords", ShardIterator=place)
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    with pytest.raises(AwsError, match="does not exist"):
        kinesis("GetRecords", ShardIterator=place)


def test_a_stream_made_again_is_empty(kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    put_all(kinesis, "s", b"old")
    kinesis("DeleteStream", StreamName="s")
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    assert read("s", FIRST) == []


def test_records_that_are_too_big_fail_the_whole_call(kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    records = [{"PartitionKey": "a", "Data": b"ok"}, {"PartitionKey": "a", "Data": b"x" * 2**20}]
    with pytest.raises(AwsError) as refused:
        kinesis("PutRecords", StreamName="s", Records=records)
    assert refused.value.message == (
        "1 validation error detected: Value at 'records.2.member.data' failed to satisfy constraint: "
        "Member must have length less than or equal to 1048576"
    )
    assert read("s", FIRST) == []
    kinesis("UpdateMaxRecordSize", StreamARN="arn:aws:kinesis:us-east-1:123456789012:stream/s", MaxRecordSizeInKiB=2048)
    kinesis("PutRecords", StreamName="s", Records=records)
    with pytest.raises(AwsError, match="Records size exceeds 10 MB limit"):
        kinesis("PutRecords", StreamName="s", Records=[records[1]] * 11)


def test_the_stream_may_be_named_by_its_arn(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
    assert kinesis("PutRecord", StreamARN=arn, PartitionKey="a", Data=b"x")["ShardId"] == FIRST
    with pytest.raises(AwsError, match="name different streams"):
        kinesis("DescribeStream", StreamARN=arn, StreamName="t")
    with pytest.raises(AwsError) as refused:
        kinesis("DescribeStream", StreamARN="arn:aws:kinesis:us-east-1:999999999999:stream/s")
    assert refused.value.code == "ResourceNotFoundException"


def test_order_can_be_asked_for(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    first = put_all(kinesis, "s", b"0")[0]
    params = {"StreamName": "s", "PartitionKey": "a", "Data": b"1"}
    second = kinesis("PutRecord", SequenceNumberForOrdering=first, **params)["SequenceNumber"]
    assert int(second) > int(first)
    with pytest.raises(AwsError, match="ExclusiveMinimumSequenceNumber 77 used in PutRecord on stream s under account"):
        kinesis("PutRecord", SequenceNumberForOrdering="77", **params)


def test_faults_fail_some_records_or_all(cloud: LocalCloud, kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    cloud.faults.enable("kinesis:put-records-partial", rate=0.5, seed=1)
    records = [{"PartitionKey": "a", "Data": str(value).encode()} for value in range(100)]
    answer = kinesis("PutRecords", StreamName="s", Records=records)
    failed = [record for record in answer["Records"] if "ErrorCode" in record]
    assert 20 < len(failed) == answer["FailedRecordCount"] < 80
    assert failed[0] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream s under account 123456789012.",
    }
    assert len(read("s", FIRST)) == 100 - len(failed)
    kept = [record["SequenceNumber"] for record in answer["Records"] if "ErrorCode" not in record]
    assert [record["SequenceNumber"] for record in read("s", FIRST)] == kept
    cloud.faults.enable("kinesis:throttle")
    with pytest.raises(AwsError, match="Rate exceeded"):
        kinesis("PutRecords", StreamName="s", Records=records)
