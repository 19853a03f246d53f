"""Types made of values, merged and written out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.glue.schema.hive_type import NOTHING, Array, Record, Scalar, agree, merged, similarity, text, type_of

VALUES = [
    (1, "int"),
    (-(2**31), "int"),
    (2**31, "bigint"),
    (3_000_000_000, "bigint"),
    (2**63, "double"),
    (1.5, "double"),
    (1e3, "double"),
    (True, "boolean"),
    ("2026-01-02T03:04:05Z", "string"),
    (None, "string"),
    ([], "array<string>"),
    ([1, 2.5], "array<double>"),
    ([None, 1], "array<int>"),
    ({}, "string"),
    ({"id": {"S": "a"}, "n": {"N": "1"}}, "struct<id:struct<S:string>,n:struct<N:string>>"),
    ([{"a": 1}, {"b": "x"}], "array<struct<a:int,b:string>>"),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values_have_types(value: Any, expected: str) -> None:
    assert text(type_of(value)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (1, 3_000_000_000, "bigint"),
        (1, 1.5, "double"),
        (3_000_000_000, 1.5, "double"),
        (1, "a", "string"),
        (1, True, "string"),
        (None, 1, "int"),
        (1, {"a": 1}, "string"),
        ([1], "a", "string"),
        ([1], ["a"], "array<string>"),
        ({"a": 1}, {"b": 2.5, "a": None}, "struct<a:int,b:double>"),
        ({"a": 1}, {"a": {"b": 1}}, "struct<a:string>"),
    ],
)
def test_types_merge(first: Any, second: Any, expected: str) -> None:
    assert text(merged(type_of(first), type_of(second))) == expected


scalars = st.sampled_from([None, 1, 2**40, 1.5, True, "x"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


@given(values, values)
def test_merging_knows_no_side(first: Any, second: Any) -> None:
    one, other = type_of(first), type_of(second)
    assert merged(one, one) == one
    assert merged(one, other) == merged(other, one)
    assert merged(merged(one, other), other) == merged(one, other)


@given(values)
def test_nothing_changes_nothing(value: Any) -> None:
    assert merged(type_of(value), NOTHING) == type_of(value)


def test_agreement_is_widening() -> None:
    assert agree(Scalar("int"), Scalar("double"))
    assert not agree(Scalar("int"), Scalar("string"))
    assert agree(Record({}), Record({"a": Scalar("int")}))
    assert not agree(Array(Scalar("int")), Scalar("string"))


def test_similarity_is_the_least_share_of_all_columns() -> None:
    whole, number = Scalar("int"), Scalar("bigint")
    assert similarity([{"a": whole, "b": whole}, {"a": number, "b": whole}]) == 1.0
    assert similarity([{"a": whole, "b": whole}, {"c": whole, "d": whole}]) == 0.5
    assert similarity([{"a": whole, "b": whole}, {"a": Scalar("string"), "b": whole}]) == 0.5
    assert similarity([]) == 1.0
