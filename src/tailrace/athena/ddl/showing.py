"""SHOW and DESCRIBE: what the catalog holds, as lines in Hive's layout."""

from __future__ import annotations

import re
from typing import Any

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.caller import CATALOG
from tailrace.athena.catalog.glue_catalog import is_view
from tailrace.athena.catalog.presto_view import decoded
from tailrace.athena.ddl.problem import no_database, no_table, semantic
from tailrace.athena.ddl.table_text import create_table_lines, shown_columns
from tailrace.athena.ddl.tables import find, keys_of, place_of
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.results.columns import text_column
from tailrace.athena.syntax.statement_tree import (
    Describe,
    ShowColumns,
    ShowCreate,
    ShowDatabases,
    ShowPartitions,
    ShowProperties,
    ShowTables,
)
from tailrace.engine.user_pattern import BadPattern, UserPattern

_WIDTH = 20
_BLANK = "\t \t "


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """Hive's patterns: * is anything, | is or."""
    if pattern is None:
        return sorted(names)
    try:
        choices = [UserPattern(choice.replace("*", ".*"), re.IGNORECASE) for choice in pattern.split("|")]
        return sorted(name for name in names if any(choice.fullmatch(name) for choice in choices))
    except BadPattern as error:
        raise semantic(f"Invalid pattern: {pattern}: {error}") from error


def padded(*cells: str) -> str:
    """Answer cells in columns of twenty, between tabs."""
    return "\t".join(cell.ljust(_WIDTH) for cell in cells)


async def show_databases(environment: Environment, statement: ShowDatabases) -> Outcome:
    """SHOW DATABASES."""
    names = [database["Name"] for database in environment.catalog.databases()]
    return Outcome([text_column("database_name")], lines=_matching(names, statement.pattern))


async def show_tables(environment: Environment, statement: ShowTables) -> Outcome:
    """SHOW TABLES, views among them, and SHOW VIEWS."""
    database = statement.database or environment.database
    if environment.catalog.database(database) is None:
        if statement.database is None and database == "default":
            return Outcome([text_column("tab_name")], lines=())
        raise no_database(database)
    tables = environment.catalog.tables(database)
    names = [table["Name"] for table in tables if not statement.views or is_view(table)]
    name = "views" if statement.views else "tab_name"
    return Outcome([text_column(name)], lines=_matching(names, statement.pattern))


async def show_columns(environment: Environment, statement: ShowColumns) -> Outcome:
    """SHOW COLUMNS: partition keys last."""
    _, table = find(environment, statement.name)
    names = [column["Name"] for column in [*shown_columns(table), *keys_of(table)]]
    return Outcome([text_column("field")], lines=[padded(name) for name in names])


async def show_partitions(environment: Environment, statement: ShowPartitions) -> Outcome:
    """SHOW PARTITIONS."""
    database, table = find(environment, statement.name)
    keys = [key["Name"] for key in keys_of(table)]
    if not keys:
        raise semantic(f"[Error 10241]: Table {table['Name']} is not a partitioned table")
    lines = [
        "/".join(f"{key}={value}" for key, value in zip(keys, partition["Values"], strict=True))
        for page in environment.catalog.partitions(database, table["Name"])
        for partition in page
    ]
    return Outcome([text_column("partition")], lines=sorted(lines))


async def show_properties(environment: Environment, statement: ShowProperties) -> Outcome:
    """SHOW TBLPROPERTIES."""
    _, table = find(environment, statement.name)
    parameters: dict[str, Any] = table.get("Parameters") or {}
    columns = [text_column("prpt_name"), text_column("prpt_value")]
    if statement.key is not None:
        missing = f"Table {table['Name']} does not have property: {statement.key}"
        return Outcome(columns, lines=[str(parameters.get(statement.key, missing))])
    return Outcome(columns, lines=[f"{key}\t{value}" for key, value in sorted(parameters.items())])


async def show_create(environment: Environment, statement: ShowCreate) -> Outcome:
    """SHOW CREATE TABLE and SHOW CREATE VIEW."""
    database, name = place_of(environment, statement.name)
    table = environment.catalog.table(database, name)
    if statement.view:
        return _show_view(statement, database, name, table)
    if table is None:
        raise no_table(f"{database}.{name}")
    if is_view(table):
        raise semantic(f"[Error 10001]: {name} is a view: use SHOW CREATE VIEW")
    written = f"{database}.{name}" if len(statement.name.parts) > 1 else name
    return Outcome([text_column("createtab_stmt")], lines=create_table_lines(written, table))


def _show_view(statement: ShowCreate, database: str, name: str, table: dict[str, Any] | None) -> Outcome:
    at = statement.name.at
    if table is None:
        raise AnalysisProblem("TABLE_NOT_FOUND", at, f"View '{CATALOG}.{database}.{name}' does not exist")
    if not is_view(table):
        text = f"Relation '{CATALOG}.{database}.{name}' is a table, not a view"
        raise AnalysisProblem("NOT_SUPPORTED", at, text)
    view = decoded((CATALOG, database, name), table.get("ViewOriginalText") or "")
    lines = [f"CREATE VIEW {database}.{name} AS ", *view.text.splitlines()]
    return Outcome([text_column("Create View")], lines=lines)


async def describe(environment: Environment, statement: Describe) -> Outcome:
    """DESCRIBE: columns, then partition keys; EXTENDED and FORMATTED say more of the table."""
    _, table = find(environment, statement.name)
    columns = [*shown_columns(table), *keys_of(table)]
    if statement.column is not None:
        columns = [column for column in columns if column["Name"].lower() == statement.column]
        if not columns:
            raise semantic(f"[Error 10002]: Invalid column reference {statement.column}")
    names = [text_column("col_name"), text_column("data_type"), text_column("comment")]
    lines = [_described(column) for column in columns]
    if statement.column is not None:
        return Outcome(names, lines=lines)
    if statement.mode == "FORMATTED":
        title = padded("# col_name", "data_type", "comment")
        lines = [title, _BLANK, *(_described(column) for column in shown_columns(table))]
    if keys_of(table):
        lines += _partition_lines(table)
    if statement.mode == "FORMATTED":
        lines += _formatted(table)
    if statement.mode == "EXTENDED":
        lines += [_BLANK, f"Detailed Table Information\t{table}\t"]
    return Outcome(names, lines=lines)


def _described(column: dict[str, Any]) -> str:
    return padded(column["Name"], column.get("Type", "string"), column.get("Comment") or "")


def _partition_lines(table: dict[str, Any]) -> list[str]:
    title = padded("# col_name", "data_type", "comment")
    return [_BLANK, f"# Partition Information{_BLANK}", title, _BLANK, *(_described(key) for key in keys_of(table))]


def _formatted(table: dict[str, Any]) -> list[str]:
    descriptor = table.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    facts = [
        ("Database:", table.get("DatabaseName", "")),
        ("Owner:", table.get("Owner", "")),
        ("Location:", descriptor.get("Location", "")),
        ("Table Type:", table.get("TableType", "")),
    ]
    storage = [
        ("SerDe Library:", serde.get("SerializationLibrary", "")),
        ("InputFormat:", descriptor.get("InputFormat", "")),
        ("OutputFormat:", descriptor.get("OutputFormat", "")),
        ("Compressed:", "Yes" if descriptor.get("Compressed") else "No"),
        ("Num Buckets:", str(descriptor.get("NumberOfBuckets", -1))),
        ("Bucket Columns:", str(descriptor.get("BucketColumns") or [])),
    ]
    lines = [
        _BLANK,
        f"# Detailed Table Information{_BLANK}",
        *(f"{padded(name, str(value))}\t " for name, value in facts),
    ]
    lines += ["Table Parameters:\t \t "]
    lines += [f"\t{padded(key, str(value))}" for key, value in sorted((table.get("Parameters") or {}).items())]
    lines += [_BLANK, f"# Storage Information{_BLANK}", *(f"{padded(name, str(value))}\t " for name, value in storage)]
    lines += ["Storage Desc Params:\t \t "]
    return lines + [f"\t{padded(key, str(value))}" for key, value in sorted((serde.get("Parameters") or {}).items())]
