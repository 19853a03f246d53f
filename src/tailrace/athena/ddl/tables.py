"""Tables of the catalog as DDL names and changes them."""

from __future__ import annotations

from typing import Any

from tailrace.athena.ddl.problem import no_table, refused
from tailrace.athena.execution.environment import Environment
from tailrace.athena.syntax.query_tree import QualifiedName
from tailrace.wire.errors import AwsError

_INPUT_KEYS = (
    "Name", "Description", "Owner", "LastAccessTime", "LastAnalyzedTime", "Retention", "StorageDescriptor",
    "PartitionKeys", "ViewOriginalText", "ViewExpandedText", "TableType", "Parameters", "TargetTable",
)  # fmt: skip


def place_of(environment: Environment, name: QualifiedName) -> tuple[str, str]:
    """Answer the database and the table that a name means."""
    parts = [part.lower for part in name.parts]
    if len(parts) == 1 and "." in parts[0]:
        parts = parts[0].split(".")  # `db.table` within one pair of backticks
    return (parts[-2] if len(parts) > 1 else environment.database), parts[-1]


def find(environment: Environment, name: QualifiedName) -> tuple[str, dict[str, Any]]:
    """Answer a table's database and Glue's table. HiveProblem when there is none."""
    database, table = place_of(environment, name)
    found = environment.catalog.table(database, table)
    if found is None:
        raise no_table(f"{database}.{table}" if len(name.parts) > 1 else table)
    return database, found


def glue(environment: Environment, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Call Glue. HiveProblem with Hive's words when it refuses."""
    try:
        return environment.caller.call("glue", operation, params)
    except AwsError as error:
        raise refused(error) from error


def input_of(table: dict[str, Any]) -> dict[str, Any]:
    """Answer Glue's table as the input that makes it again."""
    return {key: table[key] for key in _INPUT_KEYS if key in table}


def update(environment: Environment, database: str, table: dict[str, Any], **changes: Any) -> None:
    """Change some members of a table."""
    parameters = {**(table.get("Parameters") or {}), **changes.pop("Parameters", {})}
    parameters["transient_lastDdlTime"] = str(environment.now_ms // 1000)
    made = {**input_of(table), **changes, "Parameters": parameters}
    glue(environment, "UpdateTable", {"DatabaseName": database, "TableInput": made})


def columns_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the columns of a table's files."""
    return list((table.get("StorageDescriptor") or {}).get("Columns") or [])


def keys_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the partition keys of a table."""
    return list(table.get("PartitionKeys") or [])
