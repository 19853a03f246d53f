"""What later runs make of changes: new data, new and lost columns, lost tables, tables made by hand."""

import json
from collections.abc import Callable
from typing import Any

import pytest

InLake = Callable[[Callable[[Any], Any]], None]

MERGE = json.dumps({"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}})
LOG_ONLY = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}


async def versions(lake: Any, table: str) -> list[str]:
    found = await lake.call("glue", "GetTableVersions", DatabaseName="shop", TableName=table)
    return [version["VersionId"] for version in found["TableVersions"]]


def test_nothing_new_changes_nothing(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/day=1/a", {"x": 1})
        before = await lake.crawl()
        await lake.run()
        assert await lake.tables() == before
        found = (await lake.call("glue", "ListCrawls", CrawlerName="crawler"))["Crawls"]
        assert [crawl["State"] for crawl in found] == ["COMPLETED", "COMPLETED"]
        assert [json.loads(crawl["Summary"]) != {} for crawl in found] == [False, True]

    in_lake(check)


def test_new_partitions_are_added_and_counts_follow_without_a_version(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/day=1/a", {"x": 1})
        await lake.crawl()
        await lake.put("t/day=1/b", {"x": 2})
        await lake.put("t/day=2/a", {"x": 3})
        await lake.run()
        table = (await lake.tables())["t"]
        assert table["Parameters"]["objectCount"] == "3"
        assert await versions(lake, "t") == ["1"]
        partitions = await lake.partitions("t")
        assert list(partitions) == [("1",), ("2",)]
        assert partitions["1",]["StorageDescriptor"]["Parameters"]["recordCount"] == "2"
        metrics = await lake.call("glue", "GetCrawlerMetrics", CrawlerNameList=["crawler"])
        found = metrics["CrawlerMetricsList"][0]
        assert (found["TablesCreated"], found["TablesUpdated"], found["TablesDeleted"]) == (0, 1, 0)

    in_lake(check)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"x": "double", "new": "string"}),
        ({"Configuration": MERGE}, {"x": "int", "lost": "int", "new": "string"}),
        ({"SchemaChangePolicy": LOG_ONLY}, {"x": "int", "lost": "int"}),
        ({"SchemaChangePolicy": LOG_ONLY, "Configuration": MERGE}, {"x": "int", "lost": "int", "new": "string"}),
    ],
)
def test_columns_that_come_go_and_change(in_lake: InLake, more: dict[str, Any], expected: dict[str, str]) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a", {"x": 1, "lost": 1})
        await lake.crawl(**more)
        await lake.put("t/a", {"x": 1.5, "new": "n"})
        await lake.run()
        table = (await lake.tables())["t"]
        assert lake.columns(table) == expected
        assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"]["paths"] == ",".join(sorted(expected))
        assert await versions(lake, "t") == (["0"] if more == {"SchemaChangePolicy": LOG_ONLY} else ["1", "0"])

    in_lake(check)


class Counting:
    """Workers that note what they look into."""

    def __init__(self, tasks: Any) -> None:
        self._tasks = tasks
        self.files = 0

    async def run(self, function: str, payload: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        self.files += len(payload["paths"])
        answer: dict[str, Any] = await self._tasks.run(function, payload, timeout_s=timeout_s)
        return answer

    async def close(self) -> None:
        await self._tasks.close()


def test_what_was_looked_into_is_remembered(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.call("glue", "CreateClassifier", JsonClassifier={"Name": "path", "JsonPath": "$"})
        for day in range(3):
            await lake.put(f"t/day={day}/a", {"x": day, "inner": {"y": 1}})
        counting = lake.cloud.tasks = Counting(lake.cloud.tasks)
        before = await lake.crawl(Classifiers=["path"])
        assert counting.files == 3
        await lake.call("glue", "UpdateClassifier", JsonClassifier={"Name": "path", "JsonPath": "$.inner"})
        await lake.run()
        assert counting.files == 3
        assert await lake.tables() == before
        await lake.put("t/day=1/a", {"x": 7, "inner": {"y": 1}})
        await lake.remove("t/day=2/a")
        await lake.run()
        assert counting.files == 4
        await lake.put("t/day=2/a", {"x": 2, "inner": {"y": 1}})
        await lake.run()
        assert counting.files == 5
        await lake.call("glue", "DeleteCrawler", Name="crawler")
        await lake.create(Classifiers=["path"])
        await lake.run()
        assert counting.files == 8

    in_lake(check)


def test_a_lost_table_is_marked_and_its_return_unmarks_it(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a", {"x": 1})
        await lake.crawl()
        await lake.remove("t/a")
        await lake.run()
        parameters = (await lake.tables())["t"]["Parameters"]
        assert int(parameters["DEPRECATED_BY_CRAWLER"]) > 0
        assert (
            "INFO : Table t is marked deprecated because a matching schema was not found at the table's location."
            in await lake.log()
        )
        await lake.put("t/a", {"x": 1})
        await lake.run()
        assert "DEPRECATED_BY_CRAWLER" not in (await lake.tables())["t"]["Parameters"]

    in_lake(check)


@pytest.mark.parametrize(("behavior", "left"), [("DELETE_FROM_DATABASE", []), ("LOG", ["t"])])
def test_a_lost_table_is_deleted_or_only_logged(in_lake: InLake, behavior: str, left: list[str]) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a", {"x": 1})
        before = await lake.crawl(SchemaChangePolicy={"DeleteBehavior": behavior})
        await lake.remove("t/a")
        await lake.run()
        after = await lake.tables()
        assert list(after) == left
        assert after == {name: before[name] for name in left}

    in_lake(check)


@pytest.mark.parametrize(("behavior", "left"), [("DELETE_FROM_DATABASE", 1), ("DEPRECATE_IN_DATABASE", 2)])
def test_lost_partitions(in_lake: InLake, behavior: str, left: int) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/day=1/a", {"x": 1})
        await lake.put("t/day=2/a", {"x": 1})
        await lake.crawl(SchemaChangePolicy={"DeleteBehavior": behavior})
        await lake.remove("t/day=2/a")
        await lake.run()
        assert len(await lake.partitions("t")) == left
        assert "DEPRECATED_BY_CRAWLER" not in (await lake.tables())["t"]["Parameters"]

    in_lake(check)


async def by_hand(lake: Any, parameters: dict[str, str]) -> None:
    storage = {
        "Columns": [{"Name": "x", "Type": "smallint", "Comment": "by hand"}],
        "Location": "s3://lake/t",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }
    table = {"Name": "t", "StorageDescriptor": storage, "Parameters": parameters, "TableType": "EXTERNAL_TABLE"}
    await lake.call("glue", "CreateDatabase", DatabaseInput={"Name": "shop"})
    await lake.call("glue", "CreateTable", DatabaseName="shop", TableInput={**table, "PartitionKeys": []})


def test_a_table_made_by_hand_is_kept_up(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await by_hand(lake, {"classification": "json", "compressionType": "none", "mine": "1"})
        await lake.put("t/a", {"x": 1, "y": "a"})
        table = (await lake.crawl(Configuration=MERGE))["t"]
        assert lake.columns(table) == {"x": "smallint", "y": "string"}
        assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "by hand"
        assert (table["Parameters"]["mine"], table["Parameters"]["UPDATED_BY_CRAWLER"]) == ("1", "crawler")

    in_lake(check)


def test_a_table_of_another_kind_is_left_alone_and_marked(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await by_hand(lake, {"classification": "json"})
        await lake.put("t/a", {"x": 1, "y": "a"})
        table = (await lake.crawl())["t"]
        assert lake.columns(table) == {"x": "smallint"}
        assert "DEPRECATED_BY_CRAWLER" in table["Parameters"]
        warning = (
            "WARN : Cannot merge new columns into the table t as defined in the Data Catalog because the parameter "
            "'compressionType' has changed. The existing value is 'null', and the crawled value is 'none'. Either "
            "remove the table or resolve the inconsistent parameter value."
        )
        assert warning in await lake.log()

    in_lake(check)


def test_new_folders_only(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        policy = {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, "SchemaChangePolicy": LOG_ONLY}
        await lake.put("t/day=1/hour=1/a", {"x": 1})
        await lake.put("t/day=1/hour=2/a", {"x": 1})
        before = await lake.crawl(**policy)
        await lake.put("t/day=1/hour=2/late", {"x": 1, "late": True})
        await lake.put("t/day=2/hour=1/a", {"x": 1, "late": True})
        await lake.remove("t/day=1/hour=1/a")
        await lake.run()
        assert await lake.tables() == before
        partitions = await lake.partitions("t")
        assert list(partitions) == [("1", "1"), ("1", "2"), ("2", "1")]
        assert partitions["1", "2"]["StorageDescriptor"]["Parameters"]["objectCount"] == "1"
        assert lake.columns(partitions["2", "1"]) == {"x": "int", "late": "boolean"}

    in_lake(check)
