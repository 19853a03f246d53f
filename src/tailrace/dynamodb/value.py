"""Attribute values in DynamoDB JSON: checked, normalised and measured in one walk, and compared by meaning.

The size rule is the measured one (names and values in UTF-8 bytes, numbers by digit pairs, 3 + 1 each for L and M).
"""

import binascii
from base64 import b64decode
from typing import Any

from tailrace.dynamodb.errors import INVALID, Malformed, serialization
from tailrace.dynamodb.number import measured, normalise
from tailrace.dynamodb.number import size_of as number_size

Value = dict[str, Any]  # {"S": "text"}: one type, one value
Item = dict[str, Value]

TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")
_TYPES = frozenset(TYPES)
SETS = frozenset(("SS", "NS", "BS"))
ITEM_BYTES_MAX = 409_600
_NAME_BYTES_MAX = 65_535
_LEVELS_MAX = 32

_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)


def admit(item: Item) -> tuple[Item, int]:
    """Answer an item normalised, and its size in bytes; the caller's item stays as it is. Raises Malformed."""
    if "" in item:
        raise Malformed("Empty attribute name")
    admitted = item
    size = 0
    texts = list(item)  # names and texts are measured together
    # The types that nearly every attribute has are decided here; this loop is the busiest of the service.
    for name, value in item.items():
        if type(value) is dict and len(value) == 1:
            text = value.get("S")
            if type(text) is str:
                texts.append(text)
                continue
            number = value.get("N")
            if type(number) is str:
                kept, number_bytes = measured(number)
                size += number_bytes
                if kept != number:
                    if admitted is item:
                        admitted = item.copy()
                    admitted[name] = {"N": kept}
                continue
        normal, value_size = admit_value(value)
        size += value_size
        if normal is not value:
            if admitted is item:
                admitted = item.copy()
            admitted[name] = normal
    joined = "".join(texts)
    size += len(joined) if joined.isascii() else len(joined.encode())
    if size > _NAME_BYTES_MAX:
        _check_names(item)
    return admitted, size


def admit_value(value: Any, level: int = 1) -> tuple[Value, int]:
    """Answer a value normalised, and its size in bytes without its name. Raises Malformed."""
    kind, inner = _member(value)
    if kind == "S":
        return value, len(_text(inner).encode())
    if kind == "N":
        text = normalise(_text(inner))
        return (value if text is inner else {"N": text}), number_size(text)
    if kind == "M":
        return _admit_map(value, inner, level)
    if kind == "L":
        return _admit_list(value, inner, level)
    if kind == "B":
        return value, len(blob(inner))
    if kind == "BOOL":
        flag = _flag(inner)
        return (value if flag is inner else {"BOOL": flag}), 1
    if kind == "NULL":
        if not _flag(inner):
            raise Malformed(f"{INVALID}Null attribute value types must have the value of true")
        return (value if inner is True else {"NULL": True}), 1
    return _admit_set(value, kind, inner)


def item_size(item: Item) -> int:
    """Answer the size in bytes of an item that is normalised already."""
    return admit(item)[1]


def blob(text: Any) -> bytes:
    """Answer the bytes of a B value. Raises SerializationException when it is not canonical base64."""
    if type(text) is not str:
        if isinstance(text, int | float):
            raise serialization("only base-64-encoded strings are convertible to bytes")
        raise _not_scalar(text, "java.nio.ByteBuffer")
    if len(text) % 4:
        raise serialization(f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}")
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise serialization("Invalid base64 character encountered") from None
    if binascii.b2a_base64(raw, newline=False).decode() != text:
        raise serialization("Invalid last non-pad Base64 character dectected")  # AWS's spelling
    return raw


def type_of(value: Value) -> str:
    """Answer the one type of a value."""
    return next(iter(value))


def equal(one: Value, other: Value) -> bool:
    """Say whether two normalised values mean the same: sets have no order, nor have the keys of maps."""
    if one == other:
        return True
    kind = type_of(one)
    if kind not in other:
        return False
    left, right = one[kind], other[kind]
    if kind == "M":
        return same(left, right)
    if kind == "L":
        return len(left) == len(right) and all(map(equal, left, right))
    return kind in SETS and len(left) == len(right) and set(left) == set(right)


def same(one: Item, other: Item) -> bool:
    """Say whether two normalised items mean the same."""
    if one == other:
        return True
    return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())


def _member(value: Any) -> tuple[str, Any]:
    if type(value) is not dict:
        raise _not_a_value(value)
    if len(value) == 1:
        ((kind, inner),) = value.items()
        if kind in _TYPES and inner is not None:
            return kind, inner
    members = [(kind, value[kind]) for kind in TYPES if value.get(kind) is not None]
    if not members:
        raise Malformed(_EMPTY)
    for kind, inner in members if len(members) > 1 else ():
        admit_value({kind: inner})
    if len(members) > 1:
        raise Malformed(_SEVERAL)
    return members[0]


def _admit_map(value: Value, members: Any, level: int) -> tuple[Value, int]:
    if type(members) is not dict:
        raise _not_document(members)
    if level >= _LEVELS_MAX and members:
        raise Malformed(_TOO_DEEP)
    normal: Item = members
    size = 3
    for name, member in members.items():
        admitted, member_size = admit_value(member, level + 1)
        size += 1 + len(name.encode()) + member_size
        if admitted is not member:
            normal = members.copy() if normal is members else normal
            normal[name] = admitted
    if "" in members:
        raise Malformed("Empty attribute name")
    return (value if normal is members else {"M": normal}), size


def _admit_list(value: Value, elements: Any, level: int) -> tuple[Value, int]:
    if type(elements) is not list:
        raise _not_document(elements)
    if level >= _LEVELS_MAX and elements:
        raise Malformed(_TOO_DEEP)
    normal = elements
    size = 3
    for at, element in enumerate(elements):
        admitted, element_size = admit_value(element, level + 1)
        size += 1 + element_size
        if admitted is not element:
            normal = elements.copy() if normal is elements else normal
            normal[at] = admitted
    return (value if normal is elements else {"L": normal}), size


_EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


def _admit_set(value: Value, kind: str, members: Any) -> tuple[Value, int]:
    if type(members) is not list:
        raise _not_document(members)
    if not members:
        raise Malformed(INVALID + _EMPTY_SETS[kind])
    if kind == "NS":
        numbers = [normalise(_text(member)) for member in members]
        if len(set(numbers)) < len(numbers):
            raise Malformed(f"{INVALID}Input collection contains duplicates.", "Input collection contains duplicates")
        return (value if numbers == members else {"NS": numbers}), sum(map(number_size, numbers))
    raw = [_text(member).encode() if kind == "SS" else blob(member) for member in members]
    if len(set(raw)) < len(raw):
        raise _duplicates(kind, members, raw)
    return value, sum(map(len, raw))


def _duplicates(kind: str, members: list[str], raw: list[bytes]) -> Malformed:
    """Word a repeated set member: the current layer lists them in byte order up to the repeat, the older as sent."""
    repeat = next(at for at, member in enumerate(raw) if member in raw[:at])
    before = [members[at] for at in sorted(range(repeat), key=raw.__getitem__)]
    quoted = [f'"{member}"' for member in [*before, *members[repeat:]]]
    tail = " contains duplicates." if kind == "SS" else "of type BS contains duplicates."
    current = (", " if kind == "SS" else ",").join(quoted)
    return Malformed(
        f"{INVALID}Input collection [{current}]{tail}", f"{INVALID}Input collection [{', '.join(members)}]{tail}"
    )


def _check_names(item: Item) -> None:
    for name in item:
        if len(name.encode()) > _NAME_BYTES_MAX:
            raise Malformed(f"Attribute name is too large, must be less than {_NAME_BYTES_MAX + 1} bytes")


def _text(inner: Any) -> str:
    if type(inner) is str:
        return inner
    if isinstance(inner, bool):
        raise serialization(f"{'TRUE' if inner else 'FALSE'}_VALUE cannot be converted to String")
    if isinstance(inner, int | float):
        kind = "NUMBER" if isinstance(inner, int) or inner.is_integer() else "DECIMAL"
        raise serialization(f"{kind}_VALUE cannot be converted to String")
    raise _not_scalar(inner, "java.lang.String")


_FLAGS = {"TRUE": True, "1": True, "YES": True, "FALSE": False, "0": False, "NO": False}


def _flag(inner: Any) -> bool:
    if isinstance(inner, bool):
        return inner
    if isinstance(inner, int | float):
        kind = "NUMBER" if isinstance(inner, int) or inner.is_integer() else "DECIMAL"
        raise serialization(f"{kind}_VALUE cannot be converted to Boolean")
    if type(inner) is not str:
        raise _not_scalar(inner, "java.lang.Boolean")
    flag = _FLAGS.get(inner.upper())
    if flag is None:
        raise serialization("Unexpected token received from parser")
    return flag


def _not_a_value(value: Any) -> Exception:
    if type(value) is list:
        return serialization("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue")
    return serialization("Unexpected value type in payload")


def _not_scalar(inner: Any, java: str) -> Exception:
    if type(inner) is list:
        return serialization(f"Unrecognized collection type class {java}")
    return serialization("Start of structure or map found where not expected")


def _not_document(inner: Any) -> Exception:
    if type(inner) is dict:
        return serialization("Start of structure or map found where not expected")
    if type(inner) is list:
        return serialization(
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.AttributeValue>"
        )
    return serialization("Unexpected field type")
