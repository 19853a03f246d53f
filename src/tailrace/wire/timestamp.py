"""AWS's three ways to write an instant: epoch seconds, ISO 8601, and the date of HTTP headers (RFC 822)."""

import math
import re
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

_ISO = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d:?\d\d(:?\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def read(text: str) -> float:
    """Answer epoch seconds for an instant in any of the three ways. Raises ValueError."""
    if _NUMBER.fullmatch(text):
        return number(float(text))
    if _ISO.fullmatch(text) or _DATE.fullmatch(text):
        instant = datetime.fromisoformat(text.replace(",", "."))
    else:
        instant = parsedate_to_datetime(text)
    return number((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())


def number(seconds: float) -> float:
    """Answer epoch seconds as they came. Raises ValueError when they are no instant of the calendar."""
    if not math.isfinite(seconds) or not -62135596800 <= seconds < 253402300800:
        raise ValueError(f"{seconds} is no instant")
    return seconds


def epoch(value: Any) -> float:
    """Answer epoch seconds of what a service answered: a number, or a datetime."""
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value)


def iso(value: Any, *, milliseconds: bool = False) -> str:
    """Answer an instant in ISO 8601; with milliseconds always, or only when it has some."""
    seconds = round(epoch(value), 3)
    whole = datetime.fromtimestamp(math.floor(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = round((seconds - math.floor(seconds)) * 1000)
    return f"{whole}.{fraction:03d}Z" if milliseconds or fraction else f"{whole}Z"


def http(value: Any) -> str:
    """Answer an instant as HTTP headers have it; whole seconds."""
    return formatdate(math.floor(epoch(value)), usegmt=True)
