"""Values as texts and as JSON, and nested values made anew part by part."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import JSON, VARCHAR, Type, field_name, physical, quoted

_names = itertools.count()
PartCast = Callable[[Value, Type], Value]
AnyCast = Callable[[Value, Type, None], Value]

_DECIMAL_DIGITS_MAX = 38
_TEXTS = {
    "varchar": "{0}",
    "char": "{0}",
    "boolean": "CAST({0} AS VARCHAR)",
    "real": "trino_double_text({0})",
    "double": "trino_double_text({0})",
    "timestamp": "trino_timestamp_text({0})",
    "timestamp with time zone": "trino_zoned_text({0})",
    "time": "left(CAST({0} AS VARCHAR) || CASE WHEN microsecond({0}) % 1000000 = 0 THEN '.000' ELSE '00' END, 12)",
    "varbinary": "trino_hex_text({0})",
    "json": "{0}",
    "interval day to second": "trino_interval_text({0})",
    "interval year to month": "trino_months_text({0})",
    "unknown": "CAST({0} AS VARCHAR)",
}


def fresh(prefix: str = "v") -> str:
    """Answer a new name for a lambda's variable."""
    return f"{prefix}_{next(_names)}"


def text_of(sql: str, type_: Type) -> str:
    """Answer the text of a value as results show it."""
    if type_.base == "array":
        name = fresh()
        element = f"coalesce({text_of(name, type_.parts[0])}, 'null')"
        return f"('[' || array_to_string(list_transform({sql}, lambda {name}: {element}), ', ') || ']')"
    if type_.base == "map":
        name = fresh()
        key, value = text_of(f"{name}.key", type_.parts[0]), text_of(f"{name}.value", type_.parts[1])
        entry = f"{key} || '=' || coalesce({value}, 'null')"
        return f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda {name}: {entry}), ', ') || '}}')"
    if type_.base == "row":
        return _once(sql, lambda name: f"'{{' || {_row_texts(name, type_)} || '}}'")
    if type_.base == "decimal":
        return _decimal_text(sql, type_)
    if type_.base == "timestamp" and (type_.length or 0) > 3:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S.%f')"
    return _TEXTS.get(type_.base, "CAST({0} AS VARCHAR)").format(sql)


def _decimal_text(sql: str, type_: Type) -> str:
    """DuckDB leaves the zero before the point out when there is no digit for it."""
    if type_.length != type_.scale or type_.scale == _DECIMAL_DIGITS_MAX:
        return f"CAST({sql} AS VARCHAR)"
    return f"CAST(CAST({sql} AS DECIMAL({(type_.length or 0) + 1},{type_.scale})) AS VARCHAR)"


def _once(sql: str, write: Callable[[str], str]) -> str:
    """Name a value that is written more than once; NULL stays NULL."""
    name = fresh()
    return f"list_transform(list_filter([{sql}], lambda {name}: {name} IS NOT NULL), lambda {name}: {write(name)})[1]"


def _row_texts(name: str, type_: Type) -> str:
    texts = []
    for index, part in enumerate(type_.parts):
        field = f"{name}.{quoted(field_name(type_, index))}"
        label = type_.names[index]
        prefix = f"'{label}=' || " if label is not None else f"'field{index}=' || "
        texts.append(f"{prefix}coalesce({text_of(field, part)}, 'null')")
    return " || ', ' || ".join(texts)


_JSONS = {
    "varchar": "trino_json_quoted({0})",
    "char": "trino_json_quoted({0})",
    "boolean": "CAST({0} AS VARCHAR)",
    "real": "trino_json_double({0})",
    "double": "trino_json_double({0})",
    "json": "{0}",
    "unknown": "CAST({0} AS VARCHAR)",
}
_JSON_NUMBERS = ("tinyint", "smallint", "integer", "bigint", "decimal")


def json_of(sql: str, type_: Type) -> str:
    """Answer the JSON text of a value: CAST(… AS JSON)."""
    if type_.base == "array":
        name = fresh()
        element = f"coalesce({json_of(name, type_.parts[0])}, 'null')"
        return f"('[' || array_to_string(list_transform({sql}, lambda {name}: {element}), ',') || ']')"
    if type_.base == "map":
        name = fresh()
        key = f"trino_json_quoted({text_of(f'{name}.key', type_.parts[0])})"
        entry = f"{key} || ':' || coalesce({json_of(f'{name}.value', type_.parts[1])}, 'null')"
        entries = f"list_sort(list_transform(map_entries({sql}), lambda {name}: {entry}))"
        return f"('{{' || array_to_string({entries}, ',') || '}}')"
    if type_.base == "row":
        return _once(sql, lambda name: f"'{{' || {_row_jsons(name, type_)} || '}}'")
    if type_.base in _JSON_NUMBERS:
        return text_of(sql, type_)
    template = _JSONS.get(type_.base)
    return template.format(sql) if template else f"trino_json_quoted({text_of(sql, type_)})"


def _row_jsons(name: str, type_: Type) -> str:
    parts = []
    for index, part in enumerate(type_.parts):
        field = f"{name}.{quoted(field_name(type_, index))}"
        label = (type_.names[index] or "").replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
        parts.append(f"'\"{label}\":' || coalesce({json_of(field, part)}, 'null')")
    return " || ',' || ".join(parts)


def json_value(sql: str, target: Type, cast: AnyCast) -> str:
    """Answer CAST(json AS target): arrays from arrays, maps and rows from objects, the rest from scalars."""
    if target.base == "array":
        name = fresh()
        return f"list_transform(trino_json_elements({sql}), lambda {name}: {_json_part(name, target.parts[0], cast)})"
    if target.base == "map":
        name = fresh()
        key = cast(Value(f"{name}.key", VARCHAR), target.parts[0], None).sql
        entry = f"struct_pack(key := {key}, value := {_json_part(f'{name}.value', target.parts[1], cast)})"
        return f"map_from_entries(list_transform(trino_json_entries({sql}), lambda {name}: {entry}))"
    if target.base == "row":
        return _once(sql, lambda name: _json_row(name, target, cast))
    text = f"trino_json_text({sql}, '{str(target).upper()}')"
    return cast(Value(text, VARCHAR), target, None).sql


def _json_part(sql: str, type_: Type, cast: AnyCast) -> str:
    return sql if type_ == JSON else json_value(f"nullif({sql}, 'null')", type_, cast)


def _json_row(name: str, target: Type, cast: AnyCast) -> str:
    fields = []
    for index, part in enumerate(target.parts):
        label = (target.names[index] or "").replace("'", "''")
        by_name = f"list_filter(trino_json_entries({name}), lambda e: lower(e.key) = '{label}')[1].value"
        found = (
            f"CASE WHEN json_type({name}) = 'ARRAY' THEN trino_json_elements({name})[{index + 1}] ELSE {by_name} END"
        )
        fields.append(f"{quoted(field_name(target, index))} := {_json_part(found, part, cast)}")
    return f"CASE WHEN json_type({name}) <> 'NULL' THEN struct_pack({', '.join(fields)}) END"


def rebuilt(value: Value, target: Type, part_cast: PartCast) -> Value:
    """Answer a nested value with each part cast; as it is when nothing changes for DuckDB."""
    source = value.type
    if physical(source) == physical(target) and _same_texts(source, target):
        return Value(value.sql, target)
    if target.base == "array":
        name = fresh()
        element = part_cast(Value(name, source.parts[0]), target.parts[0]).sql
        return Value(f"list_transform({value.sql}, lambda {name}: {element})", target)
    if target.base == "map":
        name = fresh()
        key = part_cast(Value(f"{name}.key", source.parts[0]), target.parts[0]).sql
        part = part_cast(Value(f"{name}.value", source.parts[1]), target.parts[1]).sql
        entry = f"struct_pack(key := {key}, value := {part})"
        return Value(f"map_from_entries(list_transform(map_entries({value.sql}), lambda {name}: {entry}))", target)
    return Value(_once(value.sql, lambda name: _row_parts(name, source, target, part_cast)), target)


def _same_texts(source: Type, target: Type) -> bool:
    """Tell whether no part changes its meaning although DuckDB keeps both alike: JSON and strings."""
    if source.base != target.base:
        return False
    if source.base == "varchar":
        return target.length is None or (source.length is not None and source.length <= target.length)
    return all(_same_texts(a, b) for a, b in zip(source.parts, target.parts, strict=True))


def _row_parts(name: str, source: Type, target: Type, part_cast: PartCast) -> str:
    fields = []
    for index, part in enumerate(target.parts):
        field = f"{name}.{quoted(field_name(source, index))}"
        made = part_cast(Value(field, source.parts[index]), part).sql
        fields.append(f"{quoted(field_name(target, index))} := {made}")
    return f"struct_pack({', '.join(fields)})"
