"""What the tests of Pipes share: a cloud with a table, a stream, queues and a role, and pipes between them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.engine.ledger import Standing
from tailrace.pipes.pipe import PIPES
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal

REGION = "us-east-1"
SERVICES = [f"{service}.amazonaws.com" for service in ("pipes", "lambda", "firehose")]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}],
}
SOURCE_ACTIONS = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
ALL_ACTIONS = [
    *SOURCE_ACTIONS,
    "kinesis:*",
    "sqs:SendMessage",
    "firehose:PutRecordBatch",
    "lambda:InvokeFunction",
    "s3:*",
]


class Works:
    """A small waterworks: table ``orders``, stream ``changes``, queue ``dead``, role ``pipe``."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.clock: ManualClock = cloud.clock  # type: ignore[assignment]
        self.account = cloud.account
        self.source = ""
        self.role = f"arn:aws:iam::{self.account}:role/pipe"

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation as the account's root."""
        return self.cloud.call(service, operation, params, Principal.root(self.account), region=REGION)

    def build(self) -> None:
        """Make everything but the pipe."""
        self.call(
            "dynamodb",
            "CreateTable",
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.source = self.call("dynamodb", "DescribeTable", TableName="orders")["Table"]["LatestStreamArn"]
        self.call("kinesis", "CreateStream", StreamName="changes", ShardCount=2)
        self.call("sqs", "CreateQueue", QueueName="dead")
        self.call("iam", "CreateRole", RoleName="pipe", AssumeRolePolicyDocument=json.dumps(TRUST))
        self.allow(ALL_ACTIONS)

    def allow(self, actions: list[str]) -> None:
        """Let the role do these and nothing else."""
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.call("iam", "PutRolePolicy", RoleName="pipe", PolicyName="p", PolicyDocument=policy)

    def arn(self, service: str, resource: str) -> str:
        """Answer an ARN in the account."""
        return f"arn:aws:{service}:{REGION}:{self.account}:{resource}"

    def pipe(self, name: str = "pipe", filters: Any = (), **settings: Any) -> dict[str, Any]:
        """Create a pipe from the table to the stream, with other source settings or other parts of the request."""
        request = {part: settings.pop(part) for part in list(settings) if part in PARTS}
        stream = {"StartingPosition": "TRIM_HORIZON", **settings}
        source: dict[str, Any] = {"DynamoDBStreamParameters": stream}
        if filters:
            source["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in filters]}
        key = {"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.Keys.id.S"}}
        defaults = {
            "Source": self.source,
            "SourceParameters": source,
            "Target": self.arn("kinesis", "stream/changes"),
            "RoleArn": self.role,
        }
        if "Target" not in request:
            defaults["TargetParameters"] = key
        return self.call("pipes", "CreatePipe", Name=name, **{**defaults, **request})

    def describe(self, name: str = "pipe") -> dict[str, Any]:
        """Describe a pipe."""
        return self.call("pipes", "DescribePipe", Name=name)

    def write(self, *ids: Any, **attributes: Any) -> None:
        """Put an item for each id."""
        for each in ids:
            item = {"id": {"S": str(each)}, **attributes}
            self.call("dynamodb", "PutItem", TableName="orders", Item=item)

    def received(self) -> list[dict[str, Any]]:
        """Answer the events in the Kinesis stream, shard by shard."""
        return [json.loads(record["Data"]) for record in self.records()]

    def records(self, stream: str = "changes") -> list[dict[str, Any]]:
        """Answer the records in a Kinesis stream, shard by shard."""
        found = []
        for shard in self.call("kinesis", "ListShards", StreamName=stream)["Shards"]:
            place = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = self.call("kinesis", "GetShardIterator", **place)["ShardIterator"]
            found += self.call("kinesis", "GetRecords", ShardIterator=iterator)["Records"]
        return found

    async def letters(self, queue: str = "dead") -> list[Any]:
        """Answer the messages in a queue."""
        found: list[Any] = []
        url = f"http://127.0.0.1/{self.account}/{queue}"
        params = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 3600}
        root = Principal.root(self.account)
        while messages := (await self.cloud.request("sqs", "ReceiveMessage", params, root, region=REGION)).get(
            "Messages"
        ):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    def standing(self, name: str = "pipe") -> Standing:
        """Answer the ledger's account of a pipe with one shard."""
        transaction = self.cloud.store.begin()
        pipe = PIPES.get(transaction, f"{REGION}/{name}")
        assert pipe is not None
        ((_, standing),) = self.cloud.ledger.standings(transaction, pipe.consumers)
        return standing

    async def settle(self, turns: int = 60) -> None:
        """Let everything run that can run without time passing."""
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.sleep(0.001)

    async def until(self, done: Callable[[], bool], step_s: float = 1.0) -> None:
        """Let time pass until something is so."""
        for _ in range(2000):
            if done():
                return
            await self.settle(10)
            self.clock.advance(step_s)
        raise AssertionError(f"it never came to that; the pipe says {self.describe().get('StateReason')}")

    async def accounted(self, count: int, name: str = "pipe") -> Standing:
        """Let time pass until the ledger accounts for that many records."""
        await self.until(lambda: self.standing(name).accounted >= count, 0.5)
        return self.standing(name)


PARTS = {
    "Source",
    "SourceParameters",
    "Target",
    "TargetParameters",
    "RoleArn",
    "DesiredState",
    "Description",
    "Tags",
    "Enrichment",
    "LogConfiguration",
}
Opened = Callable[..., AbstractAsyncContextManager[Works]]


@pytest.fixture
def works(open_cloud: Callable[..., Any]) -> Opened:
    """Open the waterworks: ``async with works() as here``; ``build=False`` opens what an earlier run has left."""

    @asynccontextmanager
    async def opened(*, build: bool = True) -> AsyncIterator[Works]:
        async with open_cloud() as cloud:
            here = Works(cloud)
            if build:
                here.build()
            yield here

    return opened
