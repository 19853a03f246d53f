"""Crawls from objects to tables: the pipeline's case, and the vectors of AWS's documentation."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

InLake = Callable[[Callable[[Any], Any]], None]

ORDER = {"order_id": "o-1", "quantity": 2, "unit_price": 1.5, "total": 3.0, "event_ms": 1_767_225_600_000, "gift": True}
COUNTED = ("averageRecordSize", "objectCount", "recordCount", "sizeKey")
COMBINE = json.dumps({"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}})


def test_the_pipelines_orders(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.call("glue", "CreateClassifier", JsonClassifier={"Name": "order", "JsonPath": "$"})
        body = (json.dumps(ORDER) + "\n").encode() * 10
        for hour in ("05", "06"):
            for part in ("a", "b"):
                await lake.put(f"orders/year=2026/month=11/day=23/hour={hour}/{part}.gz", data=gzip.compress(body))
        await lake.put("errors/processing-failed/year=2026/x", {"attemptsMade": 4})
        await lake.call("s3", "PutObject", Bucket="lake", Key="orders/", Body=b"")
        tables = await lake.crawl("orders/", Classifiers=["order"])
        assert list(tables) == ["orders"]
        table = tables["orders"]
        assert lake.keys(table) == ["year", "month", "day", "hour"]
        assert lake.columns(table) == {
            "order_id": "string",
            "quantity": "int",
            "unit_price": "double",
            "total": "double",
            "event_ms": "bigint",
            "gift": "boolean",
        }
        storage = table["StorageDescriptor"]
        assert (storage["Location"], storage["Compressed"], storage["NumberOfBuckets"]) == (
            "s3://lake/orders/",
            True,
            -1,
        )
        assert storage["InputFormat"] == "org.apache.hadoop.mapred.TextInputFormat"
        assert storage["OutputFormat"] == "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
        assert storage["SerdeInfo"] == {
            "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
            "Parameters": {"paths": "event_ms,gift,order_id,quantity,total,unit_price"},
        }
        parameters = table["Parameters"]
        assert {name: parameters[name] for name in COUNTED} == {
            "averageRecordSize": parameters["averageRecordSize"],
            "objectCount": "4",
            "recordCount": "40",
            "sizeKey": str(4 * len(gzip.compress(body))),
        }
        assert parameters["classification"] == "json"
        assert parameters["compressionType"] == "gzip"
        assert parameters["typeOfData"] == "file"
        assert parameters["UPDATED_BY_CRAWLER"] == "crawler"
        assert parameters["CrawlerSchemaSerializerVersion"] == "1.0"
        assert parameters["partition_filtering.enabled"] == "true"
        assert parameters["CRAWL_RUN_ID"]
        assert (table["TableType"], table["Owner"], table["Retention"]) == ("EXTERNAL_TABLE", "owner", 0)
        assert table["CreatedBy"] == "arn:aws:sts::123456789012:assumed-role/crawler/AWS-Crawler"
        partitions = await lake.partitions("orders")
        assert list(partitions) == [("2026", "11", "23", "05"), ("2026", "11", "23", "06")]
        own = partitions["2026", "11", "23", "05"]["StorageDescriptor"]
        assert own["Location"] == "s3://lake/orders/year=2026/month=11/day=23/hour=05/"
        assert (own["Parameters"]["objectCount"], own["Parameters"]["recordCount"]) == ("2", "20")
        assert own["SerdeInfo"] == storage["SerdeInfo"]
        assert lake.columns({"StorageDescriptor": own}) == lake.columns(table)

    in_lake(check)


def test_exclusions_keep_errors_out(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/orders/day=1/a", ORDER)
        await lake.put("t/errors/day=1/a", {"attemptsMade": 4, "rawData": "x"})
        tables = await lake.crawl("t/", Exclusions=["errors/**"])
        assert list(tables) == ["t"]
        assert tables["t"]["Parameters"]["exclusions"] == '["errors/**"]'
        assert lake.keys(tables["t"]) == ["partition_0", "day"]

    in_lake(check)


def test_a_folder_of_files(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a.json", {"x": 1})
        tables = await lake.crawl()
        assert lake.columns(tables["t"]) == {"x": "int"}
        assert lake.keys(tables["t"]) == []
        assert tables["t"]["StorageDescriptor"]["Location"] == "s3://lake/t/"
        assert "partition_filtering.enabled" not in tables["t"]["Parameters"]

    in_lake(check)


def test_one_object(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/data.json", {"x": 1})
        await lake.put("t/data.json.bak", {"y": 1})
        tables = await lake.crawl("t/data.json")
        assert {name: table["StorageDescriptor"]["Location"] for name, table in tables.items()} == {
            "data_json": "s3://lake/t/data.json"
        }

    in_lake(check)


def test_a_path_without_its_slash_is_the_folder(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a.json", {"x": 1})
        await lake.put("t2/a.json", {"y": 1})
        assert list(await lake.crawl("t", TablePrefix="Raw_")) == ["raw_t"]

    in_lake(check)


def test_years_that_differ(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/year=2017/data1.json", {"A": 1, "B": 2})
        await lake.put("t/year=2018/data2.json", {"C": 3, "D": 4})
        assert sorted(await lake.crawl()) == ["year_2017", "year_2018"]

    in_lake(check)


def test_years_that_differ_combined(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/year=2017/data1.json", {"A": 1, "B": 2})
        await lake.put("t/year=2018/data2.json", {"C": 3, "D": 4})
        tables = await lake.crawl(Configuration=COMBINE)
        assert lake.columns(tables["t"]) == {"a": "int", "b": "int", "c": "int", "d": "int"}
        assert lake.keys(tables["t"]) == ["year"]
        assert tables["t"]["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"paths": "A,B,C,D"}
        partitions = await lake.partitions("t")
        assert lake.columns(partitions["2017",]) == {"a": "int", "b": "int"}

    in_lake(check)


def test_partitions_that_inherit(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/year=2017/data1.json", {"A": 1})
        await lake.put("t/year=2018/data2.json", {"B": 4})
        configuration = json.loads(COMBINE)
        configuration["CrawlerOutput"] = {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}
        await lake.crawl(Configuration=json.dumps(configuration))
        for partition in (await lake.partitions("t")).values():
            assert lake.columns(partition) == {"a": "int", "b": "int"}

    in_lake(check)


def test_a_bucket(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("x/a.json", {"x": 1})
        await lake.put("y/a.json", {"x": 2})
        tables = await lake.crawl("")
        assert {name: lake.keys(table) for name, table in tables.items()} == {"lake": ["partition_0"]}
        assert tables["lake"]["StorageDescriptor"]["Location"] == "s3://lake/"

    in_lake(check)


def test_arrays_and_paths(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a.json", data=b'[{"a":1}]')
        assert lake.columns((await lake.crawl())["t"]) == {"array": "array<struct<a:int>>"}
        await lake.call("glue", "CreateClassifier", JsonClassifier={"Name": "each", "JsonPath": "$[*]"})
        await lake.create("other", DatabaseName="other", Classifiers=["each"])
        await lake.run("other")
        table = (await lake.call("glue", "GetTable", DatabaseName="other", Name="t"))["Table"]
        assert lake.columns(table) == {"a": "int"}
        assert table["Parameters"]["jsonPath"] == "$[*]"

    in_lake(check)


def test_dynamodb_images(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a.json", {"pk": {"S": "a"}, "n": {"N": "1"}})
        assert lake.columns((await lake.crawl())["t"]) == {"pk": "struct<S:string>", "n": "struct<N:string>"}

    in_lake(check)


def test_csv(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/a.csv", data=b"Id;Price\n1;2.5\n2;3\n")
        table = (await lake.crawl())["t"]
        assert lake.columns(table) == {"id": "bigint", "price": "double"}
        serde = table["StorageDescriptor"]["SerdeInfo"]
        assert serde["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
        assert serde["Parameters"] == {"field.delim": ";"}
        wanted = {
            "areColumnsQuoted": "false",
            "columnsOrdered": "true",
            "delimiter": ";",
            "skip.header.line.count": "1",
            "classification": "csv",
            "recordCount": "2",
        }
        assert wanted.items() <= table["Parameters"].items()

    in_lake(check)


def test_csv_with_quotes(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        rules = {"Name": "quoted", "Delimiter": ",", "QuoteSymbol": '"', "ContainsHeader": "PRESENT"}
        await lake.call("glue", "CreateClassifier", CsvClassifier=rules)
        await lake.put("t/a.csv", data=b'Id,Note\n1,"a,b"\n')
        table = (await lake.crawl(Classifiers=["quoted"]))["t"]
        assert lake.columns(table) == {"id": "string", "note": "string"}
        assert table["StorageDescriptor"]["SerdeInfo"] == {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            "Parameters": {"separatorChar": ",", "quoteChar": '"'},
        }
        assert table["Parameters"]["customSerde"] == "OpenCSVSerDe"

    in_lake(check)


def test_parquet(in_lake: InLake, tmp_path: Path) -> None:
    async def check(lake: Any) -> None:
        pyarrow.parquet.write_table(pyarrow.table({"Id": [1, 2], "name": ["a", "b"]}), tmp_path / "p")
        await lake.put("t/day=1/a.parquet", data=(tmp_path / "p").read_bytes())
        table = (await lake.crawl())["t"]
        assert lake.columns(table) == {"id": "bigint", "name": "string"}
        storage = table["StorageDescriptor"]
        parquet = "org.apache.hadoop.hive.ql.io.parquet"
        assert storage["InputFormat"] == f"{parquet}.MapredParquetInputFormat"
        assert storage["OutputFormat"] == f"{parquet}.MapredParquetOutputFormat"
        assert storage["SerdeInfo"] == {
            "SerializationLibrary": f"{parquet}.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        }
        assert (table["Parameters"]["classification"], table["Parameters"]["compressionType"]) == ("parquet", "none")

    in_lake(check)


def test_nothing_to_find(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.call("s3", "PutObject", Bucket="lake", Key="t/empty", Body=b"")
        assert await lake.crawl() == {}

    in_lake(check)


def test_several_targets_and_names_that_clash(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("a/orders/x", {"x": 1})
        await lake.put("b/orders/x", {"y": 1})
        targets = {"S3Targets": [{"Path": "s3://lake/a/orders"}, {"Path": "s3://lake/b/orders"}]}
        tables = await lake.crawl(Targets=targets)
        assert {table["StorageDescriptor"]["Location"]: name[:7] for name, table in tables.items()} == {
            "s3://lake/a/orders/": "orders",
            "s3://lake/b/orders/": "orders_",
        }
        await lake.run()
        assert sorted(await lake.tables()) == sorted(tables)

    in_lake(check)


def test_too_many_tables(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/x/a", {"x": 1})
        await lake.put("t/y/a", {"y": 1})
        configuration = {"Version": 1.0, "CrawlerOutput": {"Tables": {"TableThreshold": 1}}}
        await lake.create(Configuration=json.dumps(configuration))
        last = await lake.run()
        assert last["Status"] == "FAILED"
        assert last["ErrorMessage"].startswith("The number of tables detected by crawler: 2 is greater than")

    in_lake(check)


def test_a_sample_of_each_folder(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        for day in (1, 2):
            for number in range(5):
                await lake.put(f"t/day={day}/{number}", {"x": 1})
        targets = {"S3Targets": [{"Path": "s3://lake/t/", "SampleSize": 2}]}
        tables = await lake.crawl(Targets=targets)
        assert tables["t"]["Parameters"]["objectCount"] == "4"

    in_lake(check)


def test_what_the_log_says(in_lake: InLake) -> None:
    async def check(lake: Any) -> None:
        await lake.put("t/day=1/a", {"x": 1})
        await lake.crawl()
        assert await lake.log() == [
            "BENCHMARK : Running Start Crawl for Crawler crawler",
            "BENCHMARK : Classification complete, writing results to database shop",
            'INFO : Crawler configured with SchemaChangePolicy {"UpdateBehavior":"UPDATE_IN_DATABASE",'
            '"DeleteBehavior":"DEPRECATE_IN_DATABASE"}.',
            "INFO : Created table t in database shop",
            "INFO : Created partitions with values [[1]] for table t in database shop",
            "BENCHMARK : Finished writing to Catalog",
            "INFO : Run Summary For TABLE:",
            "INFO : ADD: 1",
            "INFO : Run Summary For PARTITION:",
            "INFO : ADD: 1",
            "BENCHMARK : Crawler has finished running and is in state READY",
        ]

    in_lake(check)
