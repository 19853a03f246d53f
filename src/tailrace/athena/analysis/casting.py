"""CAST, TRY_CAST and the coercions that are not written: from each base type to each, as Trino allows them."""

from __future__ import annotations

from collections.abc import Callable

from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.problem import type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type, coercible, physical
from tailrace.athena.analysis.type_reading import query_type
from tailrace.athena.analysis.values import json_of, json_value, rebuilt, text_of
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import Cast

_WHOLE_NAMES = {"tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INT", "bigint": "BIGINT"}
_WHOLE = tuple(_WHOLE_NAMES)
_NUMBERS = (*_WHOLE, "decimal", "real", "double")
_FRACTIONS = ("decimal", "real", "double")
_STRINGS = ("varchar", "char")
_TZ = "timestamp with time zone"
Caster = Callable[[str, Type, Type], str]


def _plain(sql: str, source: Type, target: Type) -> str:
    return f"CAST({sql} AS {physical(target)})"


def _template(text: str) -> Caster:
    return lambda sql, source, target: text.format(sql)


def _to_string(sql: str, source: Type, target: Type) -> str:
    text = sql if source.base in _STRINGS else text_of(sql, source)
    if target.base == "char":
        return f"rpad({text}, {target.length}, ' ')"
    if target.length is None or (source.length is not None and source.base == "varchar" and
                                 source.length <= target.length):  # fmt: skip
        return text
    return f"substr({text}, 1, {target.length})"


def _whole_from_string(sql: str, source: Type, target: Type) -> str:
    return f"CAST(trino_to_whole({sql}, '{_WHOLE_NAMES[target.base]}') AS {physical(target)})"


def _rounded(sql: str, source: Type, target: Type) -> str:
    return f"CAST(round({sql}) AS {physical(target)})"


def _milliseconds(sql: str, target: Type) -> str:
    return f"trino_milliseconds({sql})" if (target.length or 0) <= 3 else sql


def _timestamp_from_string(sql: str, source: Type, target: Type) -> str:
    return _milliseconds(f"trino_to_timestamp({sql})", target)


def _timestamp_from_timestamp(sql: str, source: Type, target: Type) -> str:
    return _milliseconds(sql, target) if (source.length or 0) > (target.length or 0) else sql


def _json(sql: str, source: Type, target: Type) -> str:
    return json_of(sql, source)


def _from_json(sql: str, source: Type, target: Type) -> str:
    return json_value(sql, target, cast)


_TABLE: dict[tuple[str, str], Caster] = {
    **{(source, target): _plain for source in (*_WHOLE, "boolean") for target in _NUMBERS},
    **{(source, target): _plain for source in _FRACTIONS for target in _FRACTIONS},
    **{("decimal", target): _plain for target in _WHOLE},
    **{(source, target): _rounded for source in ("real", "double") for target in _WHOLE},
    **{(source, "boolean"): _template("({} <> 0)") for source in _NUMBERS},
    **{(source, target): _to_string for target in _STRINGS for source in (*_NUMBERS, *_STRINGS, "boolean", "date",
       "time", "timestamp", _TZ, "uuid", "interval day to second", "interval year to month")},
    **{(source, target): _whole_from_string for source in _STRINGS for target in _WHOLE},
    **{(source, target): _plain for source in _STRINGS for target in ("real", "double", "decimal", "time", "uuid")},
    **{(source, "boolean"): _template("trino_to_boolean({})") for source in _STRINGS},
    **{(source, "date"): _template("trino_to_date({})") for source in _STRINGS},
    **{(source, "timestamp"): _timestamp_from_string for source in _STRINGS},
    **{(source, _TZ): _template("trino_to_zoned({})") for source in _STRINGS},
    ("date", "timestamp"): _template("CAST({} AS TIMESTAMP)"),
    ("date", _TZ): _template("trino_at(CAST({} AS TIMESTAMP), 'UTC')"),
    ("timestamp", "date"): _template("CAST({} AS DATE)"),
    ("timestamp", "time"): _template("CAST({} AS TIME)"),
    ("timestamp", "timestamp"): _timestamp_from_timestamp,
    ("timestamp", _TZ): _template("trino_at({}, 'UTC')"),
    (_TZ, _TZ): _template("{}"),
    (_TZ, "date"): _template("CAST(trino_local({}) AS DATE)"),
    (_TZ, "time"): _template("CAST(trino_local({}) AS TIME)"),
    (_TZ, "timestamp"): _template("trino_local({})"),
    ("time", "time"): _template("{}"),
    **{(source, "json"): _json for source in (*_NUMBERS, *_STRINGS, "boolean", "date", "timestamp", _TZ, "array",
       "map", "row", "unknown")},
    **{("json", target): _from_json for target in (*_NUMBERS, *_STRINGS, "boolean", "date", "timestamp", "array",
       "map", "row")},
}  # fmt: skip


def cast(value: Value, target: Type, at: Position | None) -> Value:
    """Answer a value cast to a type. AnalysisProblem TYPE_MISMATCH when Trino has no such cast."""
    source = value.type
    if source == target:
        return value
    if source.base == "unknown":
        return Value(f"CAST(NULL AS {physical(target)})", target)
    if source.base == target.base and source.parts and len(source.parts) == len(target.parts):
        return rebuilt(value, target, lambda part, type_: cast(part, type_, at))
    caster = _TABLE.get((source.base, target.base))
    if caster is None:
        raise type_mismatch(at or Position(1, 1), f"Cannot cast {source} to {target}")
    return Value(caster(value.sql, source, target), target)


def coerce(value: Value, target: Type) -> Value:
    """Answer a value as a type that it is coercible to."""
    if value.type == target:
        return value
    if value.type.base == target.base and target.base in ("varchar", "timestamp", "time", _TZ):
        return Value(value.sql, target, value.constant)
    return Value(cast(value, target, None).sql, target, value.constant)


def needs_cast(source: Type, target: Type) -> bool:
    """Tell whether a value of one type can't stand for another without a cast being written."""
    return not coercible(source, target)


@rule(Cast)
def _cast(context: Context, node: Cast) -> Value:
    operand = context.value(node.operand)
    target = query_type(node.type)
    done = cast(operand, target, node.at)
    if not node.safe or done.sql == operand.sql:
        return done
    return context.tried(node, Value(done.sql, target))
