"""Crawls that can't: denied, stopped, cut off. Each ends in a state that says why, or ends right after all."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.glue.crawl.writing import Writing
from tailrace.wire.errors import AwsError

InLake = Callable[[Callable[[Any], Any]], None]
Lakes = Callable[..., Any]

SESSION = "arn:aws:sts::123456789012:assumed-role/crawler/AWS-Crawler"
MANAGED = "arn:aws:iam::aws:policy/"


async def narrow(lake: Any, *statements: dict[str, Any]) -> None:
    for name in ("AmazonS3ReadOnlyAccess", "service-role/AWSGlueServiceRole"):
        await lake.call("iam", "DetachRolePolicy", RoleName="crawler", PolicyArn=MANAGED + name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    await lake.call("iam", "PutRolePolicy", RoleName="crawler", PolicyName="p", PolicyDocument=document)


def allow(action: Any, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def test_a_role_that_may_not_list(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.create()
        await narrow(lake, allow(["glue:*", "logs:*"]))
        last = await lake.run()
        assert last["Status"] == "FAILED"
        assert last["ErrorMessage"] == (
            f'User: {SESSION} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::lake" because no '
            "identity-based policy allows the s3:ListBucket action"
        )
        assert f"ERROR : {last['ErrorMessage']}" in await lake.log()
        found = (await crawls(lake))[0]
        assert (found["State"], found["ErrorMessage"]) == ("FAILED", last["ErrorMessage"])

    in_lake(check)


def test_a_role_that_may_not_read_some(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a", {"x": 1})
        await lake.put("t/b", {"y": 1})
        await narrow(lake, allow(["glue:*", "logs:*", "s3:ListBucket"]), allow("s3:GetObject", "arn:aws:s3:::lake/t/a"))
        tables = await lake.crawl()
        assert lake.columns(tables["t"]) == {"x": "int"}
        (line,) = [line for line in await lake.log() if line.startswith("ERROR")]
        assert f"User: {SESSION} is not authorized to perform: s3:GetObject" in line
        assert line.endswith("retrieving file at s3://lake/t/b. Tables created did not infer schemas from this file.")

    in_lake(check)


def test_a_role_that_may_not_write_the_catalog(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a", {"x": 1})
        await lake.create()
        await narrow(lake, allow(["s3:*", "glue:GetDatabase", "glue:CreateDatabase", "glue:GetTables"]))
        last = await lake.run()
        assert last["Status"] == "FAILED"
        assert f"User: {SESSION} is not authorized to perform: glue:CreateTable" in last["ErrorMessage"]
        with pytest.raises(AwsError, match="Database shop not found"):
            await lake.tables()

    in_lake(check)


def test_a_role_that_no_longer_trusts(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.create()
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        await lake.call("iam", "UpdateAssumeRolePolicy", RoleName="crawler", PolicyDocument=json.dumps(trust))
        last = await lake.run()
        assert last["Status"] == "FAILED"
        assert last["ErrorMessage"] == "Service is unable to assume provided role. Please verify role's TrustPolicy"

    in_lake(check)


def test_a_bucket_that_is_gone(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.create()
        await lake.call("s3", "DeleteBucket", Bucket="lake")
        last = await lake.run()
        assert (last["Status"], last["ErrorMessage"]) == ("FAILED", "The specified bucket does not exist")

    in_lake(check)


class Held:
    """Workers that wait until they are let go."""

    def __init__(self, tasks: Any) -> None:
        self._tasks = tasks
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def run(self, function: str, payload: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        self.asked.set()
        await self.go.wait()
        answer: dict[str, Any] = await self._tasks.run(function, payload, timeout_s=timeout_s)
        return answer

    async def close(self) -> None:
        await self._tasks.close()


def test_a_crawl_is_stopped_before_it_writes(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        async def state() -> str:
            found: str = (await lake.call("glue", "GetCrawler", Name="crawler"))["Crawler"]["State"]
            return found

        held = lake.cloud.tasks = Held(lake.cloud.tasks)
        await lake.put("t/a", {"x": 1})
        await lake.create()
        await lake.call("glue", "StartCrawler", Name="crawler")
        await held.asked.wait()
        assert await state() == "RUNNING"
        with pytest.raises(AwsError, match="Crawler with name crawler has already started"):
            await lake.call("glue", "StartCrawler", Name="crawler")
        with pytest.raises(AwsError, match="Cannot update Crawler while running"):
            await lake.call("glue", "UpdateCrawler", Name="crawler", Description="new")
        await lake.call("glue", "StopCrawler", Name="crawler")
        assert await state() == "STOPPING"
        with pytest.raises(AwsError, match="is stopping"):
            await lake.call("glue", "StopCrawler", Name="crawler")
        with pytest.raises(AwsError, match="is running"):
            await lake.call("glue", "DeleteCrawler", Name="crawler")
        held.go.set()
        assert (await lake.ended())["Status"] == "CANCELLED"
        with pytest.raises(AwsError, match="Database shop not found"):
            await lake.tables()
        assert (await lake.run())["Status"] == "SUCCEEDED"

    in_lake(check)


class Deadly:
    """Workers that die of one file."""

    def __init__(self, tasks: Any, poison: str) -> None:
        self._tasks = tasks
        self._poison = poison

    async def run(self, function: str, payload: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        if any(self._poison in path for path in payload["paths"]):
            function = "os:abort"
        answer: dict[str, Any] = await self._tasks.run(function, payload, timeout_s=timeout_s)
        return answer

    async def close(self) -> None:
        await self._tasks.close()


def test_a_file_that_kills_its_worker_is_unknown_and_no_more(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/x/a", {"x": 1})
        await lake.put("t/y/poison", {"x": 1})
        lake.cloud.tasks = Deadly(lake.cloud.tasks, "poison")
        tables = await lake.crawl()
        assert {name: table["Parameters"]["classification"] for name, table in tables.items()} == {
            "x": "json",
            "y": "UNKNOWN",
        }
        assert any("looking into s3://lake/t/y/poison" in line for line in await lake.log())

    in_lake(check)


@pytest.mark.parametrize("times", [1, 2])
def test_a_catalog_that_changes_meanwhile_is_looked_at_again(
    in_lake: InLake, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    async def check(lake: Any) -> None:
        write, left = Writing.write, [times]

        async def interfered(self: Writing, *args: Any) -> None:
            await write(self, *args)
            if left[0]:
                left[0] -= 1
                description = {"Name": "t", "Description": f"changed {left[0]}"}
                table = (await lake.tables())["t"]
                given = {member: table[member] for member in ("StorageDescriptor", "PartitionKeys", "Parameters")}
                await lake.call("glue", "UpdateTable", DatabaseName="shop", TableInput={**given, **description})

        await lake.put("t/day=1/a", {"x": 1})
        await lake.crawl()
        await lake.put("t/day=2/a", {"x": 2})
        monkeypatch.setattr(Writing, "write", interfered)
        assert (await lake.run())["Status"] == "SUCCEEDED"
        table = (await lake.tables())["t"]
        assert table["Parameters"]["objectCount"] == "2"
        assert table["Description"] == "changed 0"
        assert len(await lake.partitions("t")) == 2
        assert sum("Created partitions" in line for line in await lake.log()) == 2

    in_lake(check)


@pytest.mark.parametrize("steps", [0, 1, 3, 10, 30])
def test_a_crawl_that_was_cut_off_ends_right_next_time(lakes: Lakes, steps: int) -> None:
    async def main() -> None:
        async with lakes() as lake:
            for day in range(3):
                await lake.put(f"t/day={day}/a", {"x": day})
            await lake.create()
            await lake.call("glue", "StartCrawler", Name="crawler")
            for _ in range(steps):
                await asyncio.sleep(0)
        async with lakes(prepared=True) as lake:
            assert (await lake.ended())["Status"] == "SUCCEEDED"
            assert list(await lake.tables()) == ["t"]
            assert len(await lake.partitions("t")) == 3
            found = await crawls(lake)
            assert [crawl["State"] for crawl in found] == ["COMPLETED"]
            assert json.loads(found[0]["Summary"])["TABLE"]["ADD"]["Count"] == 1

    asyncio.run(main())


async def crawls(lake: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await lake.call("glue", "ListCrawls", CrawlerName="crawler"))["Crawls"]
    return found


def test_a_schedule_starts_a_crawler_again_and_again(lakes: Lakes) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lakes(clock=clock) as lake:
            await lake.put("t/a", {"x": 1})
            await lake.create(Schedule="cron(0 * * * ? *)")
            for count in (1, 2):
                while clock.next_due() is None:
                    await asyncio.sleep(0)
                clock.advance(3600)
                while len(found := await crawls(lake)) < count or found[0]["State"] != "COMPLETED":
                    await asyncio.sleep(0)
            crawler = (await lake.call("glue", "GetCrawler", Name="crawler"))["Crawler"]
            assert crawler["Schedule"] == {"ScheduleExpression": "cron(0 * * * ? *)", "State": "SCHEDULED"}
            await lake.call("glue", "StopCrawlerSchedule", CrawlerName="crawler")
            clock.advance(7200)
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(await crawls(lake)) == 2

    asyncio.run(main())
