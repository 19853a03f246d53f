"""CREATE TABLE AS, INSERT and UNLOAD: the objects, the manifest, the catalog, and what they refuse."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
from pyarrow import orc, parquet

from athena.conftest import Lake

OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"


def manifest(lake: Lake, execution: dict[str, Any]) -> list[str]:
    return lake.get(execution["Statistics"]["DataManifestLocation"]).decode().split()


def test_a_table_from_a_query(lake: Lake) -> None:
    execution = lake.run("CREATE TABLE made AS SELECT 1 AS a, 'x' AS b, DECIMAL '1.50' AS c, ARRAY[1, 2] AS d")
    query_id = execution["QueryExecutionId"]
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    uris = manifest(lake, execution)
    assert len(uris) == 1
    assert uris[0].startswith(f"{lake.root}/results/tables/{query_id}/")
    table = lake.glue.get_table(DatabaseName=lake.database, Name="made")["Table"]
    assert [column["Type"] for column in table["StorageDescriptor"]["Columns"]] == [
        "int",
        "varchar(1)",
        "decimal(3,2)",
        "array<int>",
    ]
    read = parquet.read_table(io.BytesIO(lake.get(uris[0])))
    assert read.to_pylist()[0]["a"] == 1
    assert lake.rows("SELECT * FROM made") == [("1", "x", "1.50", "[1, 2]")]
    answer = lake.athena.get_query_results(QueryExecutionId=query_id)
    assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (1, [])
    text = f"TABLE_ALREADY_EXISTS: line 1:14: Destination table 'awsdatacatalog.{lake.database}.made' already exists"
    assert lake.failure("CREATE TABLE made AS SELECT 1 AS a") == text
    lake.run("CREATE TABLE IF NOT EXISTS made AS SELECT 1 AS a")


@pytest.mark.parametrize("form", ["PARQUET", "ORC", "JSON", "TEXTFILE"])
def test_formats(lake: Lake, form: str) -> None:
    name = f"form_{form.lower()}"
    lake.run(f"""CREATE TABLE {name} WITH (format = '{form}', external_location = '{lake.root}/{name}/') AS
        SELECT 1 AS a, 'x' AS b, 1.5e0 AS c, true AS d, DATE '2026-01-02' AS e,
        TIMESTAMP '2026-01-02 03:04:05.678' AS f,
        DECIMAL '12.30' AS g, CAST(NULL AS integer) AS h, ARRAY['p', 'q'] AS i, MAP(ARRAY['k'], ARRAY[1]) AS j,
        CAST(ROW(1, 'z') AS ROW(m integer, n varchar)) AS o, bigint '5' AS p""")
    assert lake.rows(f"SELECT * FROM {name}") == [
        ("1", "x", "1.5", "true", "2026-01-02", "2026-01-02 03:04:05.678", "12.30", None, "[p, q]", "{k=1}",
         "{m=1, n=z}", "5"),
    ]  # fmt: skip
    key = lake.keys(f"{name}/")[0]
    assert key.endswith(".gz") == (form in ("JSON", "TEXTFILE"))
    body = lake.get(f"{lake.root}/{key}")
    if form == "JSON":
        assert json.loads(gzip.decompress(body))["g"] == 12.3
    elif form == "TEXTFILE":
        assert gzip.decompress(body).startswith(b"1\x01x\x011.5\x01true\x012026-01-02\x01")
    elif form == "ORC":
        assert orc.ORCFile(io.BytesIO(body)).nrows == 1


def test_partitions_and_compression(lake: Lake) -> None:
    execution = lake.run(f"""CREATE TABLE split WITH (
        format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['k', 'dt'],
        external_location = '{lake.root}/split/') AS
        SELECT x AS a, CAST(x % 2 AS varchar) AS k, DATE '2026-01-01' + INTERVAL '1' DAY * (x % 3) AS dt
        FROM UNNEST(sequence(1, 12)) AS t(x)""")
    assert len(manifest(lake, execution)) == 6
    assert any(key.startswith("split/k=0/dt=2026-01-02/") for key in lake.keys("split/"))
    first = parquet.ParquetFile(io.BytesIO(lake.get(manifest(lake, execution)[0])))
    assert first.schema_arrow.names == ["a"]
    assert first.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert len(lake.lines("SHOW PARTITIONS split")) == 6
    assert lake.rows("SELECT a FROM split WHERE k = '0' AND dt = DATE '2026-01-01' ORDER BY a") == [("6",), ("12",)]
    many = "SELECT x AS a, x AS k FROM UNNEST(sequence(1, 101)) AS t(x)"
    text = lake.failure(f"CREATE TABLE many WITH (partitioned_by = ARRAY['k']) AS {many}")
    assert text.startswith("HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers")


def test_rows_put_in(lake: Lake) -> None:
    lake.put("into/a.json", [{"a": 1, "b": "x"}])
    lake.run(f"CREATE EXTERNAL TABLE into_json (a int, b string, c double) {OPENX} LOCATION '{lake.root}/into/'")
    execution = lake.run("INSERT INTO into_json VALUES (2, 'y', 0.5), (3, NULL, 1)")
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "INSERT")
    assert lake.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])["UpdateCount"] == 2
    lake.run("INSERT INTO into_json (b, a) SELECT 'named', 4")
    assert lake.rows("SELECT * FROM into_json ORDER BY a") == [
        ("1", "x", None),
        ("2", "y", "0.5"),
        ("3", None, "1.0"),
        ("4", "named", None),
    ]
    text = "TYPE_MISMATCH: line 1:13: Insert query has mismatched column types: Table: [integer, varchar, double], "
    assert lake.failure("INSERT INTO into_json SELECT 'a', 'b', 1") == f"{text}Query: [varchar(1), varchar(1), integer]"
    csv = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
    lake.run(f"CREATE EXTERNAL TABLE into_csv (a string) {csv} LOCATION '{lake.root}/into_csv/'")
    assert lake.failure("INSERT INTO into_csv SELECT 'a'").startswith("NOT_SUPPORTED: line 1:13: ")


def test_partitions_put_in(lake: Lake) -> None:
    lake.run(f"""CREATE EXTERNAL TABLE into_parts (a int) PARTITIONED BY (dt string) STORED AS PARQUET
        LOCATION '{lake.root}/into_parts/'""")
    lake.run(f"ALTER TABLE into_parts ADD PARTITION (dt='old') LOCATION '{lake.root}/somewhere/'")
    lake.run("INSERT INTO into_parts SELECT 1, 'old' UNION ALL SELECT 2, 'new' UNION ALL SELECT 3, 'a b/c'")
    assert lake.rows("SELECT * FROM into_parts ORDER BY a") == [("1", "old"), ("2", "new"), ("3", "a b/c")]
    assert len(lake.keys("somewhere/")) == 1
    assert any(key.startswith("into_parts/dt=a b%2Fc/") for key in lake.keys("into_parts/"))


def test_unload(lake: Lake) -> None:
    sql = f"UNLOAD (SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, 'y') TO '{lake.root}/out/' WITH (format = 'JSON')"
    execution = lake.run(sql)
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "UNLOAD")
    uris = manifest(lake, execution)
    rows = [json.loads(line) for uri in uris for line in gzip.decompress(lake.get(uri)).splitlines()]
    assert sorted(rows, key=lambda row: row["a"]) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert lake.failure(sql) == f"HIVE_PATH_ALREADY_EXISTS: Target directory already exists: {lake.root}/out/"
    options = "format = 'TEXTFILE', field_delimiter = '|', compression = 'NONE', partitioned_by = ARRAY['b']"
    execution = lake.run(f"UNLOAD (SELECT 1 AS a, NULL AS n, 'x' AS b) TO '{lake.root}/text/' WITH ({options})"
                         .replace("NULL", "CAST(NULL AS varchar)"))  # fmt: skip
    assert "/b=x/" in manifest(lake, execution)[0]
    assert lake.get(manifest(lake, execution)[0]) == b"1|\\N\n"


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("CREATE TABLE x AS SELECT 1", "SYNTAX_ERROR: line 1:19: Column name not specified at position 1"),
        ("CREATE TABLE x AS SELECT 1 AS a, 2 AS A",
         "DUPLICATE_COLUMN_NAME: line 1:19: Column name 'a' specified more than once"),
        ("CREATE TABLE x AS SELECT now() AS a",
         "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone"),
        ("CREATE TABLE x WITH (nothing = 1) AS SELECT 1 AS a",
         "INVALID_TABLE_PROPERTY: line 1:32: Catalog 'awsdatacatalog' table property 'nothing' does not exist"),
        ("CREATE TABLE x WITH (format = 'XML') AS SELECT 1 AS a",
         "INVALID_TABLE_PROPERTY: line 1:31: Unable to set table property 'format' to [XML]: Invalid value [XML]. "
         "Valid values: [PARQUET, ORC, AVRO, JSON, TEXTFILE]"),
        ("CREATE TABLE x WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b",
         "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as "
         "the table properties: [a]"),
        ("CREATE TABLE nodb.x AS SELECT 1 AS a", "SCHEMA_NOT_FOUND: line 1:14: Schema 'nodb' does not exist"),
    ],
)  # fmt: skip
def test_refusals(lake: Lake, sql: str, text: str) -> None:
    assert lake.failure(sql) == text
