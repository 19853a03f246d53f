"""Delimited text: LazySimpleSerDe, whose lines have no quotes, and OpenCSVSerde, whose values are all strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tailrace.athena.analysis.type import Type, physical, quoted
from tailrace.athena.analysis.values import fresh
from tailrace.athena.functions.times import literal
from tailrace.athena.worker.reader import LocalFile, Reading

_NO_TEXT = "\x01\x02\x1a"  # what no line holds
_LINE_DELIMITER = "\x02\x1a\x01\x1a"
_SPARE_COLUMNS = 32
_LINE_BYTES_MAX = 64 << 20
_ESCAPED = "\x1c"


def line_reader(reading: Reading, codec: str, files: Sequence[LocalFile]) -> str:
    """Answer a reader whose one column ``line`` is a whole line."""
    return (
        f"read_csv({reading.paths(files)}, columns = {{'line': 'VARCHAR'}}, delim = {literal(_LINE_DELIMITER)}, "
        f"quote = '', escape = '', header = false, auto_detect = false, strict_mode = false, "
        f"skip = {skipped(reading)}, nullstr = {literal(_NO_TEXT)}, compression = '{codec}', "
        f"hive_partitioning = false, max_line_size = {_LINE_BYTES_MAX})"
    )


def skipped(reading: Reading) -> int:
    """Answer how many lines of each file are headers."""
    return int(reading.parameters.get("skip.header.line.count", "0") or 0)


def _separator(text: str) -> str:
    """A delimiter may be given as the number of its character."""
    return chr(int(text)) if text.isdigit() and len(text) > 1 else text


def delimited_reader(reading: Reading) -> list[str]:
    """Answer the SELECTs of a group that LazySimpleSerDe reads: a value that is no number is NULL."""
    parameters = reading.parameters
    separators = [
        _separator(parameters.get("field.delim", parameters.get("serialization.format", "\x01")) or "\x01"),
        _separator(parameters.get("collection.delim", parameters.get("colelction.delim", "\x02"))),
        _separator(parameters.get("mapkey.delim", "\x03")),
    ]
    if separators[0] == "1" and "field.delim" not in parameters:
        separators[0] = "\x01"
    null = parameters.get("serialization.null.format", "\\N")
    escape = parameters.get("escape.delim", "")
    places = {column.name: place for place, column in enumerate(reading.group.columns)}
    selects = []
    for codec, files in reading.by_codec().items():
        fields = f"string_split({_escapes_hidden('r.line', escape, separators[0])}, {literal(separators[0])})"
        columns = {}
        for column, type_ in reading.wanted():
            text = _escapes_shown(f"{fields}[{places[column.name] + 1}]", escape, separators[0])
            columns[column.index] = lazy_value(f"nullif({text}, {literal(null)})", type_, separators[1:], null)
        selects.append(reading.select(line_reader(reading, codec, files), columns, files))
    return selects


def _escapes_hidden(sql: str, escape: str, delimiter: str) -> str:
    if not escape:
        return sql
    return f"replace({sql}, {literal(escape + delimiter)}, {literal(_ESCAPED)})"


def _escapes_shown(sql: str, escape: str, delimiter: str) -> str:
    if not escape:
        return sql
    shown = f"replace({sql}, {literal(_ESCAPED)}, {literal(delimiter)})"
    return f"replace({shown}, {literal(escape * 2)}, {literal(escape)})"


_LAZY = {
    "varchar": "{0}",
    "varbinary": "coalesce(TRY(from_base64({0})), encode({0}))",
    "boolean": "CASE lower({0}) WHEN 'true' THEN true WHEN 'false' THEN false END",
    "date": "TRY_CAST(nullif(trim({0}), '') AS DATE)",
    "timestamp": "trino_milliseconds(TRY_CAST(nullif(trim({0}), '') AS TIMESTAMP))",
    "real": "TRY_CAST(nullif(trim({0}), '') AS FLOAT)",
    "double": "TRY_CAST(nullif(trim({0}), '') AS DOUBLE)",
}


def lazy_value(sql: str, type_: Type, separators: Sequence[str], null: str) -> str:
    """Answer a text as Hive's lazy types understand it; NULL when they do not."""
    if type_.base in ("array", "map", "row"):
        return _lazy_nested(sql, type_, separators, null)
    if type_.is_whole:
        return f"CASE WHEN regexp_full_match({sql}, '\\s*[+-]?\\d+\\s*') THEN TRY_CAST({sql} AS {physical(type_)}) END"
    if type_.base in ("varchar", "char") and type_.length is not None:
        return f"substr({sql}, 1, {type_.length})"
    template = _LAZY.get(type_.base, f"TRY_CAST(nullif(trim({{0}}), '') AS {physical(type_)})")
    return template.format(sql)


def _lazy_nested(sql: str, type_: Type, separators: Sequence[str], null: str) -> str:
    own = separators[0] if separators else "\x04"
    items = f"string_split({sql}, {literal(own)})"
    name = fresh()
    if type_.base == "array":
        element = lazy_value(f"nullif({name}, {literal(null)})", type_.parts[0], separators[1:], null)
        return f"CASE WHEN {sql} = '' THEN [] ELSE list_transform({items}, lambda {name}: {element}) END"
    if type_.base == "map":
        sign = separators[1] if len(separators) > 1 else "\x03"
        key = lazy_value(f"split_part({name}, {literal(sign)}, 1)", type_.parts[0], separators[2:], null)
        value = lazy_value(f"string_split({name}, {literal(sign)})[2]", type_.parts[1], separators[2:], null)
        entries = f"list_transform({items}, lambda {name}: struct_pack(key := {key}, value := {value}))"
        return f"CASE WHEN {sql} = '' THEN MAP {{}} ELSE map_from_entries({entries}) END"
    fields = ", ".join(
        f"{quoted(name or '')} := {lazy_value(f'{items}[{place + 1}]', part, separators[1:], null)}"
        for place, (name, part) in enumerate(zip(type_.names, type_.parts, strict=True))
    )
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({fields}) END"


_OPEN_CSV = {
    "boolean": "trino_csv_boolean({0}, {1})",
    "date": "trino_csv_date({0}, {1})",
    "timestamp": "trino_csv_timestamp({0}, {1})",
}


def open_csv_reader(reading: Reading) -> list[str]:
    """Answer the SELECTs of a group that OpenCSVSerde reads: a value that is no number fails the query."""
    parameters = reading.parameters
    width = len(reading.group.columns) + _SPARE_COLUMNS
    names = ", ".join(f"'f{place}': 'VARCHAR'" for place in range(width))
    options = _csv_options(parameters)
    places = {column.name: place for place, column in enumerate(reading.group.columns)}
    selects = []
    for codec, files in reading.by_codec().items():
        reader = (
            f"read_csv({reading.paths(files)}, columns = {{{names}}}, {options}, header = false, auto_detect = false, "
            f"strict_mode = false, null_padding = true, skip = {skipped(reading)}, nullstr = {literal(_NO_TEXT)}, "
            f"compression = '{codec}', hive_partitioning = false)"
        )
        columns = {
            column.index: _open_csv_value(f"r.f{places[column.name]}", type_, places[column.name])
            for column, type_ in reading.wanted()
        }
        selects.append(reading.select(reader, columns, files))
    return selects


def _csv_options(parameters: Mapping[str, str]) -> str:
    given = {name: parameters.get(name, default) for name, default in
             (("separatorChar", ","), ("quoteChar", '"'), ("escapeChar", "\\"))}  # fmt: skip
    escape = given["escapeChar"] if given["quoteChar"] else ""
    return (
        f"delim = {literal(given['separatorChar'])}, quote = {literal(given['quoteChar'])}, escape = {literal(escape)}"
    )


def _open_csv_value(sql: str, type_: Type, place: int) -> str:
    if type_.base in ("varchar", "char"):
        return sql
    template = _OPEN_CSV.get(type_.base, f"trino_csv_value({{0}}, TRY_CAST({{0}} AS {physical(type_)}), {{1}})")
    if type_.is_whole:
        checked = f"CASE WHEN regexp_full_match({sql}, '[+-]?\\d+') THEN TRY_CAST({sql} AS {physical(type_)}) END"
        template = f"trino_csv_value({{0}}, {checked.replace('{', '{{').replace('}', '}}')}, {{1}})"
    return template.format(sql, place)
