"""Dates by Java's patterns, as partition projection writes them: yyyy/MM/dd, yyyy-MM-dd-HH."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache

_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_FIELDS = {
    "yyyy": ("%Y", r"(?P<year>\d{4})"),
    "uuuu": ("%Y", r"(?P<year>\d{4})"),
    "yy": ("%y", r"(?P<short>\d{2})"),
    "MM": ("%m", r"(?P<month>\d{2})"),
    "M": ("{month}", r"(?P<month>\d{1,2})"),
    "dd": ("%d", r"(?P<day>\d{2})"),
    "d": ("{day}", r"(?P<day>\d{1,2})"),
    "HH": ("%H", r"(?P<hour>\d{2})"),
    "H": ("{hour}", r"(?P<hour>\d{1,2})"),
    "mm": ("%M", r"(?P<minute>\d{2})"),
    "ss": ("%S", r"(?P<second>\d{2})"),
    "SSS": ("{millisecond:03d}", r"(?P<millisecond>\d{3})"),
}


class PatternProblem(ValueError):
    """The pattern holds a letter that has no meaning here."""


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> tuple[str, re.Pattern[str]]:
    written, read = [], []
    for match in _TOKEN.finditer(pattern):
        text = match.group()
        if match.group(1) is not None or not text[0].isalpha():
            literal = text if match.group(1) is None else match.group(1).replace("''", "'")
            written.append(literal.replace("%", "%%").replace("{", "{{").replace("}", "}}"))
            read.append(re.escape(literal))
        elif text not in _FIELDS:
            raise PatternProblem(f"Illegal pattern component: {text}")
        else:
            written.append(_FIELDS[text][0])
            read.append(_FIELDS[text][1])
    return "".join(written), re.compile("".join(read))


def write_date(moment: datetime.datetime, pattern: str) -> str:
    """Answer a moment in Java's pattern."""
    written, _ = _compiled(pattern)
    return moment.strftime(written).format(
        month=moment.month, day=moment.day, hour=moment.hour, millisecond=moment.microsecond // 1000
    )


def read_date(text: str, pattern: str) -> datetime.datetime:
    """Answer the moment that a text means in Java's pattern. ValueError when it means none."""
    _, read = _compiled(pattern)
    match = read.fullmatch(text)
    if match is None:
        raise ValueError(f"Text '{text}' could not be parsed with {pattern}")
    parts = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    year = parts.get("year", 2000 + parts.get("short", 0))
    return datetime.datetime(
        year,
        parts.get("month", 1),
        parts.get("day", 1),
        parts.get("hour", 0),
        parts.get("minute", 0),
        parts.get("second", 0),
        parts.get("millisecond", 0) * 1000,
    )


def finest_unit(pattern: str) -> str | None:
    """Answer DAYS or MONTHS when that is as fine as a pattern goes; None when an interval must be given."""
    letters = {match.group()[0] for match in _TOKEN.finditer(pattern) if match.group()[0].isalpha()}
    if letters & {"H", "h", "m", "s", "S"}:
        return None
    if "d" in letters:
        return "DAYS"
    return "MONTHS" if "M" in letters else None
