"""What the SerDes make of files: the values, what they refuse, and how much is scanned."""

from __future__ import annotations

import bz2
import gzip
import io
from typing import Any

import cramjam
import pyarrow as pa
import pytest
from pyarrow import orc

from athena.conftest import Lake, Rows, table

OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
HIVE_JSON = "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'"


JSON: list[tuple[str, str, str, Any, Rows]] = [
    ("keys of any case", "orderid string, n int", OPENX, [{"orderId": "a", "N": 1}, {"orderId": "b", "N": 2}],
     [("a", "1"), ("b", "2")]),
    ("one key in several cases", "orderid string", OPENX, [{"orderId": "a"}, {"ORDERID": "b"}, {"orderid": "c"}],
     [("a",), ("b",), ("c",)]),
    ("missing and null", "a string, b int", OPENX, [{"a": None}, {"b": 1}], [(None, None), (None, "1")]),
    ("objects, arrays and numbers in strings", "a string", OPENX,
     '{"a": {"k": [1, 2]}}\n{"a": [true]}\n{"a": 12}\n{"a": 1.5}\n{"a": true}\n{"a": 12345678901234567890123}\n',
     [('{"k":[1,2]}',), ("[true]",), ("12",), ("1.5",), ("true",), ("12345678901234567890123",)]),
    ("strings in numbers", "a int, b double, c boolean", OPENX, [{"a": "5", "b": "1.5", "c": "true"}],
     [("5", "1.5", "true")]),
    ("nested", "s struct<id:int,tags:array<string>,m:map<string,int>>", OPENX,
     [{"s": {"ID": 1, "Tags": ["x", None], "m": {"k": 2}}}, {"s": None}],
     [("{id=1, tags=[x, null], m={k=2}}",), (None,)]),
    ("arrays of structs", "items array<struct<sku:string,n:int>>", OPENX, [{"items": [{"sku": "a", "N": 2}]}],
     [("[{sku=a, n=2}]",)]),
    ("times", "t timestamp, d date", OPENX,
     [{"t": "2026-01-02 03:04:05", "d": "2026-01-02"}, {"t": "2026-01-02T03:04:05.678Z"}, {"t": 1767323045},
      {"t": 1767323045678}],
     [("2026-01-02 03:04:05.000", "2026-01-02"), ("2026-01-02 03:04:05.678", None),
      ("2026-01-02 03:04:05.000", None), ("2026-01-02 03:04:05.678", None)]),
    ("decimals", "p decimal(10,2)", OPENX, '{"p": 12.50}\n{"p": "3.1"}\n', [("12.50",), ("3.10",)]),
    ("mapped keys", "ts string", f"{OPENX} WITH SERDEPROPERTIES ('mapping.ts'='timestamp')", [{"timestamp": "x"}],
     [("x",)]),
    ("dots in keys", "a_b string", f"{OPENX} WITH SERDEPROPERTIES ('dots.in.keys'='true')", [{"a.b": "x"}], [("x",)]),
    ("the first value of a line", "a int", OPENX, '{"a":1}{"a":2}\n{"a":3}\n', [("1",), ("3",)]),
    ("positions", "a int, b string", OPENX, '[1,"x"]\n', [("1", "x")]),
    ("malformed lines as NULLs", "a int", f"{OPENX} WITH SERDEPROPERTIES ('ignore.malformed.json'='true')",
     '{"a":1}\n{bad\n{"a":2}\n', [("1",), (None,), ("2",)]),
    ("empty lines", "a int", OPENX, '{"a":1}\n\n{"a":2}\n', [("1",), (None,), ("2",)]),
    ("no newline at the end", "a int", OPENX, '{"a":1}', [("1",)]),
    ("Hive's SerDe", "orderid string", HIVE_JSON, [{"orderId": "a"}], [("a",)]),
    ("newlines and quotes in values", "a string", OPENX, [{"a": 'x\ny"z'}], [('x\ny"z',)]),
    ("unicode", "a string", OPENX, [{"a": "日本"}, {"a": "é"}], [("日本",), ("é",)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "serde", "data", "expected"), [each[1:] for each in JSON], ids=[e[0] for e in JSON]
)
def test_json(lake: Lake, request: pytest.FixtureRequest, columns: str, serde: str, data: Any, expected: Rows) -> None:
    name = f"json_{list(JSON).index(next(each for each in JSON if each[0] in request.node.name))}"
    table(lake, name, columns, serde, data__json=data)
    assert sorted(lake.rows(f"SELECT * FROM {name}"), key=str) == sorted(expected, key=str)


def test_json_that_is_no_row(lake: Lake) -> None:
    table(lake, "bad_json", "a int", OPENX, data__json='{"a":1}\n{bad\n')
    assert lake.failure("SELECT * FROM bad_json").startswith(
        "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: "
    )
    table(lake, "twice_json", "a int", OPENX, data__json='{"a":1,"A":2}\n')
    text = 'HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: Duplicate key "a"'
    assert lake.failure("SELECT * FROM twice_json") == text
    table(lake, "word_json", "a int", OPENX, data__json='{"a":"word"}\n')
    assert lake.failure("SELECT * FROM word_json").startswith("HIVE_BAD_DATA: Error parsing field value")


def test_a_key_that_is_rare_and_far(lake: Lake) -> None:
    rows = [{"id": number, "pad": "x" * 100} for number in range(60_000)]
    rows[45_678]["couponCode"] = "SAVE"
    table(lake, "far_json", "id int, couponcode string", OPENX, data__json=rows)
    assert lake.rows("SELECT id, couponcode FROM far_json WHERE couponcode IS NOT NULL") == [("45678", "SAVE")]


def test_a_large_object(lake: Lake) -> None:
    data = '{"a":1}\n{"a":"' + "x" * (40 << 20) + '"}\n{"a":2}\n'
    table(lake, "large_json", "a string", OPENX, data__json=data)
    assert sorted(lake.rows("SELECT length(a) FROM large_json")) == [("1",), ("1",), (str(40 << 20),)]


def test_an_object_that_is_overwritten_with_other_keys(lake: Lake) -> None:
    table(lake, "twice_put", "orderid string, n int", OPENX, data__json='{"orderId":"a"}\n')
    assert lake.rows("SELECT * FROM twice_put") == [("a", None)]
    lake.put("twice_put/data.json", '{"ORDERID":"b","N":2}\n')
    assert lake.rows("SELECT * FROM twice_put") == [("b", "2")]


def test_many_files(lake: Lake) -> None:
    for serde, suffix, line in ((OPENX, "json", '{{"a":{0}}}\n'), ("", "csv", "{0}\n")):
        files = {f"f{each:03d}__{suffix}": line.format(each) for each in range(60)}
        table(lake, f"many_{suffix}", "a int", serde, **files)
        assert lake.rows(f"SELECT count(*), sum(a) FROM many_{suffix}") == [("60", str(sum(range(60))))]
        path = f"{lake.root}/many_{suffix}/f042.{suffix}"
        assert lake.rows(f"SELECT a FROM many_{suffix} WHERE \"$path\" = '{path}'") == [("42",)]


CODECS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": lambda data: bytes(cramjam.zstd.compress(data)),
    "snappy": lambda data: bytes(cramjam.snappy.compress(data)),
    "lz4": lambda data: bytes(cramjam.lz4.compress(data)),
    "deflate": lambda data: __import__("zlib").compress(data),
}


def test_compressed_text(lake: Lake) -> None:
    files = {f"{suffix}__{suffix}": compress(f'{{"a":"{suffix}"}}\n'.encode()) for suffix, compress in CODECS.items()}
    table(lake, "packed", "a string", OPENX, plain__json='{"a":"plain"}\n', **files)
    assert lake.rows("SELECT a FROM packed ORDER BY a") == [(each,) for each in sorted([*CODECS, "plain"])]
    raw = cramjam.snappy.compress_raw(b'{"a":"hadoop"}\n')
    framed = len(b'{"a":"hadoop"}\n').to_bytes(4, "big") + len(raw).to_bytes(4, "big") + bytes(raw)
    table(lake, "framed", "a string", OPENX, data__snappy=framed)
    assert lake.rows("SELECT a FROM framed") == [("hadoop",)]


def test_delimited_text(lake: Lake) -> None:
    clauses = (
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' COLLECTION ITEMS TERMINATED BY '|' MAP KEYS TERMINATED BY ':'"
    )
    data = 'head\n1,x,1.5,true,2026-01-02,2026-01-02 03:04:05,a|b,k:1|l:2,7|y\n"q",\\N,abc,maybe,,,,,\n3\n'
    columns = ("a int, b string, c double, d boolean, e date, f timestamp, g array<string>, h map<string,int>, "
               "i struct<p:int,q:string>")  # fmt: skip
    table(lake, "lazy", columns, clauses, data__csv=data)
    lake.run("ALTER TABLE lazy SET TBLPROPERTIES ('skip.header.line.count'='1')")
    first, second, third = lake.rows("SELECT * FROM lazy")
    assert first == ("1", "x", "1.5", "true", "2026-01-02", "2026-01-02 03:04:05.000", "[a, b]", "{k=1, l=2}",
                     "{p=7, q=y}")  # fmt: skip
    assert second[:6] == (None, None, None, None, None, None)
    assert third[:2] == ("3", None)


def test_delimited_text_by_default(lake: Lake) -> None:
    table(lake, "control_a", "a string, b string", "", data__txt="x\x01y,z\n")
    assert lake.rows("SELECT * FROM control_a") == [("x", "y,z")]
    table(lake, "escaped", "a string, b string", "ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\\\'",
          data__txt="x\\,y,z\n")  # fmt: skip
    assert lake.rows("SELECT * FROM escaped") == [("x,y", "z")]


def test_open_csv(lake: Lake) -> None:
    serde = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
    data = '"a","1","20455","1767323045678","true"\nb\\"c,2,,,FALSE\n'
    table(lake, "opencsv", "a string, b int, d string, e string, f boolean", serde, data__csv=data)
    assert lake.rows("SELECT * FROM opencsv") == [
        ("a", "1", "20455", "1767323045678", "true"),
        ('b"c', "2", "", "", "false"),
    ]
    table(
        lake, "opencsv_times", "a string, b int, d date, e timestamp, f boolean", serde, data__csv=data.split("\n")[0]
    )
    assert lake.rows("SELECT d, e FROM opencsv_times") == [("2026-01-02", "2026-01-02 03:04:05.678")]
    table(lake, "opencsv_bad", "a string, b int", serde, data__csv='"x","abc"\n')
    text = "HIVE_BAD_DATA: Error parsing field value 'abc' for field 1: For input string: \"abc\""
    assert lake.failure("SELECT * FROM opencsv_bad") == text
    options = " WITH SERDEPROPERTIES ('separatorChar'=';','quoteChar'='`')"
    table(lake, "opencsv_other", "a string, b string", serde + options, data__csv="`x;y`;z\n")
    assert lake.rows("SELECT * FROM opencsv_other") == [("x;y", "z")]


def test_patterns(lake: Lake) -> None:
    serde = ("ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' WITH SERDEPROPERTIES "
             "('input.regex'='(\\\\w+) (\\\\d+)')")  # fmt: skip
    table(lake, "regex", "a string, n int", serde, data__log="abc 12\nnothing\n")
    assert lake.rows("SELECT * FROM regex") == [("abc", "12"), (None, None)]
    grok = ("ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES "
            "('input.format'='%{TIMESTAMP_ISO8601:t} %{LOGLEVEL:level} %{GREEDYDATA:text}')")  # fmt: skip
    table(lake, "grok", "t string, level string, text string", grok, data__log="2026-01-02T03:04:05Z ERROR it broke\n")
    assert lake.rows("SELECT * FROM grok") == [("2026-01-02T03:04:05Z", "ERROR", "it broke")]


def test_orc(lake: Lake) -> None:
    sink = io.BytesIO()
    orc.write_table(pa.table({"x": [1, 2], "y": ["a", "b"]}), sink)
    table(lake, "stripes", "p bigint, q string", "STORED AS ORC", data__orc=sink.getvalue())
    assert lake.rows("SELECT * FROM stripes ORDER BY p") == [("1", "a"), ("2", "b")]


def test_what_is_no_data(lake: Lake) -> None:
    table(lake, "clutter", "a int", OPENX, data__json='{"a":1}\n', _SUCCESS="nonsense", empty__json="")
    lake.put("clutter/.hidden", "nonsense")
    lake.put("clutter/_tmp/x.json", "nonsense")
    lake.put("clutter/deep/er/x.json", '{"a":2}\n')
    lake.put("clutter/folder/", "")
    assert lake.rows("SELECT a FROM clutter ORDER BY a") == [("1",), ("2",)]


def test_hidden_columns_and_scanned_bytes(lake: Lake) -> None:
    table(lake, "hidden", "a int", OPENX, x__json='{"a":1}\n', y__json='{"a":2}\n')
    uri = f"{lake.root}/hidden/y.json"
    assert lake.rows(f'SELECT a, "$file_size" FROM hidden WHERE "$path" = \'{uri}\'') == [("2", "8")]
    assert lake.run("SELECT count(*) FROM hidden")["Statistics"]["DataScannedInBytes"] == 16
    metadata = lake.pages(lake.run("SELECT * FROM hidden ORDER BY a LIMIT 1")["QueryExecutionId"])
    assert metadata == [("a",), ("1",)]


def test_an_empty_table(lake: Lake) -> None:
    table(lake, "nothing", "a int, b array<string>", OPENX)
    assert lake.rows("SELECT count(*), max(a) FROM nothing") == [("0", None)]
    assert lake.rows("SELECT * FROM nothing") == []
