"""Numbers as DynamoDB keeps them: exact decimals of 38 digits, written without exponent, ordered by their bytes.

Range 1E-130 .. 9.99E+125, judged by the exponent as written (measured, dynamodb-conformance numberExponent).
"""

import re
from functools import lru_cache

from tailrace.dynamodb.errors import Malformed

_DIGITS_MAX = 38
_EXPONENT_MAX = 125
_EXPONENT_MIN = -130
_NORMAL = re.compile(r"0|-?[1-9][0-9]{0,18}(?:\.[0-9]{0,17}[1-9])?|-?0\.[0-9]{0,17}[1-9]", re.ASCII)
_COMMON = re.compile(r"([1-9][0-9]{0,18})(?:\.([0-9]{0,18}))?", re.ASCII).fullmatch  # amounts, counts, epoch seconds
_LITERAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?", re.ASCII)

_NOT_NUMERIC = "The parameter cannot be converted to a numeric value"
_OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
_UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
_TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"


is_normal = _NORMAL.fullmatch  # finds the numbers that are written as they are kept, except the very long ones


def normalise(text: str) -> str:
    """Write a number the way DynamoDB answers it. Raises Malformed."""
    if is_normal(text):
        return text
    return _plain(*_parse(text))


@lru_cache(maxsize=8192)
def measured(text: str) -> tuple[str, int]:
    """Answer a number as it is kept, and the bytes that it counts in an item's size. Raises Malformed."""
    common = _COMMON(text)
    if common is None:
        kept = normalise(text)
        return kept, size_of(kept)
    whole, fraction = common.groups()
    fraction = fraction.rstrip("0") if fraction else ""
    if not fraction:
        return whole, 1 + (len(whole.rstrip("0")) + 1) // 2
    return f"{whole}.{fraction}", 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2


def plain(negative: bool, digits: str, exponent: int) -> str:
    """Write a result of arithmetic from its significant digits. Raises Malformed when it is out of range."""
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    if exponent > _EXPONENT_MAX or len(digits) > _DIGITS_MAX:
        raise Malformed(_OVERFLOW)  # also for too many digits: Alternator test_number.py, 1e50+1
    if exponent < _EXPONENT_MIN:
        raise Malformed(_UNDERFLOW)
    return _plain(negative, digits, exponent)


@lru_cache(maxsize=4096)
def size_of(text: str) -> int:
    """Answer the bytes that a normalised number counts in an item's size.

    Digits count in pairs on each side of the point, plus one byte, plus one for a minus (measured to the byte).
    """
    sign = 1 if text[0] == "-" else 0
    whole, _, fraction = text[sign:].partition(".")
    if whole == "0":
        if not fraction:
            return 1
        whole, fraction = "", fraction.lstrip("0")
    elif not fraction:
        whole = whole.rstrip("0")
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + sign


@lru_cache(maxsize=4096)
def order_bytes(text: str) -> bytes:
    """Encode a normalised number so that the order of bytes is the order of numbers.

    A sign byte, the exponent, then digit pairs as 1..100; for negatives all complemented and ended by 0xff.
    """
    negative, digits, exponent = _parse(text)
    if not digits:
        return b"\x02"
    if len(digits) % 2:
        digits += "0"
    pairs = bytes([int(digits[at : at + 2]) + 1 for at in range(0, len(digits), 2)])
    if not negative:
        return bytes((3, exponent - _EXPONENT_MIN)) + pairs
    return bytes((1, _EXPONENT_MAX - exponent)) + bytes([101 - pair for pair in pairs]) + b"\xff"


def _plain(negative: bool, digits: str, exponent: int) -> str:
    if not digits:
        return "0"
    if exponent >= len(digits) - 1:
        text = digits + "0" * (exponent - len(digits) + 1)
    elif exponent >= 0:
        text = f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
    else:
        text = "0." + "0" * (-exponent - 1) + digits
    return "-" + text if negative else text


def _parse(text: str) -> tuple[bool, str, int]:
    """Answer (negative, significant digits, exponent of the first one); no digits is zero. Raises Malformed."""
    match = _LITERAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Malformed(f"{_NOT_NUMERIC}: {text}", _NOT_NUMERIC if not text else None)
    sign, whole, fraction, written = match[1], match[2], match[3] or "", match[4] or "0"
    scale = _exponent(written, text)
    digits = (whole + fraction).lstrip("0")
    # Zero has no first digit: it is judged by the exponent it is written with, as Java's BigDecimal has it.
    leading = len(whole + fraction) - len(digits)
    exponent = scale + len(whole) - 1 - leading if digits else scale - len(fraction)
    if exponent > _EXPONENT_MAX:
        raise Malformed(_OVERFLOW, _older_overflow(exponent, scale, text))
    if exponent < _EXPONENT_MIN:
        raise Malformed(_UNDERFLOW, None if abs(scale) < 2**31 else f"{_NOT_NUMERIC}: {text}")
    digits = digits.rstrip("0")
    if len(digits) > _DIGITS_MAX:
        raise Malformed(_TOO_PRECISE)
    return sign == "-" and bool(digits), digits, exponent


def _exponent(written: str, text: str) -> int:
    # More than 64 bits cannot be converted at all; the length is looked at first, so that no huge integer is built.
    if len(written.lstrip("+-0")) > 19 or not -(2**63) <= (exponent := int(written)) < 2**63:
        raise Malformed(f"{_NOT_NUMERIC}: {text}")
    return exponent


def _older_overflow(exponent: int, scale: int, text: str) -> str:
    # The older layer counts in 32 bits: past them it cannot read the number, and just before it wraps around.
    if abs(scale) >= 2**31:
        return f"{_NOT_NUMERIC}: {text}"
    return _UNDERFLOW if exponent + 1 >= 2**31 else _OVERFLOW
