"""Attribute values as users write them and as they should not: odd, deep, large, in every type that DynamoDB has."""

import base64
import random
from decimal import Decimal
from typing import Any

Value = dict[str, Any]
Image = dict[str, Value]

_TEXTS = (
    "",
    " ",
    "a",
    "Ærøskøbing",
    "日本",
    "🜁" * 3,
    'quote " \\ back',
    "line\nbreak\r\t",
    "\x00\x1f\x7f",
    "‮right to left",
    "{}",
)
_NUMBERS = (
    "0",
    "-1",
    "3.14",
    "0.1",
    "99999999999999999999999999999999999999",
    "-99999999999999999999999999999999999999",
    "0.00000000000000000000000000000000000001",
    "9.9999999999999999999999999999999999999E+125",
    "1E-130",
    "-1E-130",
    "12345678901234567890.123456789012345678",
)


def text(dice: random.Random) -> str:
    """Answer some text."""
    return dice.choice(_TEXTS) + (str(dice.randrange(100)) if dice.random() < 0.5 else "")


def number(dice: random.Random) -> str:
    """Answer a number that DynamoDB takes."""
    if dice.random() < 0.5:
        return dice.choice(_NUMBERS)
    return str(dice.randrange(-(10 ** dice.randrange(1, 38)), 10**9))


def binary(dice: random.Random, size_max: int = 40) -> str:
    """Answer bytes in Base64."""
    return base64.b64encode(dice.randbytes(dice.randrange(1, size_max))).decode()


def value(dice: random.Random, depth: int = 0) -> Value:
    """Answer a value of any type."""
    kind = dice.choice(("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M") if depth < 4 else ("S", "N", "B"))
    count = dice.randrange(1, 4)
    match kind:
        case "S":
            return {"S": text(dice)}
        case "N":
            return {"N": number(dice)}
        case "B":
            return {"B": binary(dice)}
        case "BOOL":
            return {"BOOL": dice.random() < 0.5}
        case "NULL":
            return {"NULL": True}
        case "SS":
            return {"SS": [f"{each}{text(dice)}" for each in range(count)]}
        case "NS":
            return {"NS": [str(each * 1000 + dice.randrange(1000)) for each in range(count)]}
        case "BS":
            return {"BS": sorted({binary(dice) for _ in range(count)})}
        case "L":
            return {"L": [value(dice, depth + 1) for _ in range(count - 1)]}
        case _:
            return {"M": {f"{each}{text(dice)}": value(dice, depth + 1) for each in range(count - 1)}}


def attributes(dice: random.Random, *, huge: bool = False) -> Image:
    """Answer the attributes of an item besides its key: a few, now and then many or large ones.

    Of two huge images no record can be made that Kinesis takes.
    """
    chance = dice.random()
    if huge and chance > 0.9:
        return {"large": {"B": base64.b64encode(dice.randbytes(396_000)).decode()}}
    if chance < 0.02:
        return {"large": {"S": dice.choice("xé日") * dice.randrange(20_000, 90_000)}}
    if chance < 0.03:
        return {"large": {"B": base64.b64encode(dice.randbytes(dice.randrange(20_000, 200_000))).decode()}}
    if chance < 0.05:
        return {f"a{each}": value(dice, 3) for each in range(60)}
    return {f"a{each}": value(dice) for each in range(dice.randrange(4))}


def canonical(found: Any) -> Any:
    """Answer an item or value in a form that is equal for equal ones: sets have no order, 1.50 is 1.5."""
    if isinstance(found, list):
        return tuple(canonical(each) for each in found)
    if not isinstance(found, dict):
        return found
    if len(found) == 1:
        ((kind, inner),) = found.items()
        if kind == "N" and isinstance(inner, str):
            return ("N", Decimal(inner))
        if kind in ("SS", "BS") and isinstance(inner, list):
            return (kind, frozenset(inner))
        if kind == "NS" and isinstance(inner, list):
            return (kind, frozenset(Decimal(each) for each in inner))
    return tuple(sorted((name, canonical(inner)) for name, inner in found.items()))
