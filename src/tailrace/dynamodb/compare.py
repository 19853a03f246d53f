"""How values compare: strings by UTF-8, binaries by unsigned bytes, numbers exactly; different types never."""

from base64 import b64decode
from decimal import Decimal
from typing import Any

from tailrace.dynamodb.value import Value, equal, type_of

_ORDERED = frozenset(("S", "N", "B"))


def ordinal(value: Value) -> tuple[str, Any] | None:
    """Answer a value's type and what orders it among its type; None when values of its type have no order."""
    kind = type_of(value)
    if kind not in _ORDERED:
        return None
    inner = value[kind]
    if kind == "N":
        return kind, Decimal(inner)
    # Python orders text by code point, and that is the order of its UTF-8 bytes.
    return kind, b64decode(inner) if kind == "B" else inner


def less(one: Value, other: Value) -> bool:
    """Say whether one value comes before the other; False across types."""
    mine, theirs = ordinal(one), ordinal(other)
    return mine is not None and theirs is not None and mine[0] == theirs[0] and bool(mine[1] < theirs[1])


def not_greater(one: Value, other: Value) -> bool:
    """Say whether one value comes before the other or is the same; False across types."""
    mine, theirs = ordinal(one), ordinal(other)
    return mine is not None and theirs is not None and mine[0] == theirs[0] and bool(mine[1] <= theirs[1])


def begins(value: Value, start: Value) -> bool:
    """Say whether a string or binary begins with another."""
    kind = type_of(start)
    if kind not in value or kind not in ("S", "B"):
        return False
    if kind == "B":
        return b64decode(value["B"]).startswith(b64decode(start["B"]))
    found: bool = value["S"].startswith(start["S"])
    return found


def contains(whole: Value, part: Value) -> bool:
    """Say whether a string holds a substring, a set a member, a list an element."""
    kind, inner = type_of(part), part[type_of(part)]
    held = type_of(whole)
    if held == "L":
        return any(equal(element, part) for element in whole["L"])
    if held == kind == "S":
        return inner in whole["S"]
    if held == kind == "B":
        return b64decode(inner) in b64decode(whole["B"])
    return held == kind + "S" and inner in whole[held]


def size(value: Value) -> int | None:
    """Answer what size() gives: bytes of a string or binary, members of a set, list or map; None for the rest."""
    kind = type_of(value)
    inner = value[kind]
    if kind == "S":
        return len(inner.encode())
    if kind == "B":
        return len(b64decode(inner))
    return len(inner) if kind in ("SS", "NS", "BS", "L", "M") else None
