"""information_schema: what the catalog holds, as tables."""

from __future__ import annotations

from typing import Any

from tailrace.athena.analysis.context import RowsTable, TableColumn
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.type import BIGINT, VARCHAR
from tailrace.athena.catalog.caller import CATALOG
from tailrace.athena.catalog.glue_catalog import GlueCatalog, base_table, is_view
from tailrace.athena.catalog.presto_view import decoded

_SCHEMA = "information_schema"
_COLUMNS = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "views": ("table_catalog", "table_schema", "table_name", "view_definition"),
    "columns": (
        "table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default",
        "is_nullable", "data_type", "comment", "extra_info",
    ),
}  # fmt: skip


def information_table(catalog: GlueCatalog, name: str) -> RowsTable | None:
    """Answer one table of information_schema; None when there is none of the name."""
    if name not in _COLUMNS:
        return None
    columns = tuple(
        TableColumn(column, BIGINT if column == "ordinal_position" else VARCHAR) for column in _COLUMNS[name]
    )
    return RowsTable((CATALOG, _SCHEMA, name), columns, _rows(catalog, name))


def _rows(catalog: GlueCatalog, name: str) -> list[list[str | int | None]]:
    schemas = [database["Name"] for database in catalog.databases()]
    if name == "schemata":
        return [[CATALOG, schema] for schema in [*schemas, _SCHEMA]]
    rows: list[list[str | int | None]] = []
    for schema in schemas:
        for table in catalog.tables(schema):
            rows += _table_rows(name, schema, table)
    return rows


def _table_rows(name: str, schema: str, table: dict[str, Any]) -> list[list[str | int | None]]:
    place: list[str | int | None] = [CATALOG, schema, table["Name"]]
    if name == "tables":
        return [[*place, "VIEW" if is_view(table) else "BASE TABLE"]]
    if name == "views":
        return [[*place, _definition(schema, table)]] if is_view(table) else []
    return [[*place, *rest] for rest in _column_rows(schema, table)]


def _definition(schema: str, table: dict[str, Any]) -> str | None:
    try:
        return decoded((CATALOG, schema, table["Name"]), table.get("ViewOriginalText") or "").text
    except AnalysisProblem:
        return None


def _column_rows(schema: str, table: dict[str, Any]) -> list[list[str | int | None]]:
    full = (CATALOG, schema, table["Name"])
    try:
        made = decoded(full, table.get("ViewOriginalText") or "") if is_view(table) else base_table(full, table)
    except AnalysisProblem:
        return []  # a table that queries can't read has no columns that they could name
    described = (table.get("StorageDescriptor") or {}).get("Columns") or []
    comments = {each["Name"].lower(): each.get("Comment") for each in [*described, *(table.get("PartitionKeys") or [])]}
    return [
        [
            column.name,
            place,
            None,
            "YES",
            str(column.type),
            comments.get(column.name),
            None if column.key is None else "partition key",
        ]
        for place, column in enumerate((each for each in made.columns if not each.hidden), 1)
    ]
