"""The whole path on the real wire: every change is in S3 once with the right values, and SQL agrees with the table."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.orders import EXAMPLE, Orders, tailrace

ORDERS = 900
FIELDS = ("customer_id", "product", "category", "currency", "country", "status", "created_at", "updated_at")


@pytest.fixture(scope="module")
def orders(endpoint: str, client: Callable[..., Any]) -> Orders:
    """The example deployed and a run of orders written, settled and crawled."""
    example = Orders(endpoint, client, "pipeline-orders")
    example.deploy()
    summary = example.generate(ORDERS, seed=1)
    assert summary["inserts"] == ORDERS
    assert summary["changes"] == ORDERS + round(ORDERS / 9)
    example.summary = summary
    example.settled = example.settle(summary["changes"])
    example.table = example.crawl()
    return example


def test_every_change_is_accounted_for_at_every_hop(orders: Orders) -> None:
    changes = orders.summary["changes"]
    names = {hop["name"] for hop in orders.settled}
    assert names == {"pipeline-orders-pipe", "pipeline-orders-delivery"}
    for name in names:
        hops = [hop for hop in orders.settled if hop["name"] == name]
        assert sum(hop["received"] for hop in hops) == changes
        assert sum(hop["delivered"] for hop in hops) == changes
        assert all(hop["running"] and hop["note"] is None for hop in hops)


def test_every_change_is_in_s3_once_and_in_order_per_key(orders: Orders) -> None:
    rows, summary = orders.lake(), orders.summary
    assert len(rows) == summary["changes"]
    assert len({row["event_id"] for row in rows}) == summary["changes"]
    counts = {name: sum(row["event_name"] == name for row in rows) for name in ("INSERT", "MODIFY", "REMOVE")}
    assert counts == {"INSERT": summary["inserts"], "MODIFY": summary["updates"], "REMOVE": summary["deletes"]}


def test_the_rows_have_the_tables_values(orders: Orders) -> None:
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(orders.lake(), key=lambda row: int(row["sequence_number"])):
        last[row["order_id"]] = row
    current = {key: row for key, row in last.items() if row["event_name"] != "REMOVE"}
    items = orders.items()
    assert current.keys() == items.keys()
    for key, item in items.items():
        row = current[key]
        assert {name: row[name] for name in FIELDS} == {name: item[name]["S"] for name in FIELDS}
        for name in ("quantity", "unit_price", "total"):
            assert str(row[name]) == item[name]["N"]


def test_the_crawler_finds_one_table_with_its_partitions(orders: Orders) -> None:
    columns = {column["Name"]: column["Type"] for column in orders.table["StorageDescriptor"]["Columns"]}
    assert columns["order_id"] == "string"
    assert columns["quantity"] == "int"
    assert columns["total"] == "double"
    assert columns["sequence_number"] == "string"
    assert [key["Name"] for key in orders.table["PartitionKeys"]] == ["year", "month", "day", "hour"]
    assert orders.table["Parameters"]["classification"] == "json"
    assert (
        orders.table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    )


def test_sql_says_what_the_table_says(orders: Orders) -> None:
    rows = orders.query((EXAMPLE / "queries" / "current_orders.sql").read_text())
    items = orders.items()
    assert [row["order_id"] for row in rows] == sorted(items)
    for row in rows:
        item = items[str(row["order_id"])]
        assert {name: row[name] for name in FIELDS} == {name: item[name]["S"] for name in FIELDS}
        assert Decimal(str(row["total"])) == Decimal(item["total"]["N"])


def test_revenue_is_the_sum_over_the_tables_items(orders: Orders) -> None:
    rows = orders.query((EXAMPLE / "queries" / "revenue_by_product.sql").read_text())
    expected: dict[str, Decimal] = {}
    for item in orders.items().values():
        if item["status"]["S"] != "CANCELLED":
            product = item["product"]["S"]
            expected[product] = expected.get(product, Decimal(0)) + Decimal(item["total"]["N"])
    assert {str(row["product"]): Decimal(str(row["revenue"])) for row in rows} == expected
    revenues = [Decimal(str(row["revenue"])) for row in rows]
    assert revenues == sorted(revenues, reverse=True)


def test_orders_per_minute_counts_every_change(orders: Orders) -> None:
    rows = orders.query((EXAMPLE / "queries" / "orders_per_minute.sql").read_text())
    for column, count in (("created", "inserts"), ("updated", "updates"), ("deleted", "deletes")):
        assert sum(int(str(row[column])) for row in rows) == orders.summary[count]


def test_verify_and_status_tell_the_same(orders: Orders) -> None:
    report = json.loads(tailrace("verify", "--json", endpoint=orders.endpoint, check=False).stdout)
    (verdict,) = [each for each in report["verdicts"] if each["table"] == orders.outputs["TableName"]]
    changes = orders.summary["changes"]
    assert (verdict["accepted"], verdict["accounted"], verdict["lost"], verdict["duplicated"]) == (
        changes,
        changes,
        0,
        0,
    )
    assert verdict["findings"] == []
    status = json.loads(tailrace("status", "--json", endpoint=orders.endpoint).stdout)
    assert {hop["name"] for hop in status["hops"]} >= {hop["name"] for hop in orders.settled}


def test_tail_shows_every_change_of_stream_and_table(orders: Orders) -> None:
    for name in (orders.outputs["StreamName"], orders.outputs["TableName"]):
        out = tailrace("tail", name, "--from-start", "--no-follow", endpoint=orders.endpoint).stdout
        lines = out.splitlines()
        assert len(lines) == orders.summary["changes"]
        assert sum(" REMOVE " in line for line in lines) == orders.summary["deletes"]
        assert all("order_id=" in line for line in lines)


def test_query_prints_csv(orders: Orders) -> None:
    sql = "SELECT count(*) AS n, count(DISTINCT order_id) AS orders FROM orders"
    options = ("--database", orders.outputs["DatabaseName"], "--workgroup", orders.outputs["WorkGroupName"], "--csv")
    assert tailrace("query", sql, *options, endpoint=orders.endpoint).stdout == (
        f"n,orders\n{orders.summary['changes']},{ORDERS}\n"
    )
    wrong = tailrace("query", "SELECT nothing FROM orders", *options, endpoint=orders.endpoint, check=False)
    assert wrong.returncode == 1
    assert "COLUMN_NOT_FOUND: line 1:8" in wrong.stderr
