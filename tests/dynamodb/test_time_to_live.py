"""TTL: its settings, and the background deletion of what has expired."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.dynamodb.expiry import expires_at
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal

Call = Callable[..., Any]
Table = Callable[..., str]


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def spec(enabled: bool, attribute: str = "expires") -> dict[str, Any]:
    return {"Enabled": enabled, "AttributeName": attribute}


def test_settings(ddb: Call, table: Table, refusal: Call, cloud: LocalCloud) -> None:
    name = table()

    def told() -> Any:
        return ddb("DescribeTimeToLive", TableName=name)["TimeToLiveDescription"]

    assert told() == {"TimeToLiveStatus": "DISABLED"}
    off = {"TableName": name, "TimeToLiveSpecification": spec(False)}
    on = {"TableName": name, "TimeToLiveSpecification": spec(True)}
    assert refusal("UpdateTimeToLive", **off) == "TimeToLive is already disabled"
    assert ddb("UpdateTimeToLive", **on) == {"TimeToLiveSpecification": spec(True)}
    assert told() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert refusal("UpdateTimeToLive", **on) == "TimeToLive is already enabled"
    other = {"TableName": name, "TimeToLiveSpecification": spec(True, "other")}
    assert refusal("UpdateTimeToLive", **other) == (
        "TimeToLive is active on a different AttributeName: current AttributeName is expires"
    )
    assert refusal("UpdateTimeToLive", **off) == (
        "Time to live has been modified multiple times within a fixed interval"
    )
    cloud.clock.advance(1801)
    assert ddb("UpdateTimeToLive", **off) == {"TimeToLiveSpecification": spec(False)}
    assert told() == {"TimeToLiveStatus": "DISABLED"}


@pytest.mark.parametrize(
    ("value", "second"),
    [(n(100), 100), (n("100.9"), 100), (n(-1), None), (s("100"), None), (n("1" + "0" * 100), None), (None, None)],
)
def test_only_numbers_of_seconds_expire(value: Any, second: int | None) -> None:
    assert expires_at({"e": value} if value else {}, "e") == second


def test_what_has_expired_goes_as_a_services_own_write(open_cloud: Any, definition: Call) -> None:
    async def steps() -> None:
        async with open_cloud() as cloud:
            root = Principal.root(cloud.account)

            async def call(operation: str, service: str = "dynamodb", **params: Any) -> Any:
                return await cloud.request(service, operation, params, root, region="us-east-1")

            async def pass_time(seconds: int) -> None:
                for _ in range(seconds // 30):
                    cloud.clock.advance(30)
                    for _ in range(40):
                        await asyncio.sleep(0)

            async def left() -> set[str]:
                found = await call("Scan", TableName="orders", ProjectionExpression="pk")
                return {item["pk"]["S"] for item in found["Items"]}

            now = int(cloud.clock.now())
            indexes = {"attributes": {"g": "S"}, "gsi": [("gsi", "g")]}
            made = await call("CreateTable", **definition("orders", stream="NEW_AND_OLD_IMAGES", **indexes))
            for pk, expires in (
                ("soon", n(now + 100)),
                ("past", n(now - 100)),
                ("ancient", n(now - 6 * 365 * 86400)),
                ("text", s(str(now - 100))),
                ("later", n(now + 10_000)),
                ("moved", n(now + 100)),
            ):
                await call("PutItem", TableName="orders", Item={"pk": s(pk), "expires": expires, "g": s("x")})
            await call("UpdateTimeToLive", TableName="orders", TimeToLiveSpecification=spec(True))
            await pass_time(30)
            assert await left() == {"soon", "ancient", "text", "later", "moved"}
            update = {"UpdateExpression": "SET expires = :v", "ExpressionAttributeValues": {":v": n(now + 9000)}}
            await call("UpdateItem", TableName="orders", Key={"pk": s("moved")}, **update)
            await call("PutItem", TableName="orders", Item={"pk": s("new"), "expires": n(now + 90)})
            await pass_time(240)
            assert await left() == {"ancient", "text", "later", "moved"}
            counted = await call("Scan", TableName="orders", IndexName="gsi", Select="COUNT")
            assert counted["Count"] == 4
            arn = made["TableDescription"]["LatestStreamArn"]
            shards = (await call("DescribeStream", "dynamodbstreams", StreamArn=arn))["StreamDescription"]["Shards"]
            where = {"StreamArn": arn, "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = (await call("GetShardIterator", "dynamodbstreams", **where))["ShardIterator"]
            import orjson

            page = orjson.loads(orjson.dumps(await call("GetRecords", "dynamodbstreams", ShardIterator=iterator)))
            gone = [record for record in page["Records"] if record["eventName"] == "REMOVE"]
            assert {record["dynamodb"]["Keys"]["pk"]["S"] for record in gone} == {"past", "soon", "new"}
            for record in gone:
                assert record["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
                assert "eventSourceARN" not in record
            [shard] = (await call("ShardLogs", "dynamodbstreams", StreamArn=arn))["Shards"]
            events = [orjson.loads(entry.data) for entry in cloud.store.log(shard["LogId"]).read(0, 100, 10**6)]
            assert [event["userIdentity"] for event in events if event["eventName"] == "REMOVE"] == [
                {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
            ] * 3

    asyncio.run(steps())
