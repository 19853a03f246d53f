"""The task that writes tables: the files of CTAS, INSERT and UNLOAD, a folder of partition values each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tailrace.athena.analysis.type import Type, field_name, physical, quoted
from tailrace.athena.analysis.type_reading import hive_type
from tailrace.athena.analysis.values import fresh, text_of
from tailrace.athena.functions.times import literal
from tailrace.athena.worker.connection import connection
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.running import run
from tailrace.athena.worker.scan_plan import plan_of
from tailrace.athena.worker.scanned import scanned_bytes
from tailrace.athena.worker.scans import Scans

_PARTITIONS_MAX = 100
_NO_QUOTE = "\x1b"
_CODECS = {"none": "uncompressed", "uncompressed": "uncompressed", "deflate": "gzip", "zlib": "gzip"}
_SUFFIXES = {"gzip": ".gz", "zstd": ".zst"}


def write(payload: dict[str, Any]) -> dict[str, Any]:
    """Write a query's rows as files of a format into a folder; answer them with their partition values.

    ``columns`` are [name, Hive type] in the order of the query's; ``keys`` how many of the last are partition keys.
    """
    plans = [plan_of(each) for each in payload["scans"]]
    columns = [(name, hive_type(type_)) for name, type_ in payload["columns"]]
    with Scans(connection(), plans) as scans:
        connection().execute("DROP TABLE IF EXISTS written")
        make, rows = "CREATE TEMP TABLE written AS", f"SELECT * FROM ({payload['sql']}) AS q"
        try:
            run(connection(), scans, lambda named: connection().execute(f"{make} {named}{rows}"))
            files = _files(payload, columns)
        finally:
            connection().execute("DROP TABLE IF EXISTS written")
        return {"files": files, "rows": sum(file["rows"] for file in files), "scanned": scanned_bytes(plans)}


def _files(payload: dict[str, Any], columns: Sequence[tuple[str, Type]]) -> list[dict[str, Any]]:
    count = len(columns) - payload["keys"]
    if not payload["keys"]:
        return _file(payload, columns, "true", [], 0)
    keys = [f"c{index}" for index in range(count, len(columns))]
    texts = [_key_text(key, columns[count + place][1]) for place, key in enumerate(keys)]
    listed = ", ".join(texts)
    found = connection().execute(f"SELECT DISTINCT {listed} FROM written ORDER BY ALL").fetchall()
    if len(found) > _PARTITIONS_MAX:
        raise QueryFailure(
            f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {_PARTITIONS_MAX} open writers for partitions/buckets"
        )
    files: list[dict[str, Any]] = []
    for number, values in enumerate(found):
        where = " AND ".join(
            f"{text} IS NOT DISTINCT FROM {'NULL' if value is None else literal(value)}"
            for text, value in zip(texts, values, strict=True)
        )
        files += _file(payload, columns[:count], where, list(values), number)
    return files


def _key_text(sql: str, type_: Type) -> str:
    return text_of(sql, type_) if type_.base != "timestamp" else f"CAST({sql} AS VARCHAR)"


def _file(
    payload: dict[str, Any], columns: Sequence[tuple[str, Type]], where: str, values: list[str | None], number: int
) -> list[dict[str, Any]]:
    buckets: int = payload.get("buckets", 0)
    if not buckets:
        return _one(payload, columns, where, values, str(number))
    files: list[dict[str, Any]] = []
    keys = ", ".join(f"c{place}" for place, (name, _) in enumerate(columns) if name in payload["bucket_columns"])
    for bucket in range(buckets):
        inside = f"({where}) AND hash({keys}) % {buckets} = {bucket}"
        files += _one(payload, columns, inside, values, f"{number}_bucket-{bucket:05d}")
    return files


def _one(
    payload: dict[str, Any], columns: Sequence[tuple[str, Type]], where: str, values: list[str | None], name: str
) -> list[dict[str, Any]]:
    path = Path(payload["folder"]) / name
    source = f"FROM written WHERE {where}"
    rows = _FORMATS[payload["format"]](payload, columns, source, path)
    if rows == 0 and values:
        path.unlink(missing_ok=True)
        return []
    suffix = "" if payload["format"] in ("PARQUET", "ORC") else _SUFFIXES.get(_codec(payload), "")
    return [{"path": str(path), "values": values, "rows": rows, "name": name, "suffix": suffix}]


def _codec(payload: dict[str, Any]) -> str:
    given = str(payload["compression"]).lower()
    return _CODECS.get(given, given)


def _copied(sql: str, path: Path, options: str) -> int:
    row = connection().execute(f"COPY ({sql}) TO {literal(str(path))} ({options})").fetchone()
    return 0 if row is None else int(row[0])


def _listed(columns: Sequence[tuple[str, Type]]) -> str:
    return ", ".join(
        f"CAST(c{place} AS {physical(type_)}) AS {quoted(name)}" for place, (name, type_) in enumerate(columns)
    )


def _parquet(payload: dict[str, Any], columns: Sequence[tuple[str, Type]], source: str, path: Path) -> int:
    return _copied(f"SELECT {_listed(columns)} {source}", path, f"FORMAT parquet, COMPRESSION '{_codec(payload)}'")


def _json(payload: dict[str, Any], columns: Sequence[tuple[str, Type]], source: str, path: Path) -> int:
    listed = ", ".join(
        f"{_json_form(f'c{place}', type_)} AS {quoted(name)}" for place, (name, type_) in enumerate(columns)
    )
    return _copied(f"SELECT {listed} {source}", path, f"FORMAT json, COMPRESSION '{_text_codec(payload)}'")


def _json_form(sql: str, type_: Type) -> str:
    return f"base64({sql})" if type_.base == "varbinary" else f"CAST({sql} AS {physical(type_)})"


def _text_codec(payload: dict[str, Any]) -> str:
    codec = _codec(payload)
    if codec not in ("uncompressed", *_SUFFIXES):
        raise QueryFailure(f"NOT_SUPPORTED: compression {codec} of text files is not implemented in Tailrace yet")
    return "none" if codec == "uncompressed" else codec


def _text(payload: dict[str, Any], columns: Sequence[tuple[str, Type]], source: str, path: Path) -> int:
    delimiters = [payload.get("delimiter") or "\x01", "\x02", "\x03"]
    parts = [
        f"coalesce({_delimited(f'c{place}', type_, delimiters[1:])}, '\\N')" for place, (_, type_) in enumerate(columns)
    ]
    line = f" || {literal(delimiters[0])} || ".join(parts)
    options = (
        f"FORMAT csv, HEADER false, QUOTE {literal(_NO_QUOTE)}, ESCAPE {literal(_NO_QUOTE)}, DELIM '\x1a', "
        f"NULL '\x1c', COMPRESSION '{_text_codec(payload)}'"
    )
    return _copied(f"SELECT {line} AS line {source}", path, options)


def _delimited(sql: str, type_: Type, delimiters: Sequence[str]) -> str:
    """Answer a value as LazySimpleSerDe writes it: parts of nested ones between ever deeper delimiters."""
    own, deeper = delimiters[0], delimiters[1:] or ("\x04",)
    name = fresh()
    if type_.base == "array":
        element = f"coalesce({_delimited(name, type_.parts[0], deeper)}, '\\N')"
        return f"array_to_string(list_transform({sql}, lambda {name}: {element}), {literal(own)})"
    if type_.base == "map":
        key = _delimited(f"{name}.key", type_.parts[0], deeper)
        value = f"coalesce({_delimited(f'{name}.value', type_.parts[1], deeper)}, '\\N')"
        entry = f"{key} || {literal(deeper[0])} || {value}"
        return f"array_to_string(list_transform(map_entries({sql}), lambda {name}: {entry}), {literal(own)})"
    if type_.base == "row":
        fields = [
            f"coalesce({_delimited(f'({sql}).{quoted(field_name(type_, place))}', part, deeper)}, '\\N')"
            for place, part in enumerate(type_.parts)
        ]
        return f"CASE WHEN {sql} IS NOT NULL THEN {f' || {literal(own)} || '.join(fields)} END"
    return f"base64({sql})" if type_.base == "varbinary" else text_of(sql, type_)


def _orc(payload: dict[str, Any], columns: Sequence[tuple[str, Type]], source: str, path: Path) -> int:
    from pyarrow import orc  # loading it takes longer than most queries, and few write ORC

    table: Any = connection().execute(f"SELECT {_listed(columns)} {source}").to_arrow_table()
    codec = {"gzip": "zlib"}.get(_codec(payload), _codec(payload))
    orc.write_table(table, str(path), compression=codec)
    return int(table.num_rows)


_FORMATS = {"PARQUET": _parquet, "JSON": _json, "TEXTFILE": _text, "ORC": _orc}
