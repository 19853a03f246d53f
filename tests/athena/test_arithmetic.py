"""Arithmetic, signs and mathematical functions: Trino's types, rounding and overflows."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("1 + 1", "2", "integer"),
    ("-2147483648", "-2147483648", "bigint"),
    ("1 - 2.5", "-1.5", "decimal(12,1)"),
    ("2 * 3.5e0", "7.0", "double"),
    ("7 / 2", "3", "integer"),
    ("-7 / 2", "-3", "integer"),
    ("7 / -2", "-3", "integer"),
    ("7 % 3", "1", "integer"),
    ("-7 % 3", "-1", "integer"),
    ("7e0 / 2", "3.5", "double"),
    ("1.0 / 3", "0.3", "decimal(2,1)"),
    ("10.00 / 3", "3.33", "decimal(4,2)"),
    ("2.00 / 3.0", "0.67", "decimal(4,2)"),
    ("-2.00 / 3.0", "-0.67", "decimal(4,2)"),
    ("1e0 / 0", "Infinity", "double"),
    ("real '1.5' * 2", "3.0", "real"),
    ("1.1 + 2.22", "3.32", "decimal(4,2)"),
    ("1.1 * 1.1", "1.21", "decimal(4,2)"),
    ("7.5 % 2", "1.5", "decimal(2,1)"),
    ("smallint '5' + 1", "6", "integer"),
    ("- (5)", "-5", "integer"),
    ("+5", "5", "integer"),
    ("-(-5)", "5", "integer"),
    ("1 + null", None, "integer"),
    ("bigint '5' * 2", "10", "bigint"),
    ("abs(-5)", "5", "integer"),
    ("abs(-1.5)", "1.5", "decimal(2,1)"),
    ("abs(-2e0)", "2.0", "double"),
    ("sign(-3)", "-1", "integer"),
    ("sign(-2.5)", "-1", "decimal(1,0)"),
    ("sign(-2.5e0)", "-1.0", "double"),
    ("ceil(1.2)", "2", "decimal(2,0)"),
    ("ceil(decimal '7')", "7", "decimal(1,0)"),
    ("ceil(-1.2e0)", "-1.0", "double"),
    ("floor(-1.5)", "-2", "decimal(2,0)"),
    ("floor(7)", "7", "integer"),
    ("round(2.5)", "3", "decimal(2,0)"),
    ("round(-2.5e0)", "-3.0", "double"),
    ("round(1.005, 2)", "1.010", "decimal(5,3)"),
    ("round(3.14159e0, 2)", "3.14", "double"),
    ("round(1234, -2)", "1200", "integer"),
    ("truncate(1.99e0)", "1.0", "double"),
    ("truncate(-1.99)", "-1", "decimal(2,0)"),
    ("sqrt(16)", "4.0", "double"),
    ("exp(0)", "1.0", "double"),
    ("ln(e())", "1.0", "double"),
    ("log2(8)", "3.0", "double"),
    ("log10(1000)", "3.0", "double"),
    ("log(2, 64)", "6.0", "double"),
    ("power(2, 10)", "1024.0", "double"),
    ("pow(2, 0.5e0)", "1.4142135623730951", "double"),
    ("mod(7, 3)", "1", "integer"),
    ("mod(-7.5, 2)", "-1.5", "decimal(2,1)"),
    ("pi()", "3.141592653589793", "double"),
    ("infinity()", "Infinity", "double"),
    ("nan()", "NaN", "double"),
    ("is_nan(nan())", "true", "boolean"),
    ("is_infinite(infinity())", "true", "boolean"),
    ("is_finite(1)", "true", "boolean"),
    ("to_base(255, 16)", "ff", "varchar"),
    ("from_base('ff', 16)", "255", "bigint"),
    ("width_bucket(5, 0, 10, 5)", "3", "bigint"),
    ("bitwise_and(5, 3)", "1", "bigint"),
    ("bitwise_or(5, 3)", "7", "bigint"),
    ("bitwise_xor(5, 3)", "6", "bigint"),
    ("bitwise_not(5)", "-6", "bigint"),
    ("bitwise_left_shift(1, 4)", "16", "bigint"),
    ("bit_count(7, 64)", "3", "bigint"),
    ("degrees(pi())", "180.0", "double"),
    ("radians(180)", "3.141592653589793", "double"),
    ("atan2(1, 1)", "0.7853981633974483", "double"),
    ("greatest(1, 2, 3)", "3", "integer"),
    ("least('b', 'a')", "a", "varchar(1)"),
    ("greatest(1, null)", None, "integer"),
    ("greatest(1.5, 2)", "2.0", "decimal(11,1)"),
]
FAILURES = [
    ("2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1"),
    ("9223372036854775807 + 1", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: 9223372036854775807 + 1"),
    ("1 / 0", "DIVISION_BY_ZERO: Division by zero"),
    ("1.0 / 0", "DIVISION_BY_ZERO: Division by zero"),
    ("5 % 0", "DIVISION_BY_ZERO: Division by zero"),
    ("decimal '99999999999999999999999999999999999999' + 1", "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"),
    ("tinyint '100' + tinyint '100'", "NUMERIC_VALUE_OUT_OF_RANGE: tinyint addition overflow: 100 + 100"),
    ("true + 1", "TYPE_MISMATCH: line 1:13: Cannot apply operator: boolean + integer"),
    ("'a' + 'b'", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) + varchar(1)"),
    ("- 'a'", "TYPE_MISMATCH: line 1:8: Cannot negate varchar(1)"),
    (
        "greatest('a', 1)",
        "TYPE_MISMATCH: line 1:8: All greatest arguments must be the same type or coercible to a common t"
        "ype. Cannot find common type between varchar(1) and integer, all types (without duplicates): [va"
        "rchar(1), integer]",
    ),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
