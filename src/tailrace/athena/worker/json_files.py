"""Files of JSON lines: the openx SerDe's meaning and Hive's, through DuckDB's reader.

Keys are matched whatever their case; what is missing is NULL; an object or a number read into a string keeps its text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tailrace.athena.analysis.type import Type, physical, quoted
from tailrace.athena.analysis.values import fresh
from tailrace.athena.functions.times import literal
from tailrace.athena.worker.json_lines import rewrite
from tailrace.athena.worker.json_survey import survey
from tailrace.athena.worker.reader import LocalFile, Reading

# Read as text and then understood: the SerDe takes several forms of them.
_FROM_TEXT = {
    "date": "trino_json_date({0})",
    "timestamp": "trino_json_timestamp({0})",
    "varbinary": "encode({0})",
}
# DuckDB reads pieces of twice the largest object: small ones are shared out better.
_OBJECT_BYTES = 16 << 20
_OBJECT_BYTES_MAX = 64 << 20


def json_reader(reading: Reading) -> list[str]:
    """Answer the SELECTs of a group of JSON files."""
    canonical = _canonical(reading.parameters)
    keys = {_key_of(reading.parameters, column.name): type_ for column, type_ in reading.wanted()}
    selects = []
    for codec, files in reading.by_codec().items():
        if reading.parameters.get("case.insensitive", "true") == "false":
            selects.append(_select(reading, codec, files, {(key,): key for key in keys}))
            continue
        rewritten = reading.ways.rewritten
        exact = [file for file in files if file.source.path not in rewritten]
        found = survey([file.path for file in exact], codec, keys, canonical)
        selects += [
            _select(reading, codec, [exact[place] for place in places], dict(spelled))
            for spelled, places in found.plain.items()
        ]
        odd = [file for file in files if file.source.path in rewritten] + [exact[place] for place in found.odd]
        if odd:
            anew = [_rewritten(reading, file, canonical) for file in odd]
            selects.append(_select(reading, "none", anew, {}))
    return selects


def _canonical(parameters: Mapping[str, str]) -> Callable[[str], str]:
    if parameters.get("dots.in.keys", "false").lower() == "true":
        return lambda key: key.lower().replace(".", "_")
    return str.lower


def _key_of(parameters: Mapping[str, str], column: str) -> str:
    """A column's key: ``mapping.<column>`` names another."""
    return parameters.get(f"mapping.{column}", column).lower()


def _rewritten(reading: Reading, file: LocalFile, canonical: Callable[[str], str]) -> LocalFile:
    target = reading.new_path()
    columns = [_key_of(reading.parameters, column.name) for column in reading.group.columns]
    rewrite(file.path, file.source.uri, target, columns, canonical, ignores_malformed(reading.parameters))
    return LocalFile(str(target), file.source)


def ignores_malformed(parameters: Mapping[str, str]) -> bool:
    """Tell whether a line that is no object is a row of NULLs rather than an error."""
    return parameters.get("ignore.malformed.json", "false").lower() == "true"


def _select(reading: Reading, codec: str, files: Sequence[LocalFile], spelled: Mapping[tuple[str, ...], str]) -> str:
    fields: list[str] = []
    columns: dict[int, str] = {}
    for column, type_ in reading.wanted():
        key = _key_of(reading.parameters, column.name)
        spelling = spelled.get((key,), key)
        fields.append(f"{literal(spelling)}: {literal(_read_type(type_, (key,), spelled))}")
        columns[column.index] = _understood(f"r.{quoted(spelling)}", type_)
    largest = _OBJECT_BYTES_MAX if reading.ways.large_objects else _OBJECT_BYTES
    ignoring = ", ignore_errors = true" if ignores_malformed(reading.parameters) else ""
    reader = (
        f"read_json({reading.paths(files)}, format = 'newline_delimited', records = true, compression = '{codec}', "
        f"maximum_object_size = {largest}, hive_partitioning = false{ignoring}, "
        f"columns = {{{', '.join(fields) or _ANY}}})"
    )
    return reading.select(reader, columns, files)


_ANY = "'any': 'JSON'"


def _read_type(type_: Type, path: tuple[str, ...], spelled: Mapping[tuple[str, ...], str]) -> str:
    """Answer the type that DuckDB reads; structs have their fields as they are spelled."""
    if type_.base == "array":
        return f"{_read_type(type_.parts[0], path, spelled)}[]"
    if type_.base == "map":
        return f"MAP(VARCHAR, {_read_type(type_.parts[1], path, spelled)})"
    if type_.base == "row":
        fields = []
        for name, part in zip(type_.names, type_.parts, strict=True):
            inner = (*path, name or "")
            fields.append(f"{quoted(spelled.get(inner, name or ''))} {_read_type(part, inner, spelled)}")
        return f"STRUCT({', '.join(fields)})"
    return "VARCHAR" if type_.base in (*_FROM_TEXT, "char") else physical(type_)


def _understood(sql: str, type_: Type) -> str:
    """Answer a column as its type, once it has been read."""
    if type_.base in _FROM_TEXT:
        return _FROM_TEXT[type_.base].format(sql)
    if type_.base in ("varchar", "char") and type_.length is not None:
        return f"substr({sql}, 1, {type_.length})"
    if not _has_text_forms(type_):
        return sql
    name = fresh()
    if type_.base == "array":
        return f"list_transform({sql}, lambda {name}: {_understood(name, type_.parts[0])})"
    if type_.base == "map":
        key, value = _understood_key(f"{name}.key", type_.parts[0]), _understood(f"{name}.value", type_.parts[1])
        entry = f"struct_pack(key := {key}, value := {value})"
        return f"map_from_entries(list_transform(map_entries({sql}), lambda {name}: {entry}))"
    parts = ", ".join(
        f"{quoted(name or '')} := {_understood(f'{sql}.{quoted(name or str())}', part)}"
        for name, part in zip(type_.names, type_.parts, strict=True)
    )
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({parts}) END"


def _has_text_forms(type_: Type) -> bool:
    if type_.base == "map" and type_.parts[0].base not in ("varchar", "char"):
        return True
    return type_.base in _FROM_TEXT or any(_has_text_forms(part) for part in type_.parts)


def _understood_key(sql: str, type_: Type) -> str:
    if type_.base in ("varchar", "char"):
        return sql
    return _FROM_TEXT[type_.base].format(sql) if type_.base in _FROM_TEXT else f"CAST({sql} AS {physical(type_)})"
