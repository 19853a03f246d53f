"""Comparisons, logic, LIKE, IN, BETWEEN: no string is a number, and NULL is unknown."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("1 = 1.0", "true", "boolean"),
    ("1 = 1e0", "true", "boolean"),
    ("'a' = 'a'", "true", "boolean"),
    ("'a' < 'b'", "true", "boolean"),
    ("1 <> 2", "true", "boolean"),
    ("1 != 2", "true", "boolean"),
    ("null = null", None, "boolean"),
    ("null is null", "true", "boolean"),
    ("1 is not null", "true", "boolean"),
    ("1 is distinct from null", "true", "boolean"),
    ("null is not distinct from null", "true", "boolean"),
    ("1 between 0 and 2", "true", "boolean"),
    ("1 not between 0 and 2", "false", "boolean"),
    ("1 in (1, 2)", "true", "boolean"),
    ("1 in (2, null)", None, "boolean"),
    ("1 not in (2, 3)", "true", "boolean"),
    ("'abc' like 'a%'", "true", "boolean"),
    ("'abc' like '_b_'", "true", "boolean"),
    ("'a_c' like 'a\\_c' escape '\\'", "true", "boolean"),
    ("'abc' like 'a\\_c' escape '\\'", "false", "boolean"),
    ("'abc' not like 'x%'", "true", "boolean"),
    ("true and null", None, "boolean"),
    ("false and null", "false", "boolean"),
    ("true or null", "true", "boolean"),
    ("not null", None, "boolean"),
    ("date '2026-01-01' < timestamp '2026-01-01 00:00:01'", "true", "boolean"),
    ("ARRAY[1,2] = ARRAY[1,2]", "true", "boolean"),
    ("ARRAY[1,2] < ARRAY[1,3]", "true", "boolean"),
    ("ROW(1, 2) = ROW(1, 2)", "true", "boolean"),
    ("map(array[1],array['x']) = map(array[1],array['x'])", "true", "boolean"),
    ("timestamp '2026-01-01 00:00:00 UTC' = timestamp '2026-01-01 02:00:00 +02:00'", "true", "boolean"),
    ("case when 1 = 1 then 'x' else 'yy' end", "x", "varchar(2)"),
    ("case 2 when 1 then 'a' when 2 then 'b' end", "b", "varchar(1)"),
    ("case when false then 1 end", None, "integer"),
    ("case when true then 1 else 2.5 end", "1.0", "decimal(11,1)"),
    ("if(true, 1, 2)", "1", "integer"),
    ("if(false, 1)", None, "integer"),
    ("coalesce(null, 2)", "2", "integer"),
    ("coalesce(1, 2.5)", "1.0", "decimal(11,1)"),
    ("nullif(1, 1)", None, "integer"),
    ("nullif(1, 2)", "1", "integer"),
]
FAILURES = [
    ("5 between 'a' and 'b'", "TYPE_MISMATCH: line 1:10: Cannot check if integer is BETWEEN varchar(1) and varchar(1)"),
    (
        "'a' in (1, 2)",
        "TYPE_MISMATCH: line 1:16: IN value and list items must be the same type or coercible to a common"
        " type. Cannot find common type between all types (without duplicates): [varchar(1), integer]",
    ),
    (
        "1 like 'a'",
        "TYPE_MISMATCH: line 1:10: Left side of LIKE expression must evaluate to a varchar (actual: integer)",
    ),
    ("1 = 'a'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer = varchar(1)"),
    ("'a' = 1", "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) = integer"),
    ("date '2026-01-01' = '2026-01-01'", "TYPE_MISMATCH: line 1:26: Cannot apply operator: date = varchar(10)"),
    ("1 and true", "TYPE_MISMATCH: line 1:8: Logical expression term must evaluate to a boolean (actual: integer)"),
    ("not 1", "TYPE_MISMATCH: line 1:12: Value of logical NOT expression must evaluate to a boolean (actual: integer)"),
    (
        "map(array[1],array['x']) < map(array[1],array['x'])",
        "TYPE_MISMATCH: line 1:33: Cannot apply operator: map(integer, varchar(1)) < map(integer, varchar(1))",
    ),
    (
        "case when true then 1 else 'a' end",
        "TYPE_MISMATCH: line 1:8: All CASE results must be the same type or coercible to a common type. C"
        "annot find common type between integer and varchar(1), all types (without duplicates): [integer,"
        " varchar(1)]",
    ),
    (
        "case when 1 then 2 end",
        "TYPE_MISMATCH: line 1:18: CASE WHEN clause must evaluate to a boolean (actual: integer)",
    ),
    ("coalesce(1)", "INVALID_FUNCTION_ARGUMENT: line 1:8: The 'coalesce' function must have at least two arguments"),
    ("nullif('a', 1)", "TYPE_MISMATCH: line 1:8: Cannot apply operator: varchar(1) = integer"),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
