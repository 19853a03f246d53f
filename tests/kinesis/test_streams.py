"""The life of streams: capacity, retention, resharding, listings, tags; on a clock in the test's hand."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.kinesis.layout import HASH_KEYS
from tailrace.kinesis.registry import permissions
from tailrace.kinesis.token import ShardIterator, sealed
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Kinesis = Callable[..., dict[str, Any]]
Read = Callable[..., list[dict[str, Any]]]
ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
HOUR_S = 3600


def advance(cloud: LocalCloud, seconds: float) -> None:
    assert isinstance(cloud.clock, ManualClock)
    cloud.clock.advance(seconds)


def shard_ids(kinesis: Kinesis, **params: Any) -> list[str]:
    return [shard["ShardId"][-2:] for shard in kinesis("ListShards", StreamName="s", **params)["Shards"]]


def put(kinesis: Kinesis, data: bytes, key: str = "a") -> str:
    return str(kinesis("PutRecord", StreamName="s", PartitionKey=key, Data=data)["ShardId"])


def test_a_stream_is_described_as_on_aws(kinesis: Kinesis) -> None:
    assert kinesis("CreateStream", StreamName="s", ShardCount=1, Tags={"team": "orders"}) == {}
    description = kinesis("DescribeStream", StreamName="s")["StreamDescription"]
    [shard] = description.pop("Shards")
    facts = {
        "StreamName": "s",
        "StreamARN": ARN,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": 1_767_225_600,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }
    assert description == {**facts, "HasMoreShards": False}
    assert shard["ShardId"] == "shardId-000000000000"
    assert shard["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(HASH_KEYS - 1)}
    assert re.fullmatch(r"\d{56}", shard["SequenceNumberRange"]["StartingSequenceNumber"])
    summary = kinesis("DescribeStreamSummary", StreamARN=ARN)["StreamDescriptionSummary"]
    assert summary == {**facts, "OpenShardCount": 1, "ConsumerCount": 0, "MaxRecordSizeInKiB": 1024}
    assert kinesis("ListTagsForResource", ResourceARN=ARN) == {"Tags": [{"Key": "team", "Value": "orders"}]}


def test_capacity(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s")
    summary = kinesis("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]
    assert (summary["StreamModeDetails"], summary["OpenShardCount"]) == ({"StreamMode": "ON_DEMAND"}, 4)
    with pytest.raises(AwsError, match="ShardCount is not expected when StreamMode=ON_DEMAND"):
        kinesis("CreateStream", StreamName="t", ShardCount=1, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    with pytest.raises(AwsError, match="ShardCount is required when StreamMode=PROVISIONED"):
        kinesis("CreateStream", StreamName="t", StreamModeDetails={"StreamMode": "PROVISIONED"})
    with pytest.raises(AwsError) as refused:
        kinesis("CreateStream", StreamName="s", ShardCount=1)
    assert (refused.value.code, refused.value.message) == (
        "ResourceInUseException",
        "Stream s under account 123456789012 already exists.",
    )
    with pytest.raises(AwsError, match="Current shard count for the account: 0"):
        kinesis("CreateStream", StreamName="t", ShardCount=20_001)
    assert kinesis("DescribeLimits") == {
        "ShardLimit": 20_000,
        "OpenShardCount": 0,
        "OnDemandStreamCount": 1,
        "OnDemandStreamCountLimit": 50,
    }


def test_streams_are_listed_by_name_in_pages(kinesis: Kinesis) -> None:
    for name in ("b", "a", "c"):
        kinesis("CreateStream", StreamName=name, ShardCount=1)
    page = kinesis("ListStreams", Limit=2)
    assert (page["StreamNames"], page["HasMoreStreams"]) == (["a", "b"], True)
    assert page["StreamSummaries"][0]["StreamARN"].endswith("stream/a")
    rest = kinesis("ListStreams", NextToken=page["NextToken"])
    assert (rest["StreamNames"], rest["HasMoreStreams"]) == (["c"], False)
    assert kinesis("ListStreams", ExclusiveStartStreamName="a")["StreamNames"] == ["b", "c"]


def test_shards_are_split_and_merged(kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    put(kinesis, b"before")
    kinesis("SplitShard", StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    parent, low, high = kinesis("ListShards", StreamName="s")["Shards"]
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert low["ParentShardId"] == high["ParentShardId"] == parent["ShardId"]
    assert low["HashKeyRange"]["EndingHashKey"] == str(2**127 - 1)
    assert put(kinesis, b"after", key="a") == low["ShardId"]
    assert put(kinesis, b"after", key="1") == high["ShardId"]
    assert [record["Data"] for record in read("s", parent["ShardId"])] == [b"before"]
    with pytest.raises(AwsError, match="are not an adjacent pair of shards eligible for merging"):
        kinesis("MergeShards", StreamName="s", ShardToMerge=high["ShardId"], AdjacentShardToMerge=low["ShardId"])
    kinesis("MergeShards", StreamName="s", ShardToMerge=low["ShardId"], AdjacentShardToMerge=high["ShardId"])
    merged = kinesis("ListShards", StreamName="s")["Shards"][-1]
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (low["ShardId"], high["ShardId"])
    assert put(kinesis, b"last") == merged["ShardId"]


def test_the_end_of_a_closed_shard_leads_to_its_children(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    put(kinesis, b"0")
    put(kinesis, b"1")
    kinesis("SplitShard", StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    start = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    place = kinesis("GetShardIterator", StreamName="s", **start)["ShardIterator"]
    page = kinesis("GetRecords", ShardIterator=place, Limit=1)
    assert "ChildShards" not in page
    end = kinesis("GetRecords", ShardIterator=page["NextShardIterator"])
    assert "NextShardIterator" not in end
    assert [child["ShardId"][-2:] for child in end["ChildShards"]] == ["01", "02"]
    assert end["ChildShards"][0]["ParentShards"] == ["shardId-000000000000"]


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        (
            "SplitShard",
            {"ShardToSplit": "shardId-0", "NewStartingHashKey": "1"},
            "InvalidArgumentException",
            "NewStartingHashKey 1 used in SplitShard() on shard shardId-000000000000 in stream s under account "
            "123456789012 is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's "
            "EndingHashKey 170141183460469231731687303715884105727.",
        ),
        (
            "SplitShard",
            {"ShardToSplit": "shardId-9", "NewStartingHashKey": "1"},
            "ResourceNotFoundException",
            "Could not find shard shardId-000000000009 in stream s under account 123456789012.",
        ),
        (
            "MergeShards",
            {"ShardToMerge": "ABC", "AdjacentShardToMerge": "0"},
            "ResourceNotFoundException",
            "Could not find shard ABC in stream s under account 123456789012.",
        ),
        (
            "UpdateShardCount",
            {"TargetShardCount": 5, "ScalingType": "UNIFORM_SCALING"},
            "InvalidArgumentException",
            "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 2 "
            "Target shard count: 5",
        ),
        ("IncreaseStreamRetentionPeriod", {"RetentionPeriodHours": 9000}, "InvalidArgumentException", ""),
        (
            "DecreaseStreamRetentionPeriod",
            {"RetentionPeriodHours": 23},
            "InvalidArgumentException",
            "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.",
        ),
        (
            "DecreaseStreamRetentionPeriod",
            {"RetentionPeriodHours": 25},
            "InvalidArgumentException",
            "Requested retention period (25 hours) for stream s can not be longer than existing retention period "
            "(24 hours). Use IncreaseRetentionPeriod API.",
        ),
        (
            "AddTagsToStream",
            {"Tags": {"a;b": ""}},
            "InvalidArgumentException",
            "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, "
            "_ . / = + - % @.",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    kinesis: Kinesis, operation: str, params: dict[str, Any], code: str, message: str
) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=2)
    with pytest.raises(AwsError) as refused:
        kinesis(operation, StreamName="s", **params)
    assert refused.value.code == code
    assert not message or refused.value.message == message


def test_the_shard_count_is_updated_within_bounds(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=2)

    def update(target: int) -> dict[str, Any]:
        return kinesis("UpdateShardCount", StreamName="s", TargetShardCount=target, ScalingType="UNIFORM_SCALING")

    assert update(3) == {"StreamName": "s", "CurrentShardCount": 2, "TargetShardCount": 3, "StreamARN": ARN}
    opened = kinesis("ListShards", StreamName="s", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    starts = sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in opened)
    assert starts == [0, HASH_KEYS // 3, 2 * (HASH_KEYS // 3)]
    for _ in range(9):
        update(3)
    with pytest.raises(AwsError) as refused:
        update(4)
    assert refused.value.code == "LimitExceededException"
    advance(cloud, 24 * HOUR_S)
    update(4)


def test_on_demand_streams_are_not_resharded_by_hand(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s")
    with pytest.raises(AwsError) as refused:
        kinesis("UpdateShardCount", StreamName="s", TargetShardCount=5, ScalingType="UNIFORM_SCALING")
    assert refused.value.code == "ValidationException"
    provisioned = {"StreamMode": "PROVISIONED"}
    kinesis("UpdateStreamMode", StreamARN=ARN, StreamModeDetails=provisioned)
    kinesis("UpdateShardCount", StreamName="s", TargetShardCount=5, ScalingType="UNIFORM_SCALING")
    kinesis("UpdateStreamMode", StreamARN=ARN, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    with pytest.raises(AwsError, match="2 times in the last 24 hours"):
        kinesis("UpdateStreamMode", StreamARN=ARN, StreamModeDetails=provisioned)


def test_shards_are_listed_by_when_they_were_open(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    advance(cloud, HOUR_S)
    split_at = cloud.clock.now()
    kinesis("SplitShard", StreamName="s", ShardToSplit="shardId-0", NewStartingHashKey=str(2**127))
    advance(cloud, HOUR_S)
    assert shard_ids(kinesis) == ["00", "01", "02"]
    assert shard_ids(kinesis, ExclusiveStartShardId="shardId-000000000000") == ["01", "02"]
    assert shard_ids(kinesis, ShardFilter={"Type": "AT_LATEST"}) == ["01", "02"]
    assert shard_ids(kinesis, ShardFilter={"Type": "AT_TRIM_HORIZON"}) == ["00"]
    assert shard_ids(kinesis, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": split_at - 1}) == ["00"]
    assert shard_ids(kinesis, ShardFilter={"Type": "AT_TIMESTAMP", "Timestamp": split_at}) == ["01", "02"]
    assert shard_ids(kinesis, ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": split_at - 1}) == ["00", "01", "02"]
    assert shard_ids(kinesis, ShardFilter={"Type": "FROM_TIMESTAMP", "Timestamp": split_at}) == ["01", "02"]
    after = {"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000001"}
    assert shard_ids(kinesis, ShardFilter=after) == ["02"]
    advance(cloud, 24 * HOUR_S)
    assert shard_ids(kinesis) == ["01", "02"]
    with pytest.raises(AwsError, match="does not exist"):
        kinesis("GetShardIterator", StreamName="s", ShardId="shardId-0", ShardIteratorType="TRIM_HORIZON")


def test_listings_of_shards_go_on_for_five_minutes(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=3)
    page = kinesis("ListShards", StreamName="s", MaxResults=2)
    assert len(page["Shards"]) == 2
    rest = kinesis("ListShards", NextToken=page["NextToken"])
    assert [shard["ShardId"][-2:] for shard in rest["Shards"]] == ["02"]
    assert "NextToken" not in rest
    with pytest.raises(AwsError, match=re.escape("NextToken and StreamName cannot be provided together.")):
        kinesis("ListShards", NextToken=page["NextToken"], StreamName="s")
    with pytest.raises(AwsError, match=re.escape("Either NextToken or StreamName should be provided.")):
        kinesis("ListShards")
    with pytest.raises(AwsError):
        kinesis("ListShards", NextToken="garbage")
    advance(cloud, 301)
    with pytest.raises(AwsError) as refused:
        kinesis("ListShards", NextToken=page["NextToken"])
    assert refused.value.code == "ExpiredNextTokenException"


def test_records_are_gone_after_the_retention_period(cloud: LocalCloud, kinesis: Kinesis, read: Read) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    kinesis("IncreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=48)
    put(kinesis, b"0")
    advance(cloud, 30 * HOUR_S)
    put(kinesis, b"1")
    assert [record["Data"] for record in read("s", "shardId-000000000000")] == [b"0", b"1"]
    advance(cloud, 19 * HOUR_S)
    assert [record["Data"] for record in read("s", "shardId-000000000000")] == [b"1"]
    kinesis("DecreaseStreamRetentionPeriod", StreamName="s", RetentionPeriodHours=24)
    assert [record["Data"] for record in read("s", "shardId-000000000000")] == [b"1"]
    [shard] = logs(cloud)
    assert cloud.store.log(shard["LogId"]).tail == 2


def test_old_records_give_their_room_back_under_load(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    records = [{"PartitionKey": "a", "Data": b"x"}] * 500

    async def load() -> None:
        await cloud.start()
        for _ in range(40):
            kinesis("PutRecords", StreamName="s", Records=records)
            await pass_hours(cloud, 4)
        await cloud.jobs.stop()

    asyncio.run(load())
    [shard] = logs(cloud)
    log = cloud.store.log(shard["LogId"])
    assert log.head == 20_000
    assert log.head - log.tail + 1 == 500 * 24 // 4


async def pass_hours(cloud: LocalCloud, count: int) -> None:
    """Let hours pass one by one, for a sweep each; 0 lets done what is due."""
    for number in range(count + 1):
        if number:
            advance(cloud, HOUR_S)
        for _ in range(5):
            await asyncio.sleep(0)


def logs(cloud: LocalCloud) -> list[dict[str, Any]]:
    root = Principal.root(cloud.account)
    answer = cloud.call("kinesis", "ShardLogs", {"StreamARN": ARN}, root, region="us-east-1")
    assert answer["Status"] == "ACTIVE"
    return list(answer["Shards"])


def test_the_door_for_consumers_names_logs_parents_and_changes(cloud: LocalCloud, kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    [shard] = logs(cloud)
    assert (shard["ShardId"], shard["Closed"]) == ("shardId-000000000000", False)
    put(kinesis, b"x")
    assert cloud.store.log(shard["LogId"]).head == 1
    kinesis("SplitShard", StreamName="s", ShardToSplit="shardId-0", NewStartingHashKey=str(2**127))
    parent, low, _ = logs(cloud)
    assert parent["Closed"]
    assert low["ParentShardId"] == parent["ShardId"]


def test_tags_by_both_families(kinesis: Kinesis) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    kinesis("AddTagsToStream", StreamName="s", Tags={"b": "2", "a": "1"})
    kinesis("TagResource", ResourceARN=ARN, Tags={"c": "3"})
    page = kinesis("ListTagsForStream", StreamName="s", Limit=2)
    assert page == {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}], "HasMoreTags": True}
    rest = kinesis("ListTagsForStream", StreamName="s", ExclusiveStartTagKey="b")
    assert rest == {"Tags": [{"Key": "c", "Value": "3"}], "HasMoreTags": False}
    kinesis("RemoveTagsFromStream", StreamName="s", TagKeys=["a", "missing"])
    kinesis("UntagResource", ResourceARN=ARN, TagKeys=["b"])
    assert kinesis("ListTagsForResource", ResourceARN=ARN)["Tags"] == [{"Key": "c", "Value": "3"}]
    with pytest.raises(AwsError, match="more than 50 tags"):
        kinesis("AddTagsToStream", StreamName="s", Tags={str(number): "" for number in range(50)})


def test_permissions_name_the_stream() -> None:
    def needed(operation: str, **params: Any) -> list[tuple[str, str]]:
        return list(permissions(operation, params, "us-east-1", "123456789012"))

    assert needed("PutRecords", StreamName="s") == [("kinesis:PutRecords", ARN)]
    assert needed("ListStreams") == [("kinesis:ListStreams", "*")]
    place = sealed(ShardIterator(0, "us-east-1", "s", "id", 0, 0))
    assert needed("GetRecords", ShardIterator=place) == [("kinesis:GetRecords", ARN)]
    assert needed("GetRecords", ShardIterator="garbage") == [("kinesis:GetRecords", "*")]
    assert [action for action, _ in needed("ShardLogs", StreamARN=ARN)] == [
        "kinesis:DescribeStream",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ]


def test_what_expired_while_nobody_was_there_is_its_readers_for_another_hour(
    cloud: LocalCloud, kinesis: Kinesis
) -> None:
    kinesis("CreateStream", StreamName="s", ShardCount=1)
    put(kinesis, b"0")
    kinesis("SplitShard", StreamName="s", ShardToSplit="shardId-0", NewStartingHashKey=str(2**127))
    put(kinesis, b"1")
    advance(cloud, 25 * HOUR_S)

    async def come_back() -> None:
        await cloud.start()
        await pass_hours(cloud, 0)
        assert len(logs(cloud)) == 3
        assert {cloud.store.log(shard["LogId"]).tail for shard in logs(cloud)} == {1}
        advance(cloud, 3 * HOUR_S)  # and another leap
        await pass_hours(cloud, 0)
        assert len(logs(cloud)) == 3
        await pass_hours(cloud, 1)
        await cloud.jobs.stop()

    asyncio.run(come_back())
    low, high = logs(cloud)
    assert low["ParentShardId"] == "shardId-000000000000"
    assert {cloud.store.log(shard["LogId"]).tail for shard in (low, high)} == {1, 2}
