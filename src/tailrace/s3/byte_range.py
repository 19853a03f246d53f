"""The Range header as S3 reads it: what it can't read it ignores, what lies outside it refuses (RFC 9110)."""

import re
from typing import NamedTuple

from tailrace.wire.errors import AwsError

_FORM = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)


class Range(NamedTuple):
    """The first and the last byte asked for, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1


def parse(header: str, size: int) -> Range | None:
    """Answer the bytes that a header asks for of an object; None when it is to be ignored. AwsError InvalidRange."""
    found = _FORM.fullmatch(header)
    if found is None or found.groups() == ("", ""):
        return None
    start, end = found.groups()
    if start and end and int(end) < int(start):
        return None
    first = int(start) if start else max(size - int(end), 0)
    last = min(int(end), size - 1) if start and end else size - 1
    if first >= size or (not start and int(end) == 0):
        raise AwsError(
            "InvalidRange",
            "The requested range is not satisfiable",
            416,
            RangeRequested=header,
            ActualObjectSize=str(size),
        )
    return Range(first, last)
