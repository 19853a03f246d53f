"""Expressions over partition keys, against an oracle: Python's own comparisons of the same tree."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.glue.partition_expression import compiled
from tailrace.wire.errors import AwsError

KEYS = [{"Name": "year", "Type": "string"}, {"Name": "n", "Type": "int"}, {"Name": "Day", "Type": "date"}]


def holds(expression: str, *values: str) -> bool:
    return compiled(expression, KEYS)(values)


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("year = '2026'", ("2026", "1", "2026-01-02"), True),
        ("'2026' = year", ("2026", "1", "2026-01-02"), True),
        ("year > '9'", ("10", "1", "2026-01-02"), False),
        ("n > 9", ("2026", "10", "2026-01-02"), True),
        ("10 > n", ("2026", "9", "2026-01-02"), True),
        ("n = '010'", ("2026", "10", "2026-01-02"), True),
        ("n <> 3 AND n != 4", ("2026", "5", "2026-01-02"), True),
        ("year = '2025' or n = 5", ("2026", "5", "2026-01-02"), True),
        ("year = '2025' AND n = 5 OR n = 6", ("2026", "6", "2026-01-02"), True),
        ("year = '2025' AND (n = 5 OR n = 6)", ("2026", "6", "2026-01-02"), False),
        ("NOT (year = '2025')", ("2026", "6", "2026-01-02"), True),
        ("n IN (1, 2, 3)", ("2026", "2", "2026-01-02"), True),
        ("year not in ('2025','2026')", ("2026", "2", "2026-01-02"), False),
        ("n between 1 and 3", ("2026", "3", "2026-01-02"), True),
        ("n NOT BETWEEN 1 AND 3", ("2026", "3", "2026-01-02"), False),
        ("year LIKE '20_%'", ("2026", "3", "2026-01-02"), True),
        ("year NOT LIKE '%7'", ("2026", "3", "2026-01-02"), True),
        ("day >= '2026-01-01'", ("2026", "3", "2026-01-02"), True),
        ("DAY >= date '2026-02-01'", ("2026", "3", "2026-01-02"), False),
        ('"day" < "n"', ("2026", "3", "2026-01-02"), None),
        ("`n` = -3", ("2026", "-3", "2026-01-02"), True),
        ("year IS NULL", ("__HIVE_DEFAULT_PARTITION__", "3", "2026-01-02"), True),
        ("year IS NOT NULL", ("__HIVE_DEFAULT_PARTITION__", "3", "2026-01-02"), False),
        ("n = 1", ("2026", "x", "2026-01-02"), False),
        ("year = 'it''s'", ("it's", "3", "2026-01-02"), True),
    ],
)
def test_expressions(expression: str, values: tuple[str, ...], expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(AwsError, match="Unsupported expression"):
            holds(expression, *values)
    else:
        assert holds(expression, *values) is expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nobody = 1", "Unknown column 'nobody'"),
        ("year =", "Unsupported expression 'year ='"),
        ("year = '2026' AND", "Unsupported expression"),
        ("year ~ 'x'", "Unsupported expression"),
        ("(year = '1'", "Unsupported expression"),
        ("n = 'x'", "Unsupported expression 'x'"),
        ("year NOT = '1'", "Unsupported expression"),
        ("(" * 1000 + "n = 1" + ")" * 1000, "Unsupported expression"),
        ("NOT " * 500 + "n = 1", "Unsupported expression"),
    ],
)
def test_refused(expression: str, message: str) -> None:
    with pytest.raises(AwsError, match=message) as caught:
        compiled(expression, KEYS)
    assert caught.value.code == "InvalidInputException"


def test_many_wildcards_cost_no_more_than_one() -> None:
    assert not holds("year LIKE '" + "%a" * 40 + "b'", "a" * 3000, "1", "2026-01-01")
    assert holds("year LIKE '%a%_b'", "xayzb", "1", "2026-01-01")


comparisons = st.tuples(st.sampled_from(["=", "<>", "<", ">", "<=", ">="]), st.integers(-3, 3)).map(
    lambda pair: (f"n {pair[0]} {pair[1]}", pair)
)
trees = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
            lambda three: (f"({three[0][0]} {three[1]} {three[2][0]})", (three[1], three[0][1], three[2][1]))
        ),
        inner.map(lambda one: (f"NOT ({one[0]})", ("NOT", one[1]))),
    ),
    max_leaves=8,
)


def oracle(tree: Any, value: int) -> bool:
    if tree[0] == "NOT":
        return not oracle(tree[1], value)
    if tree[0] in ("AND", "OR"):
        found = [oracle(each, value) for each in tree[1:]]
        return all(found) if tree[0] == "AND" else any(found)
    operator, other = tree
    python = {"=": "==", "<>": "!="}.get(operator, operator)
    return bool(eval(f"{value} {python} {other}"))


@given(trees, st.integers(-4, 4))
def test_trees_hold_as_the_oracle_says(tree: tuple[str, Any], value: int) -> None:
    text, shape = tree
    assert holds(text, "2026", str(value), "2026-01-01") is oracle(shape, value)
