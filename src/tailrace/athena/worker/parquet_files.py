"""Parquet files: columns by name whatever its case, or by place; one that a file lacks is NULL.

Files whose columns are of other types are read apart: DuckDB would cast all to the types of the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.athena.analysis.type import Type, physical, quoted
from tailrace.athena.worker.parquet_footers import Schema, footers
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.reader import LocalFile, Reading
from tailrace.athena.worker.scan_plan import ColumnToRead, Group

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
    """Answer the SELECTs of a group of Parquet files, one for each of their schemas."""
    files = [LocalFile(file.path, file) for file in reading.group.files if file.size > 0]
    alike: dict[Schema, list[LocalFile]] = {}
    for file, footer in zip(files, footers(reading.connection, [file.path for file in files]), strict=True):
        alike.setdefault(footer.schema, []).append(file)
    return [_select(reading, schema, some) for schema, some in alike.items()]


def _select(reading: Reading, schema: Schema, files: Sequence[LocalFile]) -> str:
    columns: dict[int, str] = {}
    for column, type_ in reading.wanted():
        found = column_in(schema, reading.group, column)
        if found is None:
            columns[column.index] = f"CAST(NULL AS {physical(type_)})"
            continue
        name, actual = found
        _check(column.name, actual, type_, files[0].source.uri)
        columns[column.index] = _value(f"r.{quoted(name)}", actual, type_)
    return reading.select(f"read_parquet({reading.paths(files)}, hive_partitioning = false)", columns, files)


def column_in(schema: Schema, group: Group, column: ColumnToRead) -> tuple[str, str] | None:
    """Answer a column's name and DuckDB's type in files of a schema; None when they lack it."""
    if group.parameters.get("parquet.column.index.access", "false").lower() != "true":
        return schema.by_name.get(column.name)
    place = [each.name for each in group.columns].index(column.name)
    return schema.columns[place] if place < len(schema.columns) else None


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
