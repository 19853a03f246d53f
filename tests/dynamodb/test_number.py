"""Numbers: how they are written, measured, ordered and refused."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.dynamodb.errors import Malformed
from tailrace.dynamodb.expression.apply import add
from tailrace.dynamodb.number import normalise, order_bytes, size_of

EXACT = Context(prec=300)

OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"


@st.composite
def numbers(draw: st.DrawFn) -> str:
    digits = draw(st.text("0123456789", min_size=1, max_size=38).map(lambda text: text.lstrip("0") or "0"))
    exponent = draw(st.integers(-130, 125)) - len(digits) + 1
    if digits != "0" and exponent < -130 - 37:
        exponent = -130
    return f"{draw(st.sampled_from(['', '-', '+']))}{digits}e{max(exponent, -130)}"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1e3", "1000"), ("-0.0", "0"), ("007.50", "7.5"), ("+1000", "1000"), (".5", "0.5"), ("5.", "5"),
        ("1.e5", "100000"), ("1000.0", "1000"), ("0e125", "0"), ("0.0e126", "0"), ("1.5E2", "150"), ("-.25", "-0.25"),
        ("1E-5", "0.00001"), ("0042.1200", "42.12"), ("-1", "-1"), ("0", "0"),
        ("1234567890123456789.5", "1234567890123456789.5"),
    ],
)  # fmt: skip
def test_numbers_are_kept_without_exponent_and_needless_zeros(written: str, kept: str) -> None:
    assert normalise(written) == kept


def test_the_largest_power_is_written_out() -> None:
    assert normalise("1E125") == "1" + "0" * 125
    assert normalise("1E-130") == "0." + "0" * 129 + "1"
    assert normalise("9" * 38) == "9" * 38


# Measured to the byte against eu-west-2 on 2026-08-18 (paritysuite/dynamodb-conformance, numberByteSize).
@pytest.mark.parametrize(
    ("number", "size"),
    [
        ("0", 1), ("1", 2), ("12", 2), ("123", 3), ("1234", 3), ("12345678901234567890123456789012345678", 20),
        ("0042", 2), ("100", 2), ("1010", 3), ("0.0000001", 2), ("1E125", 2), ("1E-100", 2), ("1.5", 3), ("15", 2),
        ("1.2", 3), ("1.200", 3), ("1.234", 4), ("3.14159", 5), ("123456", 4), ("100.5", 4), ("0.15", 2), ("-42", 3),
        ("-0", 1),
    ],
)  # fmt: skip
def test_size_counts_pairs_of_digits_on_each_side_of_the_point(number: str, size: int) -> None:
    assert size_of(normalise(number)) == size


# Captured in four regions on 2026-10-09 (paritysuite/dynamodb-conformance, valueLayers): (number, current, older).
@pytest.mark.parametrize(
    ("number", "current", "older"),
    [
        ("abc", f"{NOT_NUMERIC}: abc", f"{NOT_NUMERIC}: abc"),
        ("", f"{NOT_NUMERIC}: ", NOT_NUMERIC),
        ("1e126", OVERFLOW, OVERFLOW),
        ("1e2147483647", OVERFLOW, UNDERFLOW),
        ("1e99999999999", OVERFLOW, f"{NOT_NUMERIC}: 1e99999999999"),
        ("1e-99999999999", UNDERFLOW, f"{NOT_NUMERIC}: 1e-99999999999"),
        ("1e-131", UNDERFLOW, UNDERFLOW),
        ("0e126", OVERFLOW, OVERFLOW),
        ("0e-131", UNDERFLOW, UNDERFLOW),
        ("1e9223372036854775808", f"{NOT_NUMERIC}: 1e9223372036854775808", f"{NOT_NUMERIC}: 1e9223372036854775808"),
        ("1" * 39, TOO_PRECISE, TOO_PRECISE),
    ],
)
def test_what_is_no_number_is_refused_in_the_words_of_both_layers(number: str, current: str, older: str) -> None:
    with pytest.raises(Malformed) as refused:
        normalise(number)
    assert (refused.value.text, refused.value.older) == (current, older)


@pytest.mark.parametrize(
    "number", ["1.2.3", " 1", "1 ", "0x10", "1e", "NaN", "Infinity", "1+2", "+e2", ".", "+", "١", "1_0"]
)
def test_other_spellings_are_not_numbers(number: str) -> None:
    with pytest.raises(Malformed) as refused:
        normalise(number)
    assert refused.value.text == f"{NOT_NUMERIC}: {number}"


def test_a_huge_exponent_costs_nothing() -> None:
    with pytest.raises(Malformed):
        normalise("1e" + "9" * 100_000)


@given(numbers(), numbers())
def test_the_order_of_bytes_is_the_order_of_numbers(one: str, other: str) -> None:
    left, right = normalise(one), normalise(other)
    assert (order_bytes(left) < order_bytes(right)) == (Decimal(left) < Decimal(right))
    assert (order_bytes(left) == order_bytes(right)) == (Decimal(left) == Decimal(right)) == (left == right)


@given(numbers())
def test_normalising_keeps_the_value_and_is_done_once(number: str) -> None:
    kept = normalise(number)
    assert EXACT.create_decimal(kept) == EXACT.create_decimal(number)
    assert normalise(kept) == kept


@given(st.integers(-(10**37), 10**37), st.integers(-(10**37), 10**37))
def test_sums_are_exact(one: int, other: int) -> None:
    assert add(str(one), str(other)) == str(one + other)
    assert add(str(one), str(other), negate=True) == str(one - other)


def test_a_sum_of_more_digits_than_fit_overflows() -> None:
    assert add("0.1", "0.2") == "0.3"
    with pytest.raises(Malformed, match="Number overflow"):
        add("1" + "0" * 50, "1")
    with pytest.raises(Malformed, match="Number overflow"):
        add("9" + "0" * 125, "9" + "0" * 125)
