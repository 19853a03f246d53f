"""What the footers of Parquet files say: their columns and the bytes of each. Kept by path, for files never change."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tailrace.athena.functions.times import literal
from tailrace.athena.worker.connection import Connection

_FILES_KEPT = 100_000


class Schema(msgspec.Struct, frozen=True, eq=False):
    """The columns of files that are alike, as they are spelled, with DuckDB's types: in order, and by lower case."""

    columns: Sequence[tuple[str, str]]
    by_name: dict[str, tuple[str, str]]


class Footer(msgspec.Struct, frozen=True):
    """One file's: its schema, and the compressed bytes of its columns by their names in lower case."""

    schema: Schema
    sizes: dict[str, int]


_footers: dict[str, Footer] = {}
_schemas: dict[int, Schema] = {}  # by a hash of their description


def footers(connection: Connection, paths: Sequence[str]) -> list[Footer]:
    """Answer the footers of files. Raises DuckDB's error when one is no Parquet file."""
    if len(_footers) > _FILES_KEPT:
        _footers.clear()
        _schemas.clear()
    new = [path for path in paths if path not in _footers]
    if new:
        _read(connection, new)
    return [_footers[path] for path in paths]


def _read(connection: Connection, paths: Sequence[str]) -> None:
    described = connection.execute(
        "SELECT file_name, hash(list((name, duckdb_type) ORDER BY column_id)) FROM parquet_schema($1) GROUP BY 1",
        [paths],
    ).fetchall()
    sizes: dict[str, dict[str, int]] = {path: {} for path in paths}
    rows = connection.execute(
        "SELECT file_name, lower(split_part(path_in_schema, ', ', 1)), CAST(sum(total_compressed_size) AS BIGINT) "
        "FROM parquet_metadata($1) GROUP BY 1, 2",
        [paths],
    )
    for path, name, size in rows.fetchall():
        sizes[path][name] = size
    for path, description in described:
        if description not in _schemas:
            _schemas[description] = _schema(connection, path)
        _footers[path] = Footer(_schemas[description], sizes[path])


def _schema(connection: Connection, path: str) -> Schema:
    rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet([{literal(path)}], hive_partitioning = false)")
    columns = [(str(row[0]), str(row[1])) for row in rows.fetchall()]
    return Schema(columns, {name.lower(): (name, type_) for name, type_ in columns})
