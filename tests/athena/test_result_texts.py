"""How values look in a result, and the types that literals have."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("1e10", "1.0E10", "double"),
    ("1e-5", "1.0E-5", "double"),
    ("123456789.0e0", "1.23456789E8", "double"),
    ("0.001e0", "0.001", "double"),
    ("9999999e0", "9999999.0", "double"),
    ("1e7", "1.0E7", "double"),
    ("1e0", "1.0", "double"),
    ("100e0", "100.0", "double"),
    ("-1.5e-10", "-1.5E-10", "double"),
    ("1.7976931348623157e308", "1.7976931348623157E308", "double"),
    ("real '3.4e38'", "3.4E38", "real"),
    ("X'68656c'", "68 65 6c", "varbinary"),
    ("'it''s'", "it's", "varchar(4)"),
    ("''", "", "varchar(0)"),
    ("U&'x'", "x", "varchar(1)"),
    ("12345678901", "12345678901", "bigint"),
    (".5", "0.5", "decimal(1,1)"),
    ("-.25", "-0.25", "decimal(2,2)"),
    ("5.", "5", "decimal(1,0)"),
    ("true", "true", "boolean"),
    ("null", None, "unknown"),
    ("ARRAY['a', null]", "[a, null]", "array(varchar(1))"),
    ("ARRAY[1e10]", "[1.0E10]", "array(double)"),
    ("MAP(ARRAY[1], ARRAY[ROW(1, null)])", "{1={field0=1, field1=null}}", "map(integer, row(integer, unknown))"),
    ("typeof(1)", "integer", "varchar"),
    ("typeof(1.5)", "decimal(2,1)", "varchar"),
    ("typeof('a')", "varchar(1)", "varchar"),
    ("typeof(null)", "unknown", "varchar"),
    ("typeof(array[1])", "array(integer)", "varchar"),
    ("typeof(now())", "timestamp(3) with time zone", "varchar"),
    ("typeof(cast(null as row(a bigint, b array(varchar))))", "row(a bigint, b array(varchar))", "varchar"),
]
FAILURES = [
    ("99999999999999999999", "INVALID_LITERAL: line 1:8: Invalid numeric literal: 99999999999999999999"),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
