"""JSON values to parameters: types are checked and turned; DynamoDB's SerializationException texts where they fail.

Blobs become bytes, timestamps epoch seconds; members that the model does not know, and nulls, are left out.
"""

import binascii
import math
from collections.abc import Callable, Mapping
from typing import Any

from tailrace.wire import timestamp
from tailrace.wire.definition import Shape
from tailrace.wire.errors import AwsError

Reader = Callable[[Any], Any]
_ENTRIES_MAX = 100_000  # of one list or map; no service takes a tenth of that

_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
_JAVA_CLASSES = {
    "string": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
    "blob": "Blob",
    "timestamp": "Date",
}


class Malformed(AwsError):
    """A value whose type can't be turned into the one wanted; protocols give it their own code."""

    def __init__(self, message: str) -> None:
        super().__init__("SerializationException", message)


def _refused(value: Any, shape_type: str) -> Malformed:
    wanted = _JAVA_CLASSES[shape_type]
    if isinstance(value, dict):
        return Malformed("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return Malformed(f"Unrecognized collection type class java.lang.{wanted}")
    kinds = {True: "TRUE_VALUE", False: "FALSE_VALUE"} if isinstance(value, bool) else {}
    kind = kinds.get(value) or (
        "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"
    )
    return Malformed(f"{kind} cannot be converted to {wanted}")


def read_string(value: Any) -> str:
    """Read a string."""
    if type(value) is str:
        return value
    raise _refused(value, "string")


def read_boolean(value: Any) -> bool:
    """Read a boolean, or one of the words that AWS takes for it."""
    if type(value) is bool:
        return value
    word = value.lower() if isinstance(value, str) else ""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _refused(value, "boolean")


def _whole(shape_type: str, bits: int) -> Reader:
    bound = 1 << (bits - 1)

    def read(value: Any) -> int:
        if type(value) is float and math.isfinite(value):
            value = int(value)
        if type(value) is not int:
            raise _refused(value, shape_type)
        if not -bound <= value < bound:
            raise Malformed(f"NUMBER_VALUE cannot be converted to {_JAVA_CLASSES[shape_type]}")
        return value

    return read


def read_float(value: Any) -> float:
    """Read a number with a fraction."""
    if type(value) is float or type(value) is int:
        return value
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise _refused(value, "double")


def read_blob(value: Any) -> bytes:
    """Read bytes from Base64."""
    if type(value) is not str:
        raise _refused(value, "blob")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        if len(value) % 4:
            text = f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}"
        else:
            text = "Invalid last non-pad Base64 character dectected"  # AWS's spelling
        raise Malformed(text) from None


def read_timestamp(value: Any) -> float:
    """Read an instant: epoch seconds, or a text."""
    try:
        if type(value) is float or type(value) is int:
            return timestamp.number(value)
        if type(value) is str:
            return timestamp.read(value)
    except (ValueError, OverflowError):
        pass
    raise _refused(value, "timestamp")


def read_anything(value: Any) -> Any:
    """Take a value as it is: a document, or an opaque shape."""
    return value


SCALARS: dict[str, Reader] = {
    "string": read_string,
    "character": read_string,
    "boolean": read_boolean,
    "byte": _whole("integer", 8),
    "short": _whole("integer", 16),
    "integer": _whole("integer", 32),
    "long": _whole("long", 64),
    "float": read_float,
    "double": read_float,
    "bigdecimal": read_float,
    "blob": read_blob,
    "timestamp": read_timestamp,
}


class Readers:
    """Compile the readers of a service's shapes when they are first asked for."""

    def __init__(
        self, shapes: Mapping[str, Shape], opaque: frozenset[str], scalars: Mapping[str, Reader] = SCALARS
    ) -> None:
        self._shapes = shapes
        self._opaque = opaque
        self._scalars = scalars
        self._made: dict[str, Reader] = {}

    def of(self, name: str) -> Reader:
        """Answer the reader of a shape by name."""
        if name not in self._made:
            self._made[name] = lambda value: self._made[name](value)  # a shape may hold itself
            self._made[name] = read_anything if name in self._opaque else self._compiled(self._shapes[name])
        return self._made[name]

    def _compiled(self, shape: Shape) -> Reader:
        if shape.document:
            return read_anything
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list" and shape.member is not None:
            return _list_reader(self.of(shape.member.shape))
        if shape.type == "map" and shape.value is not None:
            return _map_reader(self.of(shape.value.shape))
        return self._scalars[shape.type]

    def _structure(self, shape: Shape) -> Reader:
        members = {
            member.location_name or name: (name, self.of(member.shape)) for name, member in shape.members.items()
        }
        find = members.get

        def read_structure(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _unstructured(value)
            params = {}
            for key, each in value.items():
                known = find(key)
                if known is not None and each is not None:
                    params[known[0]] = known[1](each)
            return params

        return read_structure


def _unstructured(value: Any) -> Malformed:
    return Malformed("Unrecognized collection type" if isinstance(value, list) else "Unexpected value type in payload")


def _check_count(value: list[Any] | dict[str, Any]) -> None:
    """Refuse what nobody takes so many of, before millions are read."""
    if len(value) > _ENTRIES_MAX:
        raise Malformed("Too many entries")


def _list_reader(each: Reader) -> Reader:
    def read_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise (
                Malformed("Start of structure or map found where not expected.")
                if isinstance(value, dict)
                else Malformed("Unexpected field type")
            )
        _check_count(value)
        if None in value:
            value = [entry for entry in value if entry is not None]
        return value if each is read_anything else [each(entry) for entry in value]

    return read_list


def _map_reader(each: Reader) -> Reader:
    def read_map(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Malformed("Unexpected field type")
        _check_count(value)
        if each is read_anything:
            return value
        return {key: each(entry) for key, entry in value.items() if entry is not None}

    return read_map
