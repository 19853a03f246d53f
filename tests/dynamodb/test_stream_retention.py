"""How long change records live: iterators expire, streams are trimmed, and closed ones forgotten."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Call = Callable[..., Any]
Table = Callable[..., str]

DAY_S = 24 * 3600


def s(text: str) -> dict[str, str]:
    return {"S": text}


def arn_of(ddb: Call, name: str) -> str:
    arn: str = ddb("DescribeTable", TableName=name)["Table"]["LatestStreamArn"]
    return arn


def shard_of(streams: Call, arn: str) -> dict[str, Any]:
    [shard] = streams("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    found: dict[str, Any] = shard
    return found


def iterate(streams: Call, arn: str, kind: str = "TRIM_HORIZON", **params: Any) -> str:
    shard = shard_of(streams, arn)["ShardId"]
    answer = streams("GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **params)
    iterator: str = answer["ShardIterator"]
    return iterator


def keys(answer: dict[str, Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in answer["Records"]]


def refused(streams: Call, operation: str, code: str, **params: Any) -> str:
    with pytest.raises(AwsError) as error:
        streams(operation, **params)
    assert error.value.code == code, error.value
    return error.value.message


def test_iterators_expire(ddb: Call, table: Table, streams: Call, cloud: LocalCloud) -> None:
    iterator = iterate(streams, arn_of(ddb, table(stream="KEYS_ONLY")))
    cloud.clock.advance(15 * 60)
    streams("GetRecords", ShardIterator=iterator)
    cloud.clock.advance(1)
    assert "Iterator expired" in refused(streams, "GetRecords", "ExpiredIteratorException", ShardIterator=iterator)


def test_records_live_a_day(ddb: Call, table: Table, streams: Call, cloud: LocalCloud) -> None:
    name = table(stream="KEYS_ONLY")
    arn = arn_of(ddb, name)
    ddb("PutItem", TableName=name, Item={"pk": s("a")})
    cloud.clock.advance(DAY_S - 600)
    ddb("PutItem", TableName=name, Item={"pk": s("b")})
    first = streams("GetRecords", ShardIterator=iterate(streams, arn))["Records"][0]["dynamodb"]["SequenceNumber"]
    early = iterate(streams, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=first)
    cloud.clock.advance(601)
    assert keys(streams("GetRecords", ShardIterator=iterate(streams, arn))) == ["b"]
    refused(streams, "GetRecords", "TrimmedDataAccessException", ShardIterator=early)
    where = {"StreamArn": arn, "ShardId": shard_of(streams, arn)["ShardId"]}
    at_first = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": first}
    refused(streams, "GetShardIterator", "TrimmedDataAccessException", **where, **at_first)


def test_a_busy_stream_is_trimmed(ddb: Call, table: Table, streams: Call, cloud: LocalCloud) -> None:
    name = table(stream="KEYS_ONLY")
    [shard] = streams("ShardLogs", StreamArn=arn_of(ddb, name))["Shards"]
    log = cloud.store.log(shard["LogId"])

    async def load() -> None:
        await cloud.start()
        for at in range(3000):
            ddb("PutItem", TableName=name, Item={"pk": s(str(at))})
            cloud.clock.advance(120)
            for _ in range(3):
                await asyncio.sleep(0)
        await cloud.jobs.stop()

    asyncio.run(load())
    kept = DAY_S // 120
    assert log.head == 3000
    assert kept <= log.head - log.tail + 1 <= kept + 3600 // 120 + 1


def test_a_closed_stream_is_forgotten_after_a_day(open_cloud: Any, definition: Call) -> None:
    async def steps() -> None:
        async with open_cloud() as cloud:
            root = Principal.root(cloud.account)

            async def call(service: str, operation: str, **params: Any) -> Any:
                return await cloud.request(service, operation, params, root, region="us-east-1")

            made = await call("dynamodb", "CreateTable", **definition("orders", stream="KEYS_ONLY"))
            arn = made["TableDescription"]["LatestStreamArn"]
            await call("dynamodb", "PutItem", TableName="orders", Item={"pk": s("a")})
            await call("dynamodb", "DeleteTable", TableName="orders")
            await asyncio.sleep(0)
            cloud.clock.advance(DAY_S - 1)
            await call("dynamodbstreams", "DescribeStream", StreamArn=arn)
            for _ in range(50):
                cloud.clock.advance(1)
                await asyncio.sleep(0)
            assert await call("dynamodbstreams", "ListStreams") == {"Streams": []}

    asyncio.run(steps())
