"""The pipeline tested as you would test yours: deploy, write, settle, SELECT. No account, no network, no sleep."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tailrace.testing import Cloud

HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=[0.0, 0.3], ids=["once", "with duplicates"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """A cloud for all tests of this file, and another one that delivers some changes twice, as AWS may.

    Meanwhile boto3 leads there, here and in the commands that are started.
    """
    with Cloud() as cloud, cloud.as_aws():
        cloud.faults.enable("duplicates", rate=request.param)
        yield cloud


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> dict[str, str]:
    """The outputs of the deployed template."""
    return cloud.deploy(HERE / "template.yaml")


@pytest.fixture(scope="module")
def written(cloud: Cloud, stack: dict[str, str]) -> dict[str, int]:
    """What generate_orders.py wrote; by now all of it has arrived in the lake and the catalog."""
    command = [sys.executable, HERE / "generate_orders.py", "--table", stack["TableName"], "--orders", "180"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cloud.settle()
    cloud.crawl(stack["CrawlerName"])
    summary: dict[str, int] = json.loads(done.stdout)
    return summary


def select(cloud: Cloud, stack: dict[str, str], name: str) -> list[dict[str, Any]]:
    """Run one of the queries."""
    sql = (HERE / "queries" / f"{name}.sql").read_text()
    return cloud.query(sql, database=stack["DatabaseName"], workgroup=stack["WorkGroupName"])


def items(stack: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Read the table."""
    table = boto3.resource("dynamodb").Table(stack["TableName"])
    return {item["order_id"]: item for item in table.scan()["Items"]}


def test_every_hop_delivered_every_change(cloud: Cloud, written: dict[str, int]) -> None:
    pipe, delivery = cloud.ledger()
    again = cloud.faults.hits().get("duplicates", 0)
    assert (pipe["received"], pipe["delivered"]) == (written["changes"], written["changes"])
    assert delivery["received"] == delivery["delivered"] == written["changes"] + again


def test_current_orders_are_the_tables_items(cloud: Cloud, stack: dict[str, str], written: dict[str, int]) -> None:
    expected = {order: item["status"] for order, item in items(stack).items()}
    rows = select(cloud, stack, "current_orders")
    assert {row["order_id"]: row["status"] for row in rows} == expected
    assert len(rows) == written["inserts"] - written["deletes"]


def test_revenue_leaves_out_cancelled_orders(cloud: Cloud, stack: dict[str, str], written: dict[str, int]) -> None:
    revenue = sum(row["revenue"] for row in select(cloud, stack, "revenue_by_product"))
    assert revenue == sum(item["total"] for item in items(stack).values() if item["status"] != "CANCELLED")


def test_a_minute_counts_what_happened_in_it(cloud: Cloud, stack: dict[str, str], written: dict[str, int]) -> None:
    rows = select(cloud, stack, "orders_per_minute")
    for column, change in (("created", "inserts"), ("updated", "updates"), ("deleted", "deletes")):
        assert sum(row[column] for row in rows) == written[change]
