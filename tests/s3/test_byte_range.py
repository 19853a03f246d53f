"""Ranges as S3 reads them (recorded on AWS, 2026: an object of ten bytes)."""

import pytest

from tailrace.s3.byte_range import Range, parse
from tailrace.wire.errors import AwsError


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-8", (0, 8)),
        ("bytes=1-1", (1, 1)),
        ("bytes=1-", (1, 9)),
        ("bytes=-2", (8, 9)),
        ("bytes=-15", (0, 9)),
        ("bytes=0-100", (0, 9)),
        ("bytes=0-0", (0, 0)),
        ("bytes=1-0", None),
        ("bytes=-1-", None),
        ("bytes=0--1", None),
        ("bytes=0-1,3-4", None),
        ("byte=0-1", None),
        ("bytes=-", None),
        ("nonsense", None),
    ],
)
def test_what_is_read(header: str, expected: tuple[int, int] | None) -> None:
    assert parse(header, 10) == (None if expected is None else Range(*expected))


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=-0", 10), ("bytes=100-200", 10), ("bytes=10-", 10), ("bytes=0-", 0)]
)
def test_what_lies_outside(header: str, size: int) -> None:
    with pytest.raises(AwsError) as refused:
        parse(header, size)
    assert (refused.value.code, refused.value.status) == ("InvalidRange", 416)
    assert refused.value.members == {"RangeRequested": header, "ActualObjectSize": str(size)}
