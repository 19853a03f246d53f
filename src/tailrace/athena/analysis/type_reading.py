"""Types from texts: those of queries (TypeName) and those of the catalog (Hive's)."""

import re

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.type import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    JSON,
    REAL,
    SMALLINT,
    TIMESTAMP,
    TINYINT,
    UUID,
    VARBINARY,
    VARCHAR,
    YEAR_TO_MONTH,
    Type,
    array,
    decimal,
    map_of,
    row,
    timestamp,
    timestamp_tz,
    varchar,
)
from tailrace.athena.syntax.tree import TypeName

_SIMPLE = {
    "boolean": BOOLEAN,
    "tinyint": TINYINT,
    "smallint": SMALLINT,
    "integer": INTEGER,
    "int": INTEGER,
    "bigint": BIGINT,
    "real": REAL,
    "float": REAL,
    "double": DOUBLE,
    "string": VARCHAR,
    "varbinary": VARBINARY,
    "json": JSON,
    "date": DATE,
    "uuid": UUID,
    "interval day to second": DAY_TO_SECOND,
    "interval year to month": YEAR_TO_MONTH,
}
_HIVE_SIMPLE = {
    "boolean": BOOLEAN,
    "tinyint": TINYINT,
    "smallint": SMALLINT,
    "int": INTEGER,
    "integer": INTEGER,
    "bigint": BIGINT,
    "long": BIGINT,
    "float": REAL,
    "double": DOUBLE,
    "string": VARCHAR,
    "varchar": VARCHAR,
    "binary": VARBINARY,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "decimal": decimal(10, 0),
}
_HIVE_TOKEN = re.compile(r"[^<>:,()\s]+|[<>:,()]")


def query_type(name: TypeName) -> Type:
    """Answer the type that a query names. AnalysisProblem TYPE_NOT_FOUND when there is none."""
    if name.base in ("array", "map", "row"):
        return _nested(name)
    numbers = [part for part in name.parameters if isinstance(part, int)]
    if name.base in ("varchar", "char"):
        length = numbers[0] if numbers else (None if name.base == "varchar" else 1)
        return Type(name.base, length)
    if name.base == "decimal":
        return decimal(numbers[0] if numbers else 38, numbers[1] if len(numbers) > 1 else 0)
    if name.base in ("timestamp", "timestamp with time zone"):
        precision = numbers[0] if numbers else 3
        return timestamp(precision) if name.base == "timestamp" else timestamp_tz(precision)
    if name.base == "time":
        return Type("time", min(numbers[0] if numbers else 3, 6))
    if name.base not in _SIMPLE or name.parameters:
        raise AnalysisProblem("TYPE_MISMATCH", name.at, f"Unknown type: {_written(name)}")
    return _SIMPLE[name.base]


def _written(name: TypeName) -> str:
    if not name.parameters:
        return name.base
    parts = (_written(part) if isinstance(part, TypeName) else str(part) for part in name.parameters)
    return f"{name.base}({', '.join(parts)})"


def _nested(name: TypeName) -> Type:
    if name.base == "row":
        return row([(part[0], query_type(part[1])) for part in name.parameters if isinstance(part, tuple)])
    parts = [query_type(part) for part in name.parameters if isinstance(part, TypeName)]
    if len(parts) != (1 if name.base == "array" else 2):
        raise AnalysisProblem("TYPE_MISMATCH", name.at, f"Unknown type: {_written(name)}")
    return array(parts[0]) if name.base == "array" else map_of(parts[0], parts[1])


class UnsupportedHiveType(Exception):
    """The catalog holds a type that Athena does not know; the text is the type's."""


def hive_type(text: str) -> Type:
    """Answer the type that the catalog's text names. UnsupportedHiveType when there is none."""
    found = _HIVE_TOKEN.findall(text.lower())
    try:
        read, index = _hive(found, 0)
    except (IndexError, ValueError) as error:
        raise UnsupportedHiveType(text) from error
    if index != len(found):
        raise UnsupportedHiveType(text)
    return read


def _hive(tokens: list[str], index: int) -> tuple[Type, int]:
    base = tokens[index]
    index += 1
    if base == "array":
        element, index = _hive(tokens, _need(tokens, index, "<"))
        return array(element), _need(tokens, index, ">")
    if base == "map":
        key, index = _hive(tokens, _need(tokens, index, "<"))
        value, index = _hive(tokens, _need(tokens, index, ","))
        return map_of(key, value), _need(tokens, index, ">")
    if base == "struct":
        return _struct(tokens, _need(tokens, index, "<"))
    numbers: list[int] = []
    if index < len(tokens) and tokens[index] == "(":
        while tokens[index] != ")":
            numbers.append(int(tokens[index + 1]))
            index += 2
        index += 1
    return _hive_simple(base, numbers), index


def _struct(tokens: list[str], index: int) -> tuple[Type, int]:
    fields: list[tuple[str | None, Type]] = []
    while True:
        name = tokens[index]
        kind, index = _hive(tokens, _need(tokens, index + 1, ":"))
        fields.append((name, kind))
        if tokens[index] == ">":
            return row(fields), index + 1
        index = _need(tokens, index, ",")


def _need(tokens: list[str], index: int, wanted: str) -> int:
    if tokens[index] != wanted:
        raise ValueError(wanted)
    return index + 1


def _hive_simple(base: str, numbers: list[int]) -> Type:
    if base in ("varchar", "char") and numbers:
        return varchar(numbers[0]) if base == "varchar" else Type("char", numbers[0])
    if base == "decimal" and numbers:
        return decimal(numbers[0], numbers[1] if len(numbers) > 1 else 0)
    if base not in _HIVE_SIMPLE or numbers:
        raise ValueError(base)
    return _HIVE_SIMPLE[base]


_TO_HIVE = {"integer": "int", "real": "float", "varbinary": "binary", "timestamp with time zone": "timestamp"}


def hive_text(type_: Type) -> str:
    """Answer the catalog's text for a type, as CTAS writes it."""
    if type_.base == "array":
        return f"array<{hive_text(type_.parts[0])}>"
    if type_.base == "map":
        return f"map<{hive_text(type_.parts[0])},{hive_text(type_.parts[1])}>"
    if type_.base == "row":
        fields = (f"{name}:{hive_text(part)}" for name, part in zip(type_.names, type_.parts, strict=True))
        return f"struct<{','.join(fields)}>"
    if type_.base in ("varchar", "char"):
        return "string" if type_.length is None else f"{type_.base}({type_.length})"
    if type_.base == "decimal":
        return f"decimal({type_.length},{type_.scale})"
    return _TO_HIVE.get(type_.base, type_.base)
