"""Trino's types: their names, their physical form in DuckDB, and the type that two of them share.

A timestamp with time zone is a struct of its instant and its zone; intervals are whole milliseconds or months.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import msgspec

VARCHAR_UNBOUNDED = 2147483647
_DECIMAL_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double")
_WHOLE = _NUMBERS[:4]


class Type(msgspec.Struct, frozen=True):
    """A type. ``parts`` are the element of an array, key and value of a map, the fields of a row or, for a lambda,
    its arguments and its result; ``names`` are the names of a row's fields."""

    base: str
    length: int | None = None
    scale: int | None = None
    parts: tuple[Type, ...] = ()
    names: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        return _NAMES.get(self.base, _plain_name)(self)

    @property
    def is_number(self) -> bool:
        """Whether arithmetic is defined on it."""
        return self.base in _NUMBERS

    @property
    def is_whole(self) -> bool:
        """Whether it is one of the four integer types."""
        return self.base in _WHOLE


BOOLEAN, TINYINT, SMALLINT = Type("boolean"), Type("tinyint"), Type("smallint")
INTEGER, BIGINT, REAL, DOUBLE = Type("integer"), Type("bigint"), Type("real"), Type("double")
VARCHAR, VARBINARY, JSON, UNKNOWN = Type("varchar"), Type("varbinary"), Type("json"), Type("unknown")
DATE, TIME, UUID = Type("date"), Type("time", 3), Type("uuid")
TIMESTAMP, TIMESTAMP_TZ = Type("timestamp", 3), Type("timestamp with time zone", 3)
DAY_TO_SECOND, YEAR_TO_MONTH = Type("interval day to second"), Type("interval year to month")


def varchar(length: int | None) -> Type:
    """Answer varchar(length)."""
    return Type("varchar", length)


def decimal(precision: int, scale: int) -> Type:
    """Answer decimal(precision, scale), within the 38 digits that there are."""
    return Type("decimal", max(1, min(38, precision)), min(scale, 38))


def array(element: Type) -> Type:
    """Answer array(element)."""
    return Type("array", parts=(element,))


def map_of(key: Type, value: Type) -> Type:
    """Answer map(key, value)."""
    return Type("map", parts=(key, value))


def row(fields: list[tuple[str | None, Type]]) -> Type:
    """Answer row(name type, …)."""
    return Type("row", parts=tuple(kind for _, kind in fields), names=tuple(name for name, _ in fields))


def timestamp(precision: int) -> Type:
    """Answer timestamp(precision); DuckDB keeps microseconds."""
    return Type("timestamp", min(precision, 6))


def timestamp_tz(precision: int) -> Type:
    """Answer timestamp(precision) with time zone."""
    return Type("timestamp with time zone", min(precision, 6))


def _plain_name(type_: Type) -> str:
    if type_.length is None:
        return type_.base
    return f"{type_.base}({type_.length})" if type_.scale is None else f"{type_.base}({type_.length},{type_.scale})"


def _row_name(type_: Type) -> str:
    fields = (f"{name} {part}" if name else str(part) for name, part in zip(type_.names, type_.parts, strict=True))
    return f"row({', '.join(fields)})"


_NAMES: dict[str, Callable[[Type], str]] = {
    "array": lambda type_: f"array({type_.parts[0]})",
    "map": lambda type_: f"map({type_.parts[0]}, {type_.parts[1]})",
    "row": _row_name,
    "function": lambda type_: f"function({', '.join(map(str, type_.parts))})",
    "timestamp with time zone": lambda type_: f"timestamp({type_.length}) with time zone",
}

_PHYSICAL = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "json": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "STRUCT(t TIMESTAMP, z VARCHAR)",
    "interval day to second": "BIGINT",
    "interval year to month": "INTEGER",
    "uuid": "UUID",
    "unknown": "INTEGER",
}


def field_name(type_: Type, index: int) -> str:
    """Answer how DuckDB's struct names a field of a row: as the row does, or by its place when it has no name."""
    name = type_.names[index]
    return f"f{index}" if name is None or type_.names.index(name) != index else name


def physical(type_: Type) -> str:
    """Answer DuckDB's type."""
    if type_.base == "decimal":
        return f"DECIMAL({type_.length},{type_.scale})"
    if type_.base == "array":
        return f"{physical(type_.parts[0])}[]"
    if type_.base == "map":
        return f"MAP({physical(type_.parts[0])}, {physical(type_.parts[1])})"
    if type_.base == "row":
        fields = (f"{quoted(field_name(type_, index))} {physical(part)}" for index, part in enumerate(type_.parts))
        return f"STRUCT({', '.join(fields)})"
    return _PHYSICAL[type_.base]


def quoted(name: str) -> str:
    """Answer an identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def common(left: Type, right: Type) -> Type | None:
    """Answer the type that both can be coerced to without a cast; None when there is none."""
    if left == right or right.base == "unknown":
        return left
    if left.base == "unknown":
        return right
    if left.is_number and right.is_number:
        return _common_number(left, right)
    if left.base == right.base:
        return _common_same_base(left, right)
    bases = {left.base, right.base}
    if bases == {"varchar", "char"}:
        bounded = left if left.base == "char" else right
        return Type("char", bounded.length) if bounded is left or left.length is not None else VARCHAR
    return _common_time(left, right, bases)


def _common_number(left: Type, right: Type) -> Type:
    narrow, wide = sorted((left, right), key=lambda type_: _NUMBERS.index(type_.base))
    if wide.base == "decimal":
        first, second = _as_decimal(narrow), _as_decimal(wide)
        scale = max(first.scale or 0, second.scale or 0)
        whole = max((first.length or 0) - (first.scale or 0), (second.length or 0) - (second.scale or 0))
        return decimal(whole + scale, scale)
    return wide


def _as_decimal(type_: Type) -> Type:
    return type_ if type_.base == "decimal" else decimal(_DECIMAL_DIGITS[type_.base], 0)


def as_decimal(type_: Type) -> Type:
    """Answer the decimal that holds every value of an integer type; a decimal itself."""
    return _as_decimal(type_)


def _common_same_base(left: Type, right: Type) -> Type | None:
    if left.base in ("varchar", "char"):
        if left.length is None or right.length is None:
            return Type(left.base)
        return Type(left.base, max(left.length, right.length))
    if left.base in ("timestamp", "timestamp with time zone", "time"):
        return Type(left.base, max(left.length or 0, right.length or 0))
    if len(left.parts) != len(right.parts):
        return None
    parts = [common(first, second) for first, second in zip(left.parts, right.parts, strict=True)]
    if any(part is None for part in parts):
        return None
    names = tuple(a if a == b else None for a, b in zip(left.names, right.names, strict=False))
    return Type(left.base, parts=tuple(part for part in parts if part is not None), names=names)


def _common_time(left: Type, right: Type, bases: set[str]) -> Type | None:
    order = ("date", "timestamp", "timestamp with time zone")
    if not bases <= set(order):
        return None
    return max((left, right), key=lambda type_: order.index(type_.base))


def common_of(types: list[Type]) -> Type | None:
    """Answer the type that all of them can be coerced to; None when there is none."""
    return reduce(lambda left, right: None if left is None else common(left, right), types, _start(types))


def _start(types: list[Type]) -> Type | None:
    return types[0] if types else UNKNOWN


def coercible(source: Type, target: Type) -> bool:
    """Tell whether a value becomes the target type without a cast being written."""
    if source == target or source.base == "unknown":
        return True
    if source.base == target.base == "row" and len(source.parts) == len(target.parts):
        return all(coercible(a, b) for a, b in zip(source.parts, target.parts, strict=True))
    if source.base == "char" and target.base == "varchar":
        return True
    if source.base == "varchar" and target.base == "char":
        return source.length is not None and (target.length or 0) >= source.length
    return common(source, target) == target
