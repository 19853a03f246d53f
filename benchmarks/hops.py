"""What each hop costs a record, in this process: one hop after the other, state in memory, no HTTP.

The limit is what orjson takes to read and write the change record that all hops carry. To profile the hops, record this
process while it runs (docs/performance.md).

python -m benchmarks.hops [records]
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import uvloop

from benchmarks import load
from benchmarks.figure import Figure, Mark
from benchmarks.invocations import archive
from benchmarks.report import run
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.service.principal import Principal

REGION = "us-east-1"
ITEMS, PUTS = 25, 500  # in a BatchWriteItem, in a PutRecords
POLL_S = 0.05
_BUDGETS_US = {"BatchWriteItem": 30.0, "pipe": 10.0, "PutRecords": 12.0, "Firehose outside of the handler": 8.0}
_SERVICES = [f"{service}.amazonaws.com" for service in ("pipes", "firehose", "lambda")]
_TRUST = {"Effect": "Allow", "Principal": {"Service": _SERVICES}, "Action": "sts:AssumeRole"}
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_TRANSFORM = Path(__file__).parent.parent / "examples" / "orders" / "transform" / "app.py"


def measure(records: int) -> Iterator[Figure]:
    """Yield what each hop costs a record."""
    costs_us, alone_us = uvloop.run(_costs(records))
    for hop, budget_us in _BUDGETS_US.items():
        yield Figure(hop, costs_us[hop], "us a record", "JSON alone", alone_us, Mark.value_max(budget_us))


async def _costs(records: int) -> tuple[dict[str, float], float]:
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud(Settings(data_dir=Path(folder) / "data", durability=Durability.MEMORY, seed=1))
        await cloud.start()
        try:
            works = Works(cloud)
            await works.build()
            return await works.costs_us(records), json_us(works.changes)
        finally:
            await cloud.stop()


def json_us(changes: list[bytes]) -> float:
    """Answer what orjson takes to read and write a change record."""
    began = time.process_time()
    for change in changes:
        orjson.dumps(orjson.loads(change))
    return (time.process_time() - began) / len(changes) * 1e6


class Works:
    """A table with a pipe to one Kinesis stream, and a delivery stream from another: no hop disturbs another."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._root = Principal.root(cloud.account)
        self._role = f"arn:aws:iam::{cloud.account}:role/works"
        self.changes: list[bytes] = []

    async def build(self) -> None:
        """Make everything but the pipe and the delivery stream."""
        await self._ask("iam", "CreateRole", RoleName="works", AssumeRolePolicyDocument=_policy(_TRUST))
        await self._ask("iam", "PutRolePolicy", RoleName="works", PolicyName="all", PolicyDocument=_policy(_EVERYTHING))
        await self._ask(
            "dynamodb",
            "CreateTable",
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        for stream in ("changes", "rows"):
            await self._ask("kinesis", "CreateStream", StreamName=stream, ShardCount=2)
        await self._ask("s3", "CreateBucket", Bucket="lake")
        code = {"ZipFile": archive(_TRANSFORM.read_text())}
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "MemorySize": 512, "Timeout": 60}
        await self._ask("lambda", "CreateFunction", FunctionName="transform", Code=code, Role=self._role, **settings)

    async def costs_us(self, records: int) -> dict[str, float]:
        """Answer the CPU microseconds of this process for a record, by hop."""
        took = {}
        writes = [_batch(at) for at in range(0, records, ITEMS)]
        began = time.process_time()
        self._now("dynamodb", "BatchWriteItem", writes)
        took["BatchWriteItem"] = time.process_time() - began

        await self._make_pipe()
        began = time.process_time()
        await self._delivered("pipe", records)
        took["pipe"] = time.process_time() - began

        self.changes = await self._piped()
        await self._make_delivery_stream()
        puts = [_records(self.changes[at : at + PUTS]) for at in range(0, records, PUTS)]
        self._now("kinesis", "PutRecords", puts[:1])  # the function's process starts
        await self._delivered("delivery stream", len(puts[0]["Records"]))
        began = time.process_time()
        self._now("kinesis", "PutRecords", puts)
        took["PutRecords"] = time.process_time() - began
        began = time.process_time()
        await self._delivered("delivery stream", len(puts[0]["Records"]) + records)
        took["Firehose outside of the handler"] = time.process_time() - began
        return {hop: seconds / records * 1e6 for hop, seconds in took.items()}

    def _now(self, service: str, operation: str, requests: list[dict[str, Any]]) -> None:
        """Carry out requests in one turn of the loop: no consumer gets its turn meanwhile."""
        for params in requests:
            self._cloud.call(service, operation, params, self._root, region=REGION)

    async def _delivered(self, kind: str, records: int) -> None:
        """Return when the hops of a kind have delivered so many."""
        while True:
            standings = self._cloud.ledger.standings(self._cloud.store.begin())
            if sum(standing.delivered for _, standing in standings if standing.hop.kind == kind) == records:
                return
            await asyncio.sleep(POLL_S)

    async def _make_pipe(self) -> None:
        source = (await self._ask("dynamodb", "DescribeTable", TableName="orders"))["Table"]["LatestStreamArn"]
        await self._ask(
            "pipes",
            "CreatePipe",
            Name="pipe",
            RoleArn=self._role,
            Source=source,
            SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": PUTS}},
            Target=self._arn("kinesis", "stream/changes"),
            TargetParameters={"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.Keys.order_id.S"}},
        )

    async def _make_delivery_stream(self) -> None:
        function = self._arn("lambda", "function:transform:$LATEST")
        parameters = {
            "LambdaArn": function,
            "RoleArn": self._role,
            "BufferSizeInMBs": "1",
            "BufferIntervalInSeconds": "0",
            "NumberOfRetries": "3",
        }
        named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
        destination = {
            "BucketARN": "arn:aws:s3:::lake",
            "RoleARN": self._role,
            "BufferingHints": {"SizeInMBs": 16, "IntervalInSeconds": 1},
            "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": named}]},
        }
        source = {"KinesisStreamARN": self._arn("kinesis", "stream/rows"), "RoleARN": self._role}
        await self._ask(
            "firehose",
            "CreateDeliveryStream",
            DeliveryStreamName="delivery",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration=source,
            ExtendedS3DestinationConfiguration=destination,
        )

    async def _piped(self) -> list[bytes]:
        """Answer the change records that the pipe has put."""
        found: list[bytes] = []
        for shard in (await self._ask("kinesis", "ListShards", StreamName="changes"))["Shards"]:
            place = {"StreamName": "changes", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = (await self._ask("kinesis", "GetShardIterator", **place))["ShardIterator"]
            behind = True
            while behind:
                answer = await self._ask("kinesis", "GetRecords", ShardIterator=iterator)
                found += [record["Data"] for record in answer["Records"]]
                iterator, behind = answer["NextShardIterator"], answer["MillisBehindLatest"] > 0
        return found

    async def _ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return await self._cloud.request(service, operation, params, self._root, region=REGION)

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{self._cloud.account}:{resource}"


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _batch(first: int) -> dict[str, Any]:
    puts = [{"PutRequest": {"Item": load.order(number)}} for number in range(first, first + ITEMS)]
    return {"RequestItems": {"orders": puts}}


def _records(changes: list[bytes]) -> dict[str, Any]:
    entries = [{"Data": change, "PartitionKey": str(number)} for number, change in enumerate(changes)]
    return {"StreamName": "rows", "Records": entries}


if __name__ == "__main__":
    sys.exit(run(measure, 20_000))
