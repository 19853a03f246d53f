"""A cloud in this process with a bucket and a role for crawlers, and a lake to put objects into."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tailrace.engine.clock import SystemClock
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal

REGION = "us-east-1"
BUCKET = "lake"
ROLE = "crawler"
DATABASE = "shop"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICIES = ("service-role/AWSGlueServiceRole", "AmazonS3ReadOnlyAccess")


class Lake:
    """A bucket, crawlers over it, and the catalog that they write."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud

    async def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return await self.cloud.request(service, operation, params, Principal.root(self.cloud.account), region=REGION)

    async def prepare(self) -> None:
        await self.call("iam", "CreateRole", RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
        for name in POLICIES:
            await self.call("iam", "AttachRolePolicy", RoleName=ROLE, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
        await self.call("s3", "CreateBucket", Bucket=BUCKET)

    async def put(self, key: str, *rows: Any, data: bytes | None = None) -> None:
        body = self.cloud.files.create(f"s3/{BUCKET}/{key}")
        body.write(data if data is not None else b"".join(json.dumps(row).encode() + b"\n" for row in rows))
        await body.seal()
        await self.call("s3", "PutObject", Bucket=BUCKET, Key=key, Body=body)

    async def remove(self, key: str) -> None:
        await self.call("s3", "DeleteObject", Bucket=BUCKET, Key=key)

    async def create(self, name: str = "crawler", path: str = "t/", **params: Any) -> None:
        exclusions = params.pop("Exclusions", [])
        targets = params.pop("Targets", {"S3Targets": [{"Path": f"s3://{BUCKET}/{path}", "Exclusions": exclusions}]})
        given = {"Name": name, "Role": ROLE, "DatabaseName": DATABASE, "Targets": targets, **params}
        await self.call("glue", "CreateCrawler", **given)

    async def run(self, name: str = "crawler") -> dict[str, Any]:
        """Run a crawler to its end and answer its LastCrawl."""
        await self.call("glue", "StartCrawler", Name=name)
        return await self.ended(name)

    async def ended(self, name: str = "crawler") -> dict[str, Any]:
        while True:
            found = (await self.call("glue", "GetCrawler", Name=name))["Crawler"]
            if found["State"] == "READY":
                last: dict[str, Any] = found["LastCrawl"]
                return last
            await asyncio.sleep(0)

    async def crawl(self, path: str = "t/", **params: Any) -> dict[str, dict[str, Any]]:
        """Create a crawler, run it, and answer the tables."""
        await self.create(path=path, **params)
        last = await self.run()
        assert last["Status"] == "SUCCEEDED", last
        return await self.tables()

    async def tables(self) -> dict[str, dict[str, Any]]:
        found = await self.call("glue", "GetTables", DatabaseName=DATABASE)
        return {table["Name"]: table for table in found["TableList"]}

    async def partitions(self, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        found = await self.call("glue", "GetPartitions", DatabaseName=DATABASE, TableName=table)
        return {tuple(partition["Values"]): partition for partition in found["Partitions"]}

    async def log(self, crawler: str = "crawler") -> list[str]:
        """Answer the lines of a crawler's log without their run."""
        names = {"logGroupName": "/aws-glue/crawlers", "logStreamName": crawler}
        found = await self.call("logs", "GetLogEvents", **names, startFromHead=True)
        return [event["message"].partition("] ")[2] for event in found["events"]]

    @staticmethod
    def columns(described: dict[str, Any]) -> dict[str, str]:
        """Answer the columns of a table or a partition."""
        return {column["Name"]: column["Type"] for column in described["StorageDescriptor"]["Columns"]}

    @staticmethod
    def keys(table: dict[str, Any]) -> list[str]:
        """Answer a table's partition keys; they are strings."""
        assert all(key["Type"] == "string" for key in table["PartitionKeys"])
        return [key["Name"] for key in table["PartitionKeys"]]


@pytest.fixture
def lakes(open_cloud: Callable[..., Any]) -> Callable[..., Any]:
    """Open a lake: ``async with lakes() as lake``; ``prepared=False`` for one that is there already."""

    @asynccontextmanager
    async def opened(*, prepared: bool = False, **options: Any) -> AsyncIterator[Lake]:
        options.setdefault("clock", SystemClock())
        async with open_cloud(**options) as cloud:
            lake = Lake(cloud)
            if not prepared:
                await lake.prepare()
            yield lake

    return opened


@pytest.fixture
def in_lake(lakes: Callable[..., Any]) -> Callable[[Callable[[Lake], Any]], None]:
    """Run a coroutine function of a lake."""

    def run(test: Callable[[Lake], Any]) -> None:
        async def main() -> None:
            async with lakes() as lake:
                await test(lake)

        asyncio.run(main())

    return run
