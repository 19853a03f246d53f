"""Prefixes: what they evaluate to, and what is refused."""

import random
import re
from datetime import UTC, datetime

import pytest

from tailrace.firehose.prefix import PROCESSING_FAILED, Occasion, checked, data_prefix, error_prefix
from tailrace.wire.errors import AwsError

ARRIVAL = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def occasion(error_type: str = "") -> Occasion:
    return Occasion(ARRIVAL, random.Random(1), error_type)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "2026/02/03/04/"),
        ("raw", "raw2026/02/03/04/"),
        ("raw/", "raw/2026/02/03/04/"),
        (
            "raw/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
            "raw/year=2026/month=02/day=03/hour=04/",
        ),
        ("!{timestamp:yyyy-MM-dd'T'HH}/", "2026-02-03T04/"),
        ("!{timestamp:'}'yyyy}", "}2026"),
        ("d=!{timestamp:YYYY-MM-DD}/", "d=2026-02-34/"),
        ("/a!b{c}/", "/a!b{c}/2026/02/03/04/"),
    ],
)
def test_prefixes_of_delivered_objects(text: str, key: str) -> None:
    assert data_prefix(text).evaluate(occasion()) == key


def test_random_strings_are_new_each_time() -> None:
    key = data_prefix("x/!{firehose:random-string}/!{firehose:random-string}/").evaluate(occasion())
    first, second = re.fullmatch(r"x/([A-Za-z0-9]{11})/([A-Za-z0-9]{11})/", key).groups()  # type: ignore[union-attr]
    assert first != second


@pytest.mark.parametrize(
    ("text", "prefix", "key"),
    [
        ("", "", "processing-failed/2026/02/03/04/"),
        ("", "myFirehosePrefix", "myFirehosePrefixprocessing-failed/2026/02/03/04/"),
        ("errors/", "", "errors/processing-failed/2026/02/03/04/"),
        ("errors/", "!{timestamp:yyyy}/", "errors/processing-failed/2026/02/03/04/"),
        ("f/!{firehose:error-output-type}/", "", "f/processing-failed/"),
        ("y=!{timestamp:yyyy}/!{firehose:error-output-type}", "a", "y=2026/processing-failed"),
    ],
)
def test_prefixes_of_failed_records(text: str, prefix: str, key: str) -> None:
    assert error_prefix(text, prefix).evaluate(occasion(PROCESSING_FAILED)) == key


CONSTRAINT = "Ths supplied prefix(es) do not satisfy the following constraint: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!{firehose:error-output-type}/", CONSTRAINT + "Prefix cannot contain !{firehose:error-output-type}"),
        ("!{timestamp}/", CONSTRAINT),
        ("a!{", CONSTRAINT),
        ("!{unknown:x}/", CONSTRAINT),
        ("!{firehose:random}/", CONSTRAINT),
        ("!{timestamp:b}/", CONSTRAINT),
        ("!{partitionKeyFromQuery:k}/", "Dynamic Partitioning Namespaces can only be part of a prefix expression when"),
        ("!{partitionKeyFromLambda:k}/", "Dynamic Partitioning Namespaces can only be part of a prefix expression"),
    ],
)
def test_wrong_prefixes_are_refused(text: str, message: str) -> None:
    with pytest.raises(AwsError, match=re.escape(message)) as refused:
        data_prefix(text)
    assert refused.value.code == "InvalidArgumentException"


def test_wrong_error_prefixes_are_refused() -> None:
    missing = CONSTRAINT + "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"
    with pytest.raises(AwsError, match=re.escape(missing)):
        error_prefix("", "!{timestamp:yyyy}/")
    with pytest.raises(AwsError, match=re.escape("should contain !{firehose:error-output-type}")):
        error_prefix("e/!{timestamp:yyyy}/", "")


def test_a_prefix_may_not_be_too_long() -> None:
    checked(data_prefix("x" * 498), ARRIVAL)
    with pytest.raises(AwsError, match="longer than 512 characters"):
        checked(data_prefix("x" * 499), ARRIVAL)
