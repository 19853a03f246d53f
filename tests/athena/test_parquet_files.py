"""Parquet files: how columns are found and typed, files that differ, files that are none, and what is scanned."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from athena.conftest import Lake, Rows, table

STORED = "STORED AS PARQUET"


def parquet_bytes(columns: dict[str, Any]) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_parquet(lake: Lake) -> None:
    first = {
        "Id": pa.array([1, 2], pa.int32()),
        "price": pa.array([1.5, None], pa.float64()),
        "at": pa.array([1767323045678901, None], pa.timestamp("us")),
        "tags": pa.array([["x"], None], pa.list_(pa.string())),
        "s": pa.array([{"k": 1}, None]),
    }
    second = {"id": pa.array([3], pa.int64()), "name": pa.array(["new"])}
    columns = "id bigint, price double, at timestamp, tags array<string>, s struct<k:bigint>, name string, gone int"
    table(lake, "columnar", columns, STORED, a__parquet=parquet_bytes(first), b=parquet_bytes(second))
    assert lake.rows("SELECT * FROM columnar ORDER BY id") == [
        ("1", "1.5", "2026-01-02 03:04:05.679", "[x]", "{k=1}", None, None),
        ("2", None, None, None, None, None, None),
        ("3", None, None, None, None, "new", None),
    ]
    every = lake.run("SELECT * FROM columnar")["Statistics"]["DataScannedInBytes"]
    one = lake.run("SELECT sum(id) FROM columnar")["Statistics"]["DataScannedInBytes"]
    assert 0 < one < every


DIFFERING: list[tuple[str, str, list[dict[str, Any]], Rows]] = [
    ("whole numbers that are wider in a later file", "a bigint",
     [{"a": pa.array([1], pa.int32())}, {"a": pa.array([9_999_999_999], pa.int64())}],
     [("1",), ("9999999999",)]),
    ("fractions that are finer in a later file", "a double",
     [{"a": pa.array([0.5], pa.float32())}, {"a": pa.array([1.23456789012345], pa.float64())}],
     [("0.5",), ("1.23456789012345",)]),
    ("decimals that are finer in a later file", "a decimal(18,4)",
     [{"a": pa.array([1], pa.decimal128(9, 0))}, {"a": pa.array([2.5], pa.float64()).cast(pa.decimal128(18, 4))}],
     [("1.0000",), ("2.5000",)]),
    ("times of other units", "a timestamp",
     [{"a": pa.array([1_767_323_045_000], pa.timestamp("ms"))},
      {"a": pa.array([1_767_323_045_678_901], pa.timestamp("us"))}],
     [("2026-01-02 03:04:05.000",), ("2026-01-02 03:04:05.679",)]),
    ("columns in another order and other case", "a int, b string",
     [{"a": pa.array([1], pa.int32()), "b": ["x"]}, {"B": ["y"], "A": pa.array([2], pa.int32())}],
     [("1", "x"), ("2", "y")]),
    ("columns that one file or the other lacks", "a int, b string",
     [{"a": pa.array([1], pa.int32())}, {"b": ["y"]}],
     [("1", None), (None, "y")]),
    ("structs that have grown", "s struct<k:bigint,l:string>",
     [{"s": [{"k": 1}]}, {"s": [{"k": 2, "l": "x"}]}],
     [("{k=1, l=null}",), ("{k=2, l=x}",)]),
    ("a file without rows", "a int",
     [{"a": pa.array([], pa.int32())}, {"a": pa.array([1], pa.int32())}],
     [("1",)]),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "files", "expected"), [each[1:] for each in DIFFERING],
                         ids=[each[0] for each in DIFFERING])  # fmt: skip
def test_files_that_differ(
    lake: Lake, request: pytest.FixtureRequest, columns: str, files: list[dict[str, Any]], expected: Rows
) -> None:
    place = [each[0] for each in DIFFERING].index(request.node.callspec.id)
    for name, order in ((f"differing_{place}", files), (f"gnireffid_{place}", files[::-1])):
        table(lake, name, columns, STORED, **{f"f{at}": parquet_bytes(each) for at, each in enumerate(order)})
        assert sorted(lake.rows(f"SELECT * FROM {name}"), key=str) == sorted(expected, key=str)


def test_a_file_whose_type_does_not_fit(lake: Lake) -> None:
    good, wrong = parquet_bytes({"id": ["x"]}), parquet_bytes({"id": pa.array([1])})
    table(lake, "wrong", "id string", STORED, a__parquet=good, b__parquet=wrong)
    uri = f"{lake.root}/wrong/b.parquet"
    reason = f"HIVE_BAD_DATA: Field id's type BIGINT in parquet file {uri} is incompatible with type varchar"
    assert lake.failure("SELECT id FROM wrong").startswith(reason)


def test_a_file_that_is_no_parquet(lake: Lake) -> None:
    table(lake, "no_parquet", "id string", STORED, a__parquet='{"id":"x"}\n{"id":"y"}\n')
    reason = f"HIVE_BAD_DATA: Not valid Parquet file: {lake.root}/no_parquet/a.parquet"
    assert lake.failure("SELECT id FROM no_parquet").startswith(reason)


def test_columns_by_place(lake: Lake) -> None:
    data = parquet_bytes({"x": pa.array([1], pa.int32()), "y": ["why"]})
    clauses = f"ROW FORMAT SERDE '{SERDE}' WITH SERDEPROPERTIES ('parquet.column.index.access'='true') {FORMATS}"
    table(lake, "places", "a int, y int, b string", clauses, a__parquet=data)
    assert lake.rows("SELECT a, b FROM places") == [("1", None)]
    assert lake.failure("SELECT y FROM places").startswith("HIVE_BAD_DATA: Field y's type VARCHAR")


SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
FORMATS = (
    "STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat' "
    "OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'"
)


def test_an_object_that_is_overwritten(lake: Lake) -> None:
    table(lake, "anew", "a bigint, b string", STORED, a__parquet=parquet_bytes({"a": pa.array([1], pa.int32())}))
    assert lake.rows("SELECT * FROM anew") == [("1", None)]
    lake.put("anew/a.parquet", parquet_bytes({"b": ["x", "y"], "a": pa.array([2, 1 << 40])}))
    assert lake.rows("SELECT * FROM anew") == [("2", "x"), (str(1 << 40), "y")]


def test_hidden_columns_of_many_files(lake: Lake) -> None:
    files = {f"f{each:02d}": parquet_bytes({"a": pa.array([each], pa.int64())}) for each in range(40)}
    table(lake, "numerous", "a bigint", STORED, **files)
    rows = lake.rows("SELECT a FROM numerous WHERE \"$path\" LIKE '%/f17' OR \"$path\" LIKE '%/f23' ORDER BY a")
    assert rows == [("17",), ("23",)]
