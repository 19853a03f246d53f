"""Wildcards, ARNs segment by segment, policy variables."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.iam.pattern import arn_matcher, pieces_of, resolved, text_matcher, text_of


def matches(pattern: str, text: str) -> bool:
    return text_matcher(pieces_of(pattern, variables=False))(text)


def arn_matches(pattern: str, arn: str) -> bool:
    return arn_matcher(pieces_of(pattern, variables=False))(arn)


def naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_wildcards_match_as_a_naive_matcher_says(pattern: str, text: str) -> None:
    assert matches(pattern, text) == naive(pattern, text)


@given(
    st.lists(st.text("ab*?", max_size=3), min_size=6, max_size=7).map(":".join),
    st.lists(st.text("ab", max_size=3), min_size=6, max_size=7).map(":".join),
)
def test_arns_match_segment_by_segment(pattern: str, arn: str) -> None:
    wanted, actual = pattern.split(":", 5), arn.split(":", 5)
    expected = pattern == "*" or all(naive(one, other) for one, other in zip(wanted, actual, strict=True))
    assert arn_matches(pattern, arn) == expected


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", "arn:aws:s3:::bucket/a", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::bucket*", "arn:aws:s3:::bucket", True),
        ("arn:aws:kinesis:*:*:stream/orders", "arn:aws:kinesis:us-east-1:123456789012:stream/orders", True),
        ("arn:aws:kinesis:*:stream/orders", "arn:aws:kinesis:us-east-1:123456789012:stream/orders", False),
        ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", False),
        ("arn:aws:logs:*:*:*:/aws-glue/*", "arn:aws:logs:us-east-1:1:log-group:/aws-glue/crawlers", True),
        ("arn:aws:*:us-east-?:1:x", "arn:aws:any:us-east-1:1:x", True),
    ],
)
def test_arns(pattern: str, arn: str, expected: bool) -> None:
    assert arn_matches(pattern, arn) is expected


def test_many_stars_cost_no_more_than_one() -> None:
    assert not matches("*a" * 40 + "b", "a" * 5000)


def test_variables_stand_for_the_context() -> None:
    pieces = pieces_of("home/${aws:username}/*${*}${missing, 'none'}", variables=True)
    filled = resolved(pieces, {"aws:username": ("an*a",)})
    assert filled is not None
    assert text_of(filled) == "home/an*a/**none"
    assert text_matcher(filled)("home/an*a/x*none")
    assert not text_matcher(filled)("home/anna/x*none")


def test_a_variable_without_a_single_value_resolves_to_nothing() -> None:
    pieces = pieces_of("${aws:PrincipalTag/team}", variables=True)
    assert resolved(pieces, {}) is None
    assert resolved(pieces, {"aws:principaltag/team": ("a", "b")}) is None


def test_variables_are_literal_in_the_old_version() -> None:
    assert text_matcher(pieces_of("${aws:username}", variables=False))("${aws:username}")


@given(st.text(max_size=20))
def test_plain_text_matches_itself_only(text: str) -> None:
    plain = re.sub(r"[*?]", "", text)
    assert matches(plain, plain)
    assert not matches(plain, plain + "x")
