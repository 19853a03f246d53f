"""CAST, TRY_CAST and TRY: what each type can become, and Trino's words when a value can't."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("cast('1' as integer)", "1", "integer"),
    ("cast('99999999999' as bigint)", "99999999999", "bigint"),
    ("cast(2.5 as integer)", "3", "integer"),
    ("cast(-2.5 as bigint)", "-3", "bigint"),
    ("cast(2.5e0 as integer)", "3", "integer"),
    ("cast('1e3' as double)", "1000.0", "double"),
    ("cast('NaN' as double)", "NaN", "double"),
    ("cast('12.345' as decimal(5,2))", "12.35", "decimal(5,2)"),
    ("cast('111000000000000000000123' as decimal(38,0))", "111000000000000000000123", "decimal(38,0)"),
    ("cast(1 as decimal(10,2))", "1.00", "decimal(10,2)"),
    ("cast(true as integer)", "1", "integer"),
    ("cast(0 as boolean)", "false", "boolean"),
    ("cast('t' as boolean)", "true", "boolean"),
    ("cast(1 as varchar)", "1", "varchar"),
    ("cast(1.50 as varchar)", "1.50", "varchar"),
    ("cast(1e0 as varchar)", "1.0", "varchar"),
    ("cast(1234567890.123e0 as varchar)", "1.234567890123E9", "varchar"),
    ("cast(0.00001e0 as varchar)", "1.0E-5", "varchar"),
    ("cast(real '1.1' as varchar)", "1.1", "varchar"),
    ("cast(1 as double)", "1.0", "double"),
    ("cast('abc' as varchar(2))", "ab", "varchar(2)"),
    ("cast('abc' as char(5))", "abc  ", "char(5)"),
    ("cast('abc' as char(5)) || 'x'", "abc  x", "varchar"),
    ("cast('2026-2-3' as date)", "2026-02-03", "date"),
    ("cast('2026-02-03 04:05' as timestamp)", "2026-02-03 04:05:00.000", "timestamp(3)"),
    ("cast('2026-02-03' as timestamp)", "2026-02-03 00:00:00.000", "timestamp(3)"),
    ("cast('2026-02-03 04:05:06.1239' as timestamp)", "2026-02-03 04:05:06.124", "timestamp(3)"),
    ("cast('2026-02-03 04:05:06.123456' as timestamp(6))", "2026-02-03 04:05:06.123456", "timestamp(6)"),
    (
        "cast('2026-02-03 04:05:06 Europe/Paris' as timestamp with time zone)",
        "2026-02-03 04:05:06.000 Europe/Paris",
        "timestamp(3) with time zone",
    ),
    ("cast(date '2026-01-01' as timestamp)", "2026-01-01 00:00:00.000", "timestamp(3)"),
    ("cast(timestamp '2026-01-01 10:11:12' as time)", "10:11:12.000", "time(3)"),
    ("cast(ARRAY['1','2'] as ARRAY(integer))", "[1, 2]", "array(integer)"),
    ("cast(MAP(ARRAY['1'],ARRAY['2']) as MAP(integer,bigint))", "{1=2}", "map(integer, bigint)"),
    ("cast(ROW(1, 'a') as ROW(x bigint, y varchar))", "{x=1, y=a}", "row(x bigint, y varchar)"),
    ("cast(ROW(1, 'a') as ROW(x bigint, y varchar)).y", "a", "varchar"),
    (
        "cast(ROW(ROW(1), ARRAY[ROW(2)]) as ROW(a ROW(b integer), c ARRAY(ROW(d varchar))))",
        "{a={b=1}, c=[{d=2}]}",
        "row(a row(b integer), c array(row(d varchar)))",
    ),
    ("try_cast('abc' as integer)", None, "integer"),
    ("try_cast('2026-13-01' as date)", None, "date"),
    ("try_cast('x' as decimal(3,1))", None, "decimal(3,1)"),
    ("try(cast('x' as integer))", None, "integer"),
    ("try(1/0)", None, "integer"),
    ("try(ARRAY[1][2])", None, "integer"),
    ("coalesce(try(1/0), 7)", "7", "integer"),
    ("try(coalesce(1/0, 7))", None, "integer"),
    ("cast(null as integer)", None, "integer"),
    ("cast('  abc ' as varchar)", "  abc ", "varchar"),
]
FAILURES = [
    ("cast(' 1' as integer)", "INVALID_CAST_ARGUMENT: Cannot cast ' 1' to INT"),
    ("cast('1.5' as integer)", "INVALID_CAST_ARGUMENT: Cannot cast '1.5' to INT"),
    ("cast('99999999999' as integer)", "INVALID_CAST_ARGUMENT: Cannot cast '99999999999' to INT"),
    ("cast('300' as tinyint)", "INVALID_CAST_ARGUMENT: Cannot cast '300' to TINYINT"),
    ("cast(300 as tinyint)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for tinyint: 300"),
    ("cast(3000000000 as integer)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 3000000000"),
    ("cast(1e20 as integer)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 1.0E20"),
    ("cast('abc' as double)", "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to DOUBLE"),
    (
        "cast('abc' as decimal(5,2))",
        "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR 'abc' to DECIMAL(5, 2). Value is not a number.",
    ),
    (
        "cast('12345.6' as decimal(5,2))",
        "INVALID_CAST_ARGUMENT: Cannot cast VARCHAR '12345.6' to DECIMAL(5, 2). Value too large.",
    ),
    ("cast('x' as boolean)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to BOOLEAN"),
    ("cast('2026-02-30' as date)", "INVALID_CAST_ARGUMENT: Value cannot be cast to date: 2026-02-30"),
    (
        "cast('2026-02-03T04:05:06' as timestamp)",
        "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2026-02-03T04:05:06",
    ),
    (
        "cast('2026-02-03 04:05:06 UTC' as timestamp)",
        "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: 2026-02-03 04:05:06 UTC",
    ),
    ("cast(1 as date)", "TYPE_MISMATCH: line 1:8: Cannot cast integer to date"),
    ("cast(x'00' as varchar)", "TYPE_MISMATCH: line 1:8: Cannot cast varbinary to varchar"),
    ("cast(1 as foo)", "TYPE_MISMATCH: line 1:18: Unknown type: foo"),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
