"""The example end to end over the wire: deployed, fed, crawled, queried; every change is in S3 once and unchanged."""

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/orders"
ORDERS = 900
POLLS_MAX = 100_000


class Pipeline:
    """The example's stack, with what its outputs name."""

    def __init__(self, client: Callable[..., Any], endpoint: str, name: str) -> None:
        self.client = client
        self._endpoint = endpoint
        parameters = ("BufferIntervalInSeconds=1", "TransformBufferIntervalInSeconds=0")
        given = [word for parameter in parameters for word in ("--parameter", parameter)]
        deployed = self.run("-m", "tailrace", "deploy", EXAMPLE / "template.yaml", "--stack", name, "--json", *given)
        self.outputs: dict[str, str] = json.loads(deployed)["Outputs"]

    def run(self, *arguments: Any) -> str:
        """Run a Python program against the endpoint and answer what it printed."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def generate(self, orders: int) -> dict[str, int]:
        """Write orders and answer how many changes of each kind the table accepted."""
        script = EXAMPLE / "generate_orders.py"
        options = ["--table", self.outputs["TableName"], "--orders", str(orders), "--seed", "7"]
        summary: dict[str, int] = json.loads(self.run(script, *options))
        return summary

    def hop(self, kind: str, name: str) -> Counter[str]:
        """Answer what the ledger says of a hop."""
        with urllib.request.urlopen(f"{self._endpoint}/_tailrace/status") as answer:
            hops = json.loads(answer.read())["hops"]
        counts: Counter[str] = Counter()
        for hop in hops:
            if (hop["kind"], hop["name"]) == (kind, name):
                counts.update({key: value for key, value in hop.items() if isinstance(value, int)})
        return counts

    def settle(self, changes: int) -> None:
        """Return when that many changes have been delivered."""
        name = self.outputs["DeliveryStreamName"]
        for _ in range(POLLS_MAX):
            if self.hop("delivery stream", name)["delivered"] >= changes:
                return
        raise AssertionError(self.hop("delivery stream", name))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Answer every row in the lake."""
        s3, bucket = self.client("s3"), self.outputs["BucketName"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for found in page.get("Contents", ()):
                assert found["Key"].startswith("orders/year="), found["Key"]
                body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
                assert body.endswith(b"\n")
                yield from (json.loads(line, parse_float=Decimal) for line in body.splitlines())

    def items(self) -> dict[str, dict[str, Any]]:
        """Answer the table's items by order id, numbers as decimals."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["TableName"])
        items = [{name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]
        return {item["order_id"]: item for item in items}

    def crawl(self) -> None:
        """Run the crawler to its end."""
        glue, name = self.client("glue"), self.outputs["CrawlerName"]
        glue.start_crawler(Name=name)
        while (crawler := glue.get_crawler(Name=name)["Crawler"])["State"] != "READY":
            pass
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler["LastCrawl"]

    def query(self, sql: str) -> list[dict[str, str | None]]:
        """Answer the rows of a query, as text."""
        athena = self.client("athena")
        started = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.outputs["DatabaseName"]},
            WorkGroup=self.outputs["WorkGroupName"],
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
        assert status["State"] == "SUCCEEDED", status
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=started)
        rows = [
            [cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
        ]
        return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def plain(attribute: dict[str, str]) -> Any:
    ((kind, value),) = attribute.items()
    return Decimal(value) if kind == "N" else value


@pytest.fixture(scope="module")
def pipeline(client: Callable[..., Any], endpoint: str) -> Iterator[Pipeline]:
    """The example, deployed under a name of its own and deleted afterwards."""
    name = f"orders-example-{os.getpid()}"
    yield Pipeline(client, endpoint, name)
    client("cloudformation").delete_stack(StackName=name)


@pytest.fixture(scope="module")
def summary(pipeline: Pipeline) -> dict[str, int]:
    """What was written, once all of it has been delivered and crawled."""
    written = pipeline.generate(ORDERS)
    pipeline.settle(written["changes"])
    pipeline.crawl()
    return written


def test_one_change_in_ten_is_an_update_or_a_delete(summary: dict[str, int]) -> None:
    assert (summary["inserts"], summary["updates"], summary["deletes"]) == (900, 75, 25)
    assert summary["changes"] == 1000


def test_every_change_is_in_the_lake_once(pipeline: Pipeline, summary: dict[str, int]) -> None:
    rows = list(pipeline.rows())
    assert len(rows) == len({row["event_id"] for row in rows}) == summary["changes"]
    kinds = Counter(row["event_name"] for row in rows)
    assert kinds == {"INSERT": summary["inserts"], "MODIFY": summary["updates"], "REMOVE": summary["deletes"]}


def test_the_ledger_balances_at_each_hop(pipeline: Pipeline, summary: dict[str, int]) -> None:
    for kind, name in (("pipe", "PipeName"), ("delivery stream", "DeliveryStreamName")):
        hop = pipeline.hop(kind, pipeline.outputs[name])
        assert hop["received"] == hop["delivered"] == summary["changes"]
        assert hop["filtered"] == hop["dropped"] == hop["failed"] == hop["in_flight"] == 0


def test_the_last_change_of_each_order_is_what_the_table_holds(pipeline: Pipeline, summary: dict[str, int]) -> None:
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(pipeline.rows(), key=lambda row: int(row["sequence_number"])):
        last[row["order_id"]] = row
    about = {"event_id", "event_name", "sequence_number", "event_time"}
    current = {
        order_id: {name: value for name, value in row.items() if name not in about}
        for order_id, row in last.items()
        if row["event_name"] != "REMOVE"
    }
    assert current == pipeline.items()


def test_the_crawler_makes_one_table_with_the_hours_as_partitions(pipeline: Pipeline, summary: dict[str, int]) -> None:
    glue, database = pipeline.client("glue"), pipeline.outputs["DatabaseName"]
    (table,) = glue.get_tables(DatabaseName=database)["TableList"]
    columns = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    assert table["Name"] == "orders"
    assert columns["quantity"] == "int" and columns["total"] == "double"
    assert {kind for name, kind in columns.items() if name not in ("quantity", "total", "unit_price")} == {"string"}
    assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [
        (name, "string") for name in ("year", "month", "day", "hour")
    ]


def sql(name: str) -> str:
    return (EXAMPLE / f"queries/{name}.sql").read_text()


def test_the_current_orders_are_the_tables_items(pipeline: Pipeline, summary: dict[str, int]) -> None:
    rows = pipeline.query(sql("current_orders"))
    items = pipeline.items()
    assert [row["order_id"] for row in rows] == sorted(items)
    numbers = ("quantity", "unit_price", "total")
    for row in rows:
        found = {name: Decimal(value or "") if name in numbers else value for name, value in row.items()}
        assert found == items[str(row["order_id"])]


def test_revenue_is_that_of_the_orders_as_they_are(pipeline: Pipeline, summary: dict[str, int]) -> None:
    expected: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for item in pipeline.items().values():
        if item["status"] != "CANCELLED":
            sums = expected[item["product"]]
            expected[item["product"]] = [sums[0] + 1, sums[1] + item["quantity"], sums[2] + item["total"]]
    rows = pipeline.query(sql("revenue_by_product"))
    found = {str(row["product"]): [Decimal(row[name] or "") for name in ("orders", "units", "revenue")] for row in rows}
    assert found == dict(expected)
    revenues = [Decimal(row["revenue"] or "") for row in rows]
    assert revenues == sorted(revenues, reverse=True)


def test_orders_per_minute_add_up(pipeline: Pipeline, summary: dict[str, int]) -> None:
    rows = pipeline.query(sql("orders_per_minute"))
    sums = [sum(int(row[name] or 0) for row in rows) for name in ("created", "updated", "deleted")]
    assert sums == [summary["inserts"], summary["updates"], summary["deletes"]]
    assert all(str(row["minute"]).endswith(":00.000 UTC") for row in rows)
