"""Scalars as text, as XML, forms, headers and query strings carry them."""

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any

from tailrace.wire import timestamp
from tailrace.wire.conversion import Malformed
from tailrace.wire.definition import Shape

_WORDS = {"true": True, "false": False}


def _boolean(text: str) -> bool:
    return _WORDS[text.lower()]


def _float(text: str) -> float:
    value = float(text)
    if "_" in text:
        raise ValueError(text)
    return value


def _whole(bits: int) -> Callable[[str], int]:
    bound = 1 << (bits - 1)

    def read(text: str) -> int:
        value = int(text) if len(text) <= 20 and "_" not in text else bound
        if not -bound <= value < bound:
            raise ValueError(text)
        return value

    return read


_READ: dict[str, Callable[[str], Any]] = {
    "string": str,
    "character": str,
    "boolean": _boolean,
    "byte": _whole(8),
    "short": _whole(16),
    "integer": _whole(32),
    "long": _whole(64),
    "float": _float,
    "double": _float,
    "bigdecimal": _float,
    "blob": lambda text: binascii.a2b_base64(text, strict_mode=True),
    "timestamp": timestamp.read,
}
_CLASSES = {"integer": "Integer", "long": "Long", "boolean": "Boolean", "float": "Float", "double": "Double"}


def read(shape: Shape, text: str) -> Any:
    """Answer the value that a text means. Raises Malformed when it means none of that type."""
    try:
        return _READ[shape.type](text)
    except (ValueError, KeyError, OverflowError, TypeError):
        wanted = _CLASSES.get(shape.type, shape.type.capitalize())
        raise Malformed(f"STRING_VALUE can not be converted to {_article(wanted)} {wanted}") from None


def _article(word: str) -> str:
    return "an" if word[0] in "AEIOU" else "a"


def write(value: Any, shape: Shape, timestamp_format: str) -> str:
    """Answer the text of a value."""
    if shape.type == "timestamp":
        return write_timestamp(value, timestamp_format)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value)


def write_timestamp(value: Any, timestamp_format: str) -> str:
    """Answer an instant as text in a format of the definitions; ``iso8601ms`` always has milliseconds."""
    if timestamp_format == "rfc822":
        return timestamp.http(value)
    if timestamp_format == "unixTimestamp":
        seconds = timestamp.epoch(value)
        return str(int(seconds)) if seconds == int(seconds) else str(seconds)
    return timestamp.iso(value, milliseconds=timestamp_format == "iso8601ms")
