"""PyAthena and awswrangler as they are, against the endpoint."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator
from typing import Any

import awswrangler as wr
import boto3
import pandas as pd
import pytest
from pyathena import connect
from pyathena.error import DatabaseError, OperationalError
from pyathena.pandas.cursor import PandasCursor

from athena.conftest import Lake

CREDENTIALS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}


@pytest.fixture(scope="module")
def sales(lake: Lake) -> Lake:
    """A table that both read."""
    lake.put("sales/a.json", [{"product": "pear", "n": 2, "price": 1.5}, {"product": "fig", "n": None, "price": 0.25}])
    serde = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
    lake.run(f"CREATE EXTERNAL TABLE sales (product string, n int, price double) {serde} LOCATION '{lake.root}/sales/'")
    return lake


@pytest.fixture(scope="module")
def session(endpoint: str) -> Iterator[Any]:
    """awswrangler's session, its calls to the endpoint."""
    wr.config.athena_endpoint_url = endpoint
    wr.config.s3_endpoint_url = endpoint
    wr.config.glue_endpoint_url = endpoint
    wr.config.sts_endpoint_url = endpoint
    yield boto3.Session(**CREDENTIALS)
    wr.config.reset()


def connection(lake: Lake, endpoint: str, **options: Any) -> Any:
    return connect(
        s3_staging_dir=f"{lake.root}/pyathena/",
        schema_name=lake.database,
        endpoint_url=endpoint,
        poll_interval=0.01,
        **CREDENTIALS,
        **options,
    )


def test_pyathena(sales: Lake, endpoint: str) -> None:
    cursor = connection(sales, endpoint).cursor()
    cursor.execute("SELECT product, n, price FROM sales WHERE price > %(least)s ORDER BY product", {"least": 0.1})
    assert [each[:2] for each in cursor.description] == [("product", "varchar"), ("n", "integer"), ("price", "double")]
    assert cursor.fetchall() == [("fig", None, 0.25), ("pear", 2, 1.5)]
    cursor.execute("SELECT x FROM UNNEST(sequence(1, 3000)) AS t(x) ORDER BY x")
    assert cursor.fetchall() == [(number,) for number in range(1, 3001)]


def test_pyathena_types(sales: Lake, endpoint: str) -> None:
    cursor = connection(sales, endpoint).cursor()
    cursor.execute(
        """SELECT true, DECIMAL '0.10', DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05.678',
        TIMESTAMP '2026-01-02 03:04:05 UTC', TIME '03:04:05', to_utf8('123'), ARRAY[1, 2],
        CAST(ROW(1, 'x') AS ROW(a integer, b varchar)), JSON '{"k": [1]}', CAST(NULL AS integer), '' AS empty"""
    )
    assert cursor.fetchone() == (
        True,
        decimal.Decimal("0.10"),
        datetime.date(2026, 1, 2),
        datetime.datetime(2026, 1, 2, 3, 4, 5, 678000),
        datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        datetime.time(3, 4, 5),
        b"123",
        [1, 2],
        {"a": "1", "b": "x"},
        {"k": [1]},
        None,
        "",
    )


def test_pyathena_ddl_and_errors(sales: Lake, endpoint: str) -> None:
    cursor = connection(sales, endpoint).cursor()
    cursor.execute("SHOW COLUMNS IN sales")
    assert cursor.description == [("field", "string", None, None, 0, 0, "UNKNOWN")]
    assert cursor.fetchall() == [("product             ",), ("n                   ",), ("price               ",)]
    with pytest.raises(OperationalError, match="COLUMN_NOT_FOUND: line 1:8"):
        cursor.execute("SELECT nothing FROM sales")
    with pytest.raises(DatabaseError, match="mismatched input 'FORM'"):
        cursor.execute("SELECT * FORM sales")
    cursor.execute("SELECT ? + 1", ["41"], paramstyle="qmark")
    assert cursor.fetchone() == (42,)


@pytest.mark.parametrize("unload", [False, True])
def test_pyathena_with_pandas(sales: Lake, endpoint: str, unload: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    cursor = connection(sales, endpoint, cursor_class=PandasCursor).cursor(unload=unload)
    frame = cursor.execute("SELECT product, n, price FROM sales ORDER BY product").as_pandas()
    assert frame["product"].tolist() == ["fig", "pear"]
    assert frame["price"].tolist() == [0.25, 1.5]


APPROACHES = [
    {"ctas_approach": True},
    {"ctas_approach": False},
    {"ctas_approach": False, "unload_approach": True},
]


@pytest.mark.parametrize("approach", APPROACHES, ids=["ctas", "csv", "unload"])
def test_awswrangler(sales: Lake, session: Any, approach: dict[str, bool]) -> None:
    output = f"{sales.root}/wrangler-{'-'.join(key for key, on in approach.items() if on) or 'csv'}"
    frame = wr.athena.read_sql_query(
        "SELECT product, n, price, DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 03:04:05' AS t FROM sales ORDER BY 1",
        database=sales.database,
        s3_output=output,
        boto3_session=session,
        **approach,
    )
    assert sorted(frame["product"].tolist()) == ["fig", "pear"]
    by_product = frame.set_index("product")
    assert by_product.loc["pear", "n"] == 2
    assert pd.isna(by_product.loc["fig", "n"])
    assert by_product.loc["fig", "price"] == 0.25
    assert by_product.loc["fig", "t"] == pd.Timestamp("2026-01-02 03:04:05")
    tables = [table["Name"] for table in sales.glue.get_tables(DatabaseName=sales.database)["TableList"]]
    assert not [name for name in tables if name.startswith("temp_table_")]


def test_awswrangler_metadata(sales: Lake, session: Any) -> None:
    wr.athena.repair_table("sales", database=sales.database, s3_output=f"{sales.root}/r/", boto3_session=session)
    shown = wr.athena.show_create_table("sales", database=sales.database, s3_output=f"{sales.root}/r/",
                                        boto3_session=session)  # fmt: skip
    assert shown.startswith("CREATE EXTERNAL TABLE `sales`(")
    described = wr.athena.describe_table("sales", database=sales.database, s3_output=f"{sales.root}/r/",
                                         boto3_session=session)  # fmt: skip
    assert described["Column Name"].tolist() == ["product", "n", "price"]
