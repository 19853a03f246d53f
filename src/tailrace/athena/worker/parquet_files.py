"""Parquet files: columns by name whatever its case; one that a file lacks is NULL."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.athena.analysis.type import Type, physical, quoted
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.reader import LocalFile, Reading, paths_sql

_TEXTS = ("varchar", "char", "json")
_FAMILIES = (
    ({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"},
     {"tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"}),
    ({"FLOAT", "DOUBLE"}, {"real", "double"}),
    ({"DECIMAL"}, {"decimal", "double", "real"}),
    ({"VARCHAR", "BLOB", "JSON", "UUID"}, {"varchar", "char", "varbinary"}),
    ({"BOOLEAN"}, {"boolean"}),
    ({"DATE"}, {"date", "timestamp"}),
    ({"TIMESTAMP"}, {"timestamp", "date"}),
    ({"LIST"}, {"array"}),
    ({"MAP"}, {"map"}),
    ({"STRUCT"}, {"row"}),
)  # fmt: skip


def parquet_reader(reading: Reading) -> list[str]:
    """Answer the SELECT of a group of Parquet files."""
    files = [LocalFile(file.path, file) for file in reading.group.files if file.size > 0]
    if not files:
        return []
    wanted = reading.wanted()
    by_name = bool(reading.rewritten & {file.path for file in files})
    found = _columns(reading, _reader(files, by_name))
    if not by_name and any(column.name not in found for column, _ in wanted) and len(files) > 1:
        # A column that the first file lacks may be in others.
        by_name = True
        found = _columns(reading, _reader(files, by_name))
    columns = {}
    for column, type_ in wanted:
        if column.name not in found:
            columns[column.index] = f"CAST(NULL AS {physical(type_)})"
            continue
        name, actual = found[column.name]
        _check(column.name, actual, type_, files[0].source.uri)
        columns[column.index] = _value(f"r.{quoted(name)}", actual, type_)
    return [reading.select(_reader(files, by_name), columns, files)]


def _reader(files: Sequence[LocalFile], by_name: bool) -> str:
    union = "true" if by_name else "false"
    return f"read_parquet({paths_sql(files)}, union_by_name = {union}, hive_partitioning = false)"


def _columns(reading: Reading, reader: str) -> dict[str, tuple[str, str]]:
    """Answer the files' columns by name in lower case: as they are spelled, and DuckDB's type."""
    rows = reading.connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
    return {str(row[0]).lower(): (str(row[0]), str(row[1])) for row in rows}


def _family(actual: str) -> str:
    if actual.endswith("]"):
        return "LIST"
    head = actual.split("(")[0]
    return "TIMESTAMP" if head.startswith("TIMESTAMP") else head


def _check(name: str, actual: str, type_: Type, uri: str) -> None:
    family = _family(actual)
    allowed = next((targets for sources, targets in _FAMILIES if family in sources), None)
    if allowed is None or type_.base not in allowed:
        raise QueryFailure(
            f"HIVE_BAD_DATA: Field {name}'s type {family} in parquet file {uri} is incompatible with type {type_} "
            "defined in table schema"
        )


def _value(sql: str, actual: str, type_: Type) -> str:
    if type_.base == "timestamp":
        wall = f"timezone('UTC', {sql})" if "TIME ZONE" in actual else f"CAST({sql} AS TIMESTAMP)"
        return wall if actual in ("TIMESTAMP_MS", "TIMESTAMP_S") else f"trino_milliseconds({wall})"
    if type_.base == "varchar" and actual == "BLOB":
        return f"decode({sql})"
    if type_.base in _TEXTS and type_.length is not None:
        return f"substr({sql}, 1, {type_.length})"
    return sql if physical(type_) == actual else f"CAST({sql} AS {physical(type_)})"
