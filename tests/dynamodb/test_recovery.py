"""What was acknowledged is there after a restart: items, indexes, counts, records, iterators, tokens, jobs."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from tailrace.engine.clock import ManualClock
from tailrace.service.principal import Principal

Open = Callable[..., Any]


def s(text: str) -> dict[str, str]:
    return {"S": text}


async def ask(cloud: Any, operation: str, service: str = "dynamodb", **params: Any) -> Any:
    root = Principal.root(cloud.account)
    return orjson.loads(orjson.dumps(await cloud.request(service, operation, params, root, region="us-east-1")))


def test_everything_is_there_again(open_cloud: Open, definition: Any) -> None:
    async def steps() -> None:
        clock = ManualClock()
        options = {"attributes": {"g": "S"}, "gsi": [("gsi", "g")]}
        token = {"ClientRequestToken": "token"}
        async with open_cloud(clock=clock) as cloud:
            made = await ask(cloud, "CreateTable", **definition("orders", stream="NEW_IMAGE", **options))
            for at in range(30):
                await ask(cloud, "PutItem", TableName="orders", Item={"pk": s(str(at)), "g": s("x")})
            add = {
                "TableName": "orders",
                "Key": {"pk": s("0")},
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
            await ask(cloud, "TransactWriteItems", TransactItems=[{"Update": add}], **token)
            arn = made["TableDescription"]["LatestStreamArn"]
            stream = (await ask(cloud, "DescribeStream", "dynamodbstreams", StreamArn=arn))["StreamDescription"]
            where = {"StreamArn": arn, "ShardId": stream["Shards"][0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = (await ask(cloud, "GetShardIterator", "dynamodbstreams", **where))["ShardIterator"]
            first = await ask(cloud, "GetRecords", "dynamodbstreams", ShardIterator=iterator, Limit=10)
        async with open_cloud(clock=clock) as cloud:
            await ask(cloud, "TransactWriteItems", TransactItems=[{"Update": add}], **token)
            zero = await ask(cloud, "GetItem", TableName="orders", Key={"pk": s("0")})
            assert zero["Item"]["n"] == {"N": "1"}
            assert (await ask(cloud, "DescribeTable", TableName="orders"))["Table"]["ItemCount"] == 30
            assert (await ask(cloud, "Scan", TableName="orders", IndexName="gsi"))["Count"] == 30
            next_page = {"ShardIterator": first["NextShardIterator"]}
            rest = await ask(cloud, "GetRecords", "dynamodbstreams", **next_page)
            numbers = [int(r["dynamodb"]["SequenceNumber"]) for r in first["Records"] + rest["Records"]]
            assert len(numbers) == 31
            assert numbers == sorted(set(numbers))
            await ask(cloud, "PutItem", TableName="orders", Item={"pk": s("new")})
            last = await ask(cloud, "GetRecords", "dynamodbstreams", ShardIterator=rest["NextShardIterator"])
            assert int(last["Records"][0]["dynamodb"]["SequenceNumber"]) > numbers[-1]

    asyncio.run(steps())


def test_an_index_half_made_is_finished(open_cloud: Open, definition: Any) -> None:
    async def steps() -> None:
        async with open_cloud() as cloud:
            await ask(cloud, "CreateTable", **definition("orders"))
            for at in range(1100):
                await ask(cloud, "PutItem", TableName="orders", Item={"pk": s(str(at)), "day": s("d")})
            create = {
                "IndexName": "by-day",
                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
            await ask(
                cloud,
                "UpdateTable",
                TableName="orders",
                AttributeDefinitions=[{"AttributeName": "day", "AttributeType": "S"}],
                GlobalSecondaryIndexUpdates=[{"Create": create}],
            )
        async with open_cloud() as cloud:
            for _ in range(2000):
                table = (await ask(cloud, "DescribeTable", TableName="orders"))["Table"]
                if table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE":
                    break
                await asyncio.sleep(0)
            assert table["GlobalSecondaryIndexes"][0]["ItemCount"] == 1100

    asyncio.run(steps())
