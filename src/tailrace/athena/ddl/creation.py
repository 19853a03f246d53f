"""CREATE and DROP of databases and tables, and what ALTER TABLE does to a whole table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tailrace.athena.catalog.glue_catalog import is_view
from tailrace.athena.catalog.location import parse_location
from tailrace.athena.ddl.problem import no_database, no_table, refused, semantic, task_failed
from tailrace.athena.ddl.tables import columns_of, find, glue, input_of, place_of, update
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.syntax.hive_create import LAZY_SIMPLE_SERDE, TEXT_INPUT, TEXT_OUTPUT
from tailrace.athena.syntax.problem import HiveProblem
from tailrace.athena.syntax.statement_tree import (
    AddColumns,
    AlterDatabase,
    ColumnDefinition,
    CreateDatabase,
    CreateTable,
    DropDatabase,
    DropTable,
    ReplaceColumns,
    SetProperties,
)
from tailrace.wire.errors import AwsError

DONE = Outcome(lines=())
_DATABASE_KEYS = ("Name", "Description", "LocationUri")


async def create_database(environment: Environment, statement: CreateDatabase) -> Outcome:
    """CREATE DATABASE."""
    made: dict[str, Any] = {"Name": statement.name, "Parameters": dict(statement.properties)}
    if statement.comment is not None:
        made["Description"] = statement.comment
    if statement.location is not None:
        made["LocationUri"] = statement.location
    try:
        environment.caller.call("glue", "CreateDatabase", {"DatabaseInput": made})
    except AwsError as error:
        if error.code != "AlreadyExistsException":
            raise refused(error) from error
        if not statement.if_not_exists:
            raise task_failed(f"Database {statement.name} already exists") from error
    return DONE


async def drop_database(environment: Environment, statement: DropDatabase) -> Outcome:
    """DROP DATABASE: one that has tables goes only with CASCADE."""
    if environment.catalog.database(statement.name) is None:
        if statement.if_exists:
            return DONE
        raise no_database(statement.name)
    if not statement.cascade and environment.catalog.tables(statement.name):
        text = f"Database {statement.name} is not empty. One or more tables exist."
        raise task_failed(f"InvalidOperationException(message:{text})")
    glue(environment, "DeleteDatabase", {"Name": statement.name})
    return DONE


async def alter_database(environment: Environment, statement: AlterDatabase) -> Outcome:
    """ALTER DATABASE … SET DBPROPERTIES."""
    database = environment.catalog.database(statement.name)
    if database is None:
        raise no_database(statement.name)
    made: dict[str, Any] = {key: database[key] for key in _DATABASE_KEYS if key in database}
    made["Parameters"] = {**(database.get("Parameters") or {}), **statement.properties}
    glue(environment, "UpdateDatabase", {"Name": statement.name, "DatabaseInput": made})
    return DONE


async def create_table(environment: Environment, statement: CreateTable) -> Outcome:
    """CREATE EXTERNAL TABLE."""
    database, name = place_of(environment, statement.name)
    _check(statement)
    ensure_database(environment, database)
    try:
        params = {"DatabaseName": database, "TableInput": _table_input(environment, statement, name)}
        environment.caller.call("glue", "CreateTable", params)
    except AwsError as error:
        if error.code == "EntityNotFoundException":
            raise no_database(database) from error
        if error.code != "AlreadyExistsException":
            raise refused(error) from error
        if not statement.if_not_exists:
            raise task_failed(f"AlreadyExistsException(message:Table {name} already exists.)") from error
    return DONE


def ensure_database(environment: Environment, database: str) -> None:
    """Make the database ``default`` when it is first needed; others must be made by hand."""
    if database == "default" and environment.catalog.database(database) is None:
        made = {"Name": "default", "Description": "Default Hive database"}
        glue(environment, "CreateDatabase", {"DatabaseInput": made})


def _check(statement: CreateTable) -> None:
    properties = {key.lower(): value for key, value in statement.properties.items()}
    if properties.get("table_type", "").upper() == "ICEBERG":
        raise HiveProblem("FAILED: NOT_SUPPORTED: Iceberg tables are not implemented in Tailrace yet")
    if not statement.external:
        raise semantic("Only external table creation is supported. Use CREATE EXTERNAL TABLE")
    if statement.location is None:
        raise semantic("No location specified for table")
    if parse_location(statement.location) is None:
        raise semantic(f"Location must be an s3 path, e.g. s3://bucket/folder/, not {statement.location}")
    seen: set[str] = set()
    for column in statement.columns:
        if column.name in seen:
            raise semantic(f"[Error 10036]: Duplicate column name: {column.name}")
        seen.add(column.name)
    for key in statement.partition_keys:
        if key.name in seen:
            raise semantic("[Error 10035]: Column repeated in partitioning columns")


def _table_input(environment: Environment, statement: CreateTable, name: str) -> dict[str, Any]:
    parameters = {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(environment.now_ms // 1000)}
    if statement.comment is not None:
        parameters["comment"] = statement.comment
    return {
        "Name": name,
        "Owner": "hadoop",
        "TableType": "EXTERNAL_TABLE",
        "Retention": 0,
        "Parameters": {**parameters, **statement.properties},
        "PartitionKeys": glue_columns(statement.partition_keys),
        "StorageDescriptor": {
            "Columns": glue_columns(statement.columns),
            "Location": (statement.location or "").rstrip("/"),
            "InputFormat": statement.input_format or TEXT_INPUT,
            "OutputFormat": statement.output_format or TEXT_OUTPUT,
            "Compressed": False,
            "NumberOfBuckets": statement.bucket_count,
            "BucketColumns": list(statement.bucket_columns),
            "SerdeInfo": _serde(statement),
            "SortColumns": [],
            "Parameters": {},
            "StoredAsSubDirectories": False,
        },
    }


def _serde(statement: CreateTable) -> dict[str, Any]:
    given = statement.row_format
    library = (given.serde if given is not None else "") or statement.default_serde or LAZY_SIMPLE_SERDE
    properties = {"serialization.format": "1", **(given.properties if given is not None else {})}
    return {"SerializationLibrary": library, "Parameters": properties}


def glue_columns(columns: Sequence[ColumnDefinition]) -> list[dict[str, Any]]:
    """Answer columns as Glue has them."""
    return [
        {"Name": column.name, "Type": column.type, **({} if column.comment is None else {"Comment": column.comment})}
        for column in columns
    ]


async def drop_table(environment: Environment, statement: DropTable) -> Outcome:
    """DROP TABLE: the catalog's entry goes, the data stays."""
    database, name = place_of(environment, statement.name)
    table = environment.catalog.table(database, name)
    if table is None:
        if statement.if_exists:
            return DONE
        raise no_table(f"{database}.{name}")
    if is_view(table):
        raise semantic(f"[Error 10001]: Cannot drop a view with DROP TABLE: {name}")
    glue(environment, "DeleteTable", {"DatabaseName": database, "Name": name})
    return DONE


async def set_properties(environment: Environment, statement: SetProperties) -> Outcome:
    """ALTER TABLE … SET TBLPROPERTIES."""
    database, table = find(environment, statement.name)
    update(environment, database, table, Parameters=dict(statement.properties))
    return DONE


async def add_columns(environment: Environment, statement: AddColumns) -> Outcome:
    """ALTER TABLE … ADD COLUMNS: after those there are."""
    database, table = find(environment, statement.name)
    known = {column["Name"].lower() for column in columns_of(table)}
    for column in statement.columns:
        if column.name in known:
            raise semantic(f"[Error 10036]: Duplicate column name: {column.name}")
    _put_columns(environment, database, table, [*columns_of(table), *glue_columns(statement.columns)])
    return DONE


async def replace_columns(environment: Environment, statement: ReplaceColumns) -> Outcome:
    """ALTER TABLE … REPLACE COLUMNS."""
    database, table = find(environment, statement.name)
    _put_columns(environment, database, table, glue_columns(statement.columns))
    return DONE


def _put_columns(environment: Environment, database: str, table: dict[str, Any], columns: list[dict[str, Any]]) -> None:
    descriptor = {**input_of(table)["StorageDescriptor"], "Columns": columns}
    update(environment, database, table, StorageDescriptor=descriptor)
