"""Which partitions a query reads: those that its conditions leave, of the catalog or projected."""

from __future__ import annotations

import datetime

import pytest

from athena.conftest import Lake
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.java_date import read_date, write_date
from tailrace.athena.catalog.projection import Projection

OPENX = "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'"
_LINE = len('{"a": 1}\n')


@pytest.fixture(scope="module")
def days(lake: Lake) -> Lake:
    """Sixty days with a line each, and a view over them."""
    lake.run(
        f"CREATE EXTERNAL TABLE days (a int) PARTITIONED BY (dt string, hr int) {OPENX} LOCATION '{lake.root}/days/'"
    )
    first = datetime.date(2026, 1, 1)
    for number in range(60):
        lake.put(f"days/dt={first + datetime.timedelta(number)}/hr={number % 24}/x.json", '{"a": 1}\n')
    lake.run("MSCK REPAIR TABLE days")
    lake.run("CREATE VIEW recent AS SELECT a, dt AS day, hr FROM days WHERE a > 0")
    return lake


PRUNED = [
    ("dt = '2026-01-05'", 1),
    ("dt IN ('2026-01-05', '2026-02-01', 'x')", 2),
    ("dt BETWEEN '2026-01-05' AND '2026-01-07'", 3),
    ("dt >= '2026-02-25' AND a = 1", 5),
    ("dt LIKE '2026-02-%'", 28),
    ("CAST(dt AS date) = DATE '2026-01-05'", 1),
    ("date_parse(dt, '%Y-%m-%d') < TIMESTAMP '2026-01-03 00:00:00'", 2),
    ("substr(dt, 6, 2) = '02'", 28),
    ("hr = 3", 3),
    ("hr + 1 = 4 AND dt > '2026-01-31'", 1),
    ("dt = '2026-01-05' OR dt = '2026-01-06'", 2),
    ("dt = '2026-01-05' OR a = 2", 60),
    ("a = 1", 60),
    ('dt = (SELECT max(dt) FROM "days$partitions")', 60),
    ("dt IS NULL", 0),
    ("dt > CAST(DATE '2026-01-03' AS varchar) AND dt < '2026-01-06'", 2),
]


@pytest.mark.parametrize(("condition", "count"), PRUNED)
def test_conditions_leave_partitions_out(days: Lake, condition: str, count: int) -> None:
    scanned = days.run(f"SELECT count(*) FROM days WHERE {condition}")["Statistics"]["DataScannedInBytes"]
    assert scanned == count * _LINE


THROUGH = [
    ("SELECT * FROM recent WHERE day = '2026-01-05'", 1),
    ("SELECT * FROM (SELECT upper(dt) AS u, dt AS d FROM days) WHERE d = '2026-01-05'", 1),
    ("WITH w AS (SELECT * FROM days) SELECT * FROM w WHERE dt = '2026-01-05'", 1),
    ("SELECT dt, count(*) FROM days GROUP BY dt HAVING dt = '2026-01-05'", 60),
    ("SELECT * FROM (SELECT dt, count(*) AS n FROM days GROUP BY dt) WHERE dt = '2026-01-05'", 1),
    ("SELECT * FROM (SELECT * FROM days LIMIT 3) WHERE dt = '2026-01-05'", 60),
    ("SELECT d.a FROM days d JOIN (VALUES 1) v(a) ON d.a = v.a AND d.dt = '2026-01-05'", 1),
    ("SELECT d.a FROM (VALUES 1) v(a) LEFT JOIN days d ON d.a = v.a AND d.dt = '2026-01-05'", 1),
    ("SELECT d.a FROM days d LEFT JOIN (VALUES 1) v(a) ON d.a = v.a AND d.dt = '2026-01-05'", 60),
    ("SELECT d.a FROM (VALUES 1) v(a) LEFT JOIN days d ON d.a = v.a WHERE d.dt IS NULL", 60),
    ("SELECT count(*) FROM days x, days y WHERE x.dt = y.dt AND x.dt = '2026-01-05' AND y.dt = '2026-01-05'", 2),
]


@pytest.mark.parametrize(("sql", "count"), THROUGH)
def test_conditions_reach_through(days: Lake, sql: str, count: int) -> None:
    assert days.run(sql)["Statistics"]["DataScannedInBytes"] == count * _LINE


def test_keys_are_columns(days: Lake) -> None:
    assert days.rows("SELECT dt, hr, a, \"$partition\" FROM days WHERE dt = '2026-01-26'") == [
        ("2026-01-26", "1", "1", "dt=2026-01-26/hr=1")
    ]
    assert days.rows("SELECT min(dt), max(hr), count(DISTINCT dt) FROM days") == [("2026-01-01", "23", "60")]
    assert days.rows('SELECT count(*) FROM "days$partitions" WHERE hr = 0') == [("3",)]


def test_schemas_that_differ(lake: Lake) -> None:
    lake.put("mixed/dt=1/x.json", [{"a": 1}])
    lake.run(f"CREATE EXTERNAL TABLE mixed (a int) PARTITIONED BY (dt string) {OPENX} LOCATION '{lake.root}/mixed/'")
    lake.run("MSCK REPAIR TABLE mixed")
    lake.run("ALTER TABLE mixed REPLACE COLUMNS (a array<int>)")
    assert lake.failure("SELECT * FROM mixed").startswith(
        "HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the table and partition schemas. The types are "
        "incompatible and cannot be coerced. The column 'a' in table"
    )
    lake.run("ALTER TABLE mixed REPLACE COLUMNS (a bigint, b string)")
    assert lake.rows("SELECT a, b FROM mixed") == [("1", None)]


def test_projected_partitions(lake: Lake) -> None:
    for day in ("2026/01/01", "2026/01/02", "2026/01/09"):
        lake.put(f"projected/{day}/eu/x.json", [{"a": int(day[-2:])}])
    lake.run(f"""CREATE EXTERNAL TABLE projected (a int) PARTITIONED BY (day string, region string) {OPENX}
        LOCATION '{lake.root}/projected/' TBLPROPERTIES (
        'projection.enabled'='true', 'projection.day.type'='date', 'projection.day.format'='yyyy/MM/dd',
        'projection.day.range'='2026/01/01,2026/01/05', 'projection.region.type'='enum',
        'projection.region.values'='eu,us',
        'storage.location.template'='{lake.root}/projected/${{day}}/${{region}}/')""")
    assert lake.rows("SELECT * FROM projected ORDER BY a") == [("1", "2026/01/01", "eu"), ("2", "2026/01/02", "eu")]
    assert lake.rows("SELECT a FROM projected WHERE day = '2026/01/02'") == [("2",)]
    assert lake.rows("SELECT a FROM projected WHERE day = '2026/01/09'") == []
    assert lake.lines("SHOW PARTITIONS projected") == []
    lake.run("ALTER TABLE projected SET TBLPROPERTIES ('projection.region.type'='injected')")
    assert "For the injected projected partition column region" in lake.failure("SELECT * FROM projected")
    assert lake.rows("SELECT a FROM projected WHERE region = 'eu' AND day < '2026/01/02'") == [("1",)]


def projection(now: datetime.datetime, **properties: str) -> Projection:
    parameters = {f"projection.k.{name}": value for name, value in properties.items()}
    table = {
        "Parameters": parameters,
        "PartitionKeys": [{"Name": "k", "Type": "string"}],
        "StorageDescriptor": {"Location": "s3://b/t"},
    }
    return Projection("db.t", table, now)


NOW = datetime.datetime(2026, 3, 31, 12, 30)
CANDIDATES = [
    ({"type": "integer", "range": "8,10", "digits": "3"}, ["008", "009", "010"]),
    ({"type": "integer", "range": "0,10", "interval": "5"}, ["0", "5", "10"]),
    ({"type": "enum", "values": "a,b c"}, ["a", "b c"]),
    ({"type": "date", "range": "NOW-2DAYS,NOW", "format": "yyyy-MM-dd"}, ["2026-03-29", "2026-03-30", "2026-03-31"]),
    ({"type": "date", "range": "2025-11,NOW", "format": "yyyy-MM"}, [f"2025-{n}" for n in (11, 12)]
     + ["2026-01", "2026-02", "2026-03"]),
    ({"type": "date", "range": "2026-03-31-10,NOW", "format": "yyyy-MM-dd-HH", "interval.unit": "HOURS"},
     ["2026-03-31-10", "2026-03-31-11", "2026-03-31-12"]),
    ({"type": "date", "range": "NOW-1MONTHS,NOW", "format": "yyyyMMdd", "interval": "2", "interval.unit": "WEEKS"},
     ["20260228", "20260314", "20260328"]),
]  # fmt: skip


@pytest.mark.parametrize(("properties", "expected"), CANDIDATES)
def test_candidates(properties: dict[str, str], expected: list[str]) -> None:
    made = projection(NOW, **properties)
    assert made.candidates(0, None) == expected
    assert made.locate([expected[0]]) == f"s3://b/t/k={expected[0]}/"


def test_projection_without_a_type() -> None:
    with pytest.raises(AnalysisProblem, match=r"missing projection configuration: \[k\]"):
        projection(NOW)
    with pytest.raises(AnalysisProblem, match=r"projection\.k\.range"):
        projection(NOW, type="integer").candidates(0, None)


def test_java_dates() -> None:
    moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789000)
    assert write_date(moment, "yyyy/M/d'T'HH:mm:ss.SSS") == "2026/2/3T04:05:06.789"
    assert read_date("2026-02-03-04", "yyyy-MM-dd-HH") == datetime.datetime(2026, 2, 3, 4)
