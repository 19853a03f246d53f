"""Keys in the store: bytes in DynamoDB's order, and every range condition one interval of them."""

from base64 import b64encode
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.dynamodb.key import KeyAttribute, KeySchema, after, interval, partition
from tailrace.dynamodb.value import admit
from tailrace.wire.errors import AwsError

texts = st.text(st.sampled_from(["\x00", "\x01", "a", "b", "ü", "€", "😀", "\uffff"]), min_size=1, max_size=5)
blobs = st.binary(min_size=1, max_size=5)
numbers = st.decimals(-100, 100, places=2, allow_nan=False)
OPERATORS = ["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"]


def schema(kind: Any) -> KeySchema:
    return KeySchema([KeyAttribute("pk", "S", True), KeyAttribute("sk", kind, False)])


def item(pk: str, kind: str, sk: Any) -> Any:
    inner = b64encode(sk).decode() if kind == "B" else str(sk)
    return admit({"pk": {"S": pk}, "sk": {kind: inner}})[0]


def meets(value: Any, operator: str, operands: list[Any]) -> bool:
    if operator == "begins_with":
        return bool(value.startswith(operands[0]))
    if operator == "BETWEEN":
        return bool(operands[0] <= value <= operands[1])
    tests = {"=": "__eq__", "<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__"}
    return bool(getattr(value, tests[operator])(operands[0]))


def check(kind: Any, value: Any, operator: str, operands: list[Any], ordered: Any) -> None:
    """Assert that the interval of a condition holds exactly the keys that meet it, and only of the partition."""
    keys = schema(kind)
    attribute = keys.ranges[0]
    raws = [attribute.raw(item("p", kind, operand)["sk"]) for operand in operands]
    start = partition([b"p"])
    first, last = interval(start, operator, raws)
    place = keys.place(item("p", kind, value))
    assert (first <= place < last) is meets(ordered(value), operator, [ordered(operand) for operand in operands])
    assert start <= place < after(start)
    other = keys.place(item("q", kind, value))
    assert not start <= other < after(start)


@given(texts, st.sampled_from(OPERATORS), texts, texts)
def test_strings_compare_by_utf8(value: str, operator: str, one: str, other: str) -> None:
    check("S", value, operator, sorted([one, other]), lambda text: text.encode())


@given(blobs, st.sampled_from(OPERATORS), blobs, blobs)
def test_binaries_compare_by_bytes(value: bytes, operator: str, one: bytes, other: bytes) -> None:
    check("B", value, operator, sorted([one, other]), lambda raw: raw)


@given(numbers, st.sampled_from(OPERATORS[:-1]), numbers, numbers)
def test_numbers_compare_by_value(value: Decimal, operator: str, one: Decimal, other: Decimal) -> None:
    check("N", value, operator, sorted([one, other]), lambda number: number)


@given(texts, texts, texts, texts)
def test_places_are_one_for_each_key(pk: str, sk: str, other_pk: str, other_sk: str) -> None:
    keys = schema("S")
    one, other = keys.place(item(pk, "S", sk)), keys.place(item(other_pk, "S", other_sk))
    assert (one == other) == ((pk, sk) == (other_pk, other_sk))


@given(st.binary(max_size=6).filter(lambda prefix: prefix.strip(b"\xff")), st.binary(max_size=6))
def test_after_is_behind_all_that_begin_with_a_prefix(prefix: bytes, tail: bytes) -> None:
    assert prefix + tail < after(prefix)


def test_hashes_spread_evenly() -> None:
    shares = [0] * 16
    for number in range(16_000):
        shares[partition([f"order-{number:06d}".encode()])[0] >> 4] += 1
    assert min(shares) > 800
    assert max(shares) < 1200


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (
            {"pk": {"S": ""}, "sk": {"S": "a"}},
            "One or more parameter values are not valid. The AttributeValue for a key "
            "attribute cannot contain an empty string value. Key: pk",
        ),
        (
            {"pk": {"S": "a" * 2049}, "sk": {"S": "a"}},
            "One or more parameter values were invalid: Size of hashkey has "
            "exceeded the maximum size limit of2048 bytes",
        ),
        (
            {"pk": {"S": "a"}, "sk": {"S": "ü" * 513}},
            "One or more parameter values were invalid: Aggregated size of all "
            "range keys has exceeded the size limit of 1024 bytes",
        ),
    ],
)
def test_keys_have_limits(key: Any, text: str) -> None:
    with pytest.raises(AwsError) as refused:
        schema("S").locate(key)
    assert refused.value.message == text
    schema("S").locate({"pk": {"S": "a" * 2048}, "sk": {"S": "ü" * 512}})
