"""Arrays, maps, rows and lambdas."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("ARRAY[1,2][1]", "1", "integer"),
    ("element_at(ARRAY[1,2], 3)", None, "integer"),
    ("element_at(ARRAY[1,2], -1)", "2", "integer"),
    ("cardinality(ARRAY[1,2])", "2", "bigint"),
    ("cardinality(MAP(ARRAY['a'],ARRAY[1]))", "1", "bigint"),
    ("contains(ARRAY[1,2], 2)", "true", "boolean"),
    ("contains(ARRAY[1,null], 2)", None, "boolean"),
    ("array_distinct(ARRAY[1,2,1,null,null])", "[1, 2, null]", "array(integer)"),
    ("array_intersect(ARRAY[3,1,2], ARRAY[2,3])", "[2, 3]", "array(integer)"),
    ("array_union(ARRAY[1,2], ARRAY[2,3])", "[1, 2, 3]", "array(integer)"),
    ("array_except(ARRAY[1,2,2,3], ARRAY[2])", "[1, 3]", "array(integer)"),
    ("array_join(ARRAY[1,null,2], ',')", "1,2", "varchar"),
    ("array_join(ARRAY[1,null,2], ',', 'n')", "1,n,2", "varchar"),
    ("array_max(ARRAY[1,3,2])", "3", "integer"),
    ("array_max(ARRAY[1,null])", None, "integer"),
    ("array_min(ARRAY['b','a'])", "a", "varchar(1)"),
    ("array_position(ARRAY['a','b'], 'b')", "2", "bigint"),
    ("array_position(ARRAY['a'], 'z')", "0", "bigint"),
    ("array_remove(ARRAY[1,2,1], 1)", "[2]", "array(integer)"),
    ("array_sort(ARRAY[3,null,1])", "[1, 3, null]", "array(integer)"),
    ("arrays_overlap(ARRAY[1,2], ARRAY[2,3])", "true", "boolean"),
    ("concat(ARRAY[1], ARRAY[2], ARRAY[3])", "[1, 2, 3]", "array(integer)"),
    ("ARRAY[1] || ARRAY[2]", "[1, 2]", "array(integer)"),
    ("ARRAY[1] || 2", "[1, 2]", "array(integer)"),
    ("0 || ARRAY[1]", "[0, 1]", "array(integer)"),
    ("flatten(ARRAY[ARRAY[1], ARRAY[2,3]])", "[1, 2, 3]", "array(integer)"),
    ("repeat('a', 3)", "[a, a, a]", "array(varchar(1))"),
    ("reverse(ARRAY[1,2,3])", "[3, 2, 1]", "array(integer)"),
    ("sequence(1, 5)", "[1, 2, 3, 4, 5]", "array(bigint)"),
    ("sequence(5, 1)", "[5, 4, 3, 2, 1]", "array(bigint)"),
    ("sequence(1, 10, 3)", "[1, 4, 7, 10]", "array(bigint)"),
    ("sequence(date '2026-01-30', date '2026-02-01')", "[2026-01-30, 2026-01-31, 2026-02-01]", "array(date)"),
    (
        "sequence(date '2026-01-31', date '2026-03-31', interval '1' month)",
        "[2026-01-31, 2026-02-28, 2026-03-31]",
        "array(date)",
    ),
    (
        "sequence(timestamp '2026-01-01 00:00:00', timestamp '2026-01-01 02:00:00', interval '1' hour)",
        "[2026-01-01 00:00:00.000, 2026-01-01 01:00:00.000, 2026-01-01 02:00:00.000]",
        "array(timestamp(3))",
    ),
    ("slice(ARRAY[1,2,3,4], 2, 2)", "[2, 3]", "array(integer)"),
    ("slice(ARRAY[1,2,3,4], -2, 2)", "[3, 4]", "array(integer)"),
    ("trim_array(ARRAY[1,2,3], 1)", "[1, 2]", "array(integer)"),
    (
        "zip(ARRAY[1,2], ARRAY['a'])",
        "[{field0=1, field1=a}, {field0=2, field1=null}]",
        "array(row(integer, varchar(1)))",
    ),
    ("filter(ARRAY[5,-6,null,7], x -> x > 0)", "[5, 7]", "array(integer)"),
    ("transform(ARRAY[1,2], x -> x * 2)", "[2, 4]", "array(integer)"),
    ("transform(ARRAY['a','b'], x -> x || '!')", "[a!, b!]", "array(varchar)"),
    ("any_match(ARRAY[1,2], x -> x > 1)", "true", "boolean"),
    ("all_match(ARRAY[1,2], x -> x > 1)", "false", "boolean"),
    ("none_match(ARRAY[1,2], x -> x > 2)", "true", "boolean"),
    ("any_match(ARRAY[1,null], x -> x > 1)", None, "boolean"),
    ("reduce(ARRAY[5,20,50], 0, (s, x) -> s + x, s -> s)", "75", "integer"),
    ("reduce(ARRAY['a','b'], '', (s, x) -> s || x, s -> upper(s))", "AB", "varchar"),
    ("zip_with(ARRAY[1,2], ARRAY['a','b'], (x, y) -> y || cast(x as varchar))", "[a1, b2]", "array(varchar)"),
    ("transform(ARRAY[ARRAY[1,2],ARRAY[3]], a -> transform(a, x -> x + 1))", "[[2, 3], [4]]", "array(array(integer))"),
    ("ARRAY[1, 2.5]", "[1.0, 2.5]", "array(decimal(11,1))"),
    ("ARRAY[]", "[]", "array(unknown)"),
    ("MAP(ARRAY['a','b'], ARRAY[1,2])", "{a=1, b=2}", "map(varchar(1), integer)"),
    ("MAP(ARRAY['a'], ARRAY[1])['a']", "1", "integer"),
    ("element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')", None, "integer"),
    ("map_keys(MAP(ARRAY['a','b'], ARRAY[1,2]))", "[a, b]", "array(varchar(1))"),
    ("map_values(MAP(ARRAY['a','b'], ARRAY[1,2]))", "[1, 2]", "array(integer)"),
    ("map_entries(MAP(ARRAY['a'], ARRAY[1]))", "[{field0=a, field1=1}]", "array(row(varchar(1), integer))"),
    ("map_from_entries(ARRAY[ROW('a', 1), ROW('b', 2)])", "{a=1, b=2}", "map(varchar(1), integer)"),
    (
        "map_concat(MAP(ARRAY['a','b'], ARRAY[1,2]), MAP(ARRAY['b'], ARRAY[3]))",
        "{a=1, b=3}",
        "map(varchar(1), integer)",
    ),
    ("map_filter(MAP(ARRAY['a','b'], ARRAY[1,2]), (k, v) -> v > 1)", "{b=2}", "map(varchar(1), integer)"),
    ("transform_keys(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k || cast(v as varchar))", "{a1=1}", "map(varchar, integer)"),
    ("transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1)", "{a=2}", "map(varchar(1), integer)"),
    ("MAP()", "{}", "map(unknown, unknown)"),
    ("ROW(1, 'a')", "{field0=1, field1=a}", "row(integer, varchar(1))"),
    ("(1, 'a')", "{field0=1, field1=a}", "row(integer, varchar(1))"),
    ("ROW(1,2)[2]", "2", "integer"),
]
FAILURES = [
    ("ARRAY[1,2][0]", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
    ("ARRAY[1,2][-1]", "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: -1"),
    ("ARRAY[1,2][3]", "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > 2"),
    ("element_at(ARRAY[1,2], 0)", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
    (
        "sequence(1, 5, -1)",
        "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value if"
        " step is greater than zero otherwise stop should be less than or equal to start",
    ),
    ("slice(ARRAY[1,2], 0, 1)", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"),
    (
        "ARRAY[1, 'a']",
        "TYPE_MISMATCH: line 1:8: All ARRAY elements must be the same type or coercible to a common type."
        " Cannot find common type between all types (without duplicates): [integer, varchar(1)]",
    ),
    ("MAP(ARRAY['a','a'], ARRAY[1,2])", "INVALID_FUNCTION_ARGUMENT: Duplicate map keys are not allowed"),
    ("MAP(ARRAY['a'], ARRAY[1, 2])", "INVALID_FUNCTION_ARGUMENT: Key and value arrays must be the same length"),
    ("MAP(ARRAY['a'], ARRAY[1])['b']", "INVALID_FUNCTION_ARGUMENT: Key not present in map: b"),
    ("ROW(1,2)[3]", "INVALID_FUNCTION_ARGUMENT: line 1:8: ROW index out of bounds: 3"),
    (
        "ROW(1).x",
        "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to acce"
        "ss requested resources",
    ),
    ("1[1]", "TYPE_MISMATCH: line 1:8: Cannot use integer for subscript of integer"),
    (
        "transform(1, x -> x)",
        "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer, <function>) for function transform"
        ". Expected: transform(array(T), function(T, U))",
    ),
    (
        "filter(ARRAY[1], x -> x + 1)",
        "TYPE_MISMATCH: line 1:32: Expected a lambda whose result is boolean, but it is integer",
    ),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
