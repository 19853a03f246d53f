"""CTAS, INSERT and UNLOAD: the worker's files put into S3 as the caller, and the catalog told of them."""

from __future__ import annotations

import asyncio
import datetime
import shutil
import string
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tailrace.athena.analysis.analyzer import Analyzed
from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import BaseTable, OutputColumn
from tailrace.athena.analysis.problem import AnalysisProblem, not_supported, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type, coercible, physical
from tailrace.athena.analysis.type_reading import hive_text
from tailrace.athena.catalog.caller import CATALOG
from tailrace.athena.catalog.glue_catalog import HIVE_NULL, base_table, is_view
from tailrace.athena.catalog.listing import Listing
from tailrace.athena.catalog.location import Location, parse_location
from tailrace.athena.ddl.creation import ensure_database
from tailrace.athena.ddl.partitions import create, folder_of, partition_input
from tailrace.athena.ddl.tables import glue, keys_of, place_of
from tailrace.athena.ddl.views import named_columns
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.execution.selecting import analyzed_query
from tailrace.athena.execution.storing import put_file
from tailrace.athena.execution.table_properties import Writing, writing_of
from tailrace.athena.results.columns import Column
from tailrace.athena.syntax.hive_create import STORED_FORMATS
from tailrace.athena.syntax.query_tree import QualifiedName
from tailrace.athena.syntax.statement_tree import CreateTableAs, InsertInto, Unload

_ROWS = (Column("rows", "bigint", 19),)
_UNWRITABLE = ("timestamp with time zone", "json", "time", "uuid", "interval day to second", "interval year to month",
               "unknown")  # fmt: skip
_JSON_SERDE = "org.apache.hive.hcatalog.data.JsonSerDe"
_FORMATS_OF_SERDES = {
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": "PARQUET",
    "org.apache.hadoop.hive.ql.io.orc.OrcSerde": "ORC",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": "TEXTFILE",
    _JSON_SERDE: "JSON",
    "org.openx.data.jsonserde.JsonSerDe": "JSON",
}


async def create_table_as(environment: Environment, statement: CreateTableAs) -> Outcome:
    """CREATE TABLE … AS."""
    database, name = place_of(environment, statement.name)
    full = f"{CATALOG}.{database}.{name}"
    ensure_database(environment, database)
    if environment.catalog.database(database) is None:
        raise AnalysisProblem("SCHEMA_NOT_FOUND", statement.name.at, f"Schema '{database}' does not exist")
    if environment.catalog.table(database, name) is not None:
        if statement.if_not_exists:
            return Outcome(_ROWS, manifest=())
        text = f"Destination table '{full}' already exists"
        raise AnalysisProblem("TABLE_ALREADY_EXISTS", statement.name.at, text)
    writing = writing_of(statement.properties)
    if writing.external_location is not None and environment.query.enforced:
        raise AnalysisProblem(
            "NOT_SUPPORTED", None,
            "The Create Table As Select query failed because it was submitted with an 'external_location' property to "
            "an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )  # fmt: skip
    analyzed = analyzed_query(environment, statement.query)
    columns = named_columns(analyzed.made.columns, statement.query.at)
    _check_columns(columns, writing)
    location = _target(writing.external_location or f"{environment.query.prefix}tables/{environment.query.id}/")
    await _need_empty(environment, location, f"Target directory for table '{database}.{name}' already exists")
    made = _Made([], 0, 0)
    if statement.with_data:
        made = await _write(environment, analyzed, analyzed.made.sql, columns, writing, location)
    table = _table_input(environment, name, columns, writing, location)
    glue(environment, "CreateTable", {"DatabaseName": database, "TableInput": table})
    _add_partitions(environment, database, table, made.folders)
    return made.outcome()


def _check_columns(columns: Sequence[tuple[str, Type]], writing: Writing) -> None:
    for _, type_ in columns:
        _check_type(type_)
    keys = list(writing.partitioned_by)
    names = [name for name, _ in columns]
    if keys and (len(keys) >= len(names) or names[-len(keys) :] != keys):
        missing = [key for key in keys if key not in names]
        if missing:
            text = f"Partition columns {missing} not present in schema"
            raise AnalysisProblem("INVALID_TABLE_PROPERTY", None, text)
        text = "Partition keys must be the last columns in the table and in the same order as the table properties: "
        raise AnalysisProblem("HIVE_COLUMN_ORDER_MISMATCH", None, f"{text}[{', '.join(keys)}]")


def _check_type(type_: Type) -> None:
    if type_.base in _UNWRITABLE:
        raise not_supported(None, f"Unsupported Hive type: {type_}")
    for part in type_.parts:
        _check_type(part)


def _target(text: str) -> Location:
    location = parse_location(text)
    if location is None:
        raise AnalysisProblem(
            "INVALID_TABLE_PROPERTY", None, f"External location is not a valid file system URI: {text}"
        )
    return location


async def _need_empty(environment: Environment, location: Location, text: str) -> None:
    if await Listing(environment.caller).entries(location):
        raise AnalysisProblem("HIVE_PATH_ALREADY_EXISTS", None, f"{text}: {location}")


class _Made:
    """What was written: the objects, and the folders of partitions by their values."""

    def __init__(self, objects: list[str], rows: int, scanned: int) -> None:
        self.objects = objects
        self.rows = rows
        self.scanned = scanned
        self.folders: dict[tuple[str, ...], str] = {}

    def outcome(self) -> Outcome:
        """Answer it as the statement's."""
        return Outcome(_ROWS, scanned=self.scanned, update_count=self.rows, manifest=self.objects)


async def _write(
    environment: Environment,
    analyzed: Analyzed,
    sql: str,
    columns: Sequence[tuple[str, Type]],
    writing: Writing,
    location: Location,
    folders: dict[tuple[str, ...], str] | None = None,
) -> _Made:
    """Have the worker write the rows, and put its files into the partitions' folders."""
    plans = await environment.scanning().plans(analyzed)
    environment.note_planned()
    folder = environment.scratch("-files")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    try:
        payload = {
            "sql": sql,
            "scans": plans,
            "columns": [[name, hive_text(type_)] for name, type_ in columns],
            "keys": len(writing.partitioned_by),
            "folder": str(folder),
            "format": writing.format,
            "compression": writing.compression,
            "delimiter": writing.field_delimiter,
            "buckets": writing.bucket_count if writing.bucketed_by else 0,
            "bucket_columns": list(writing.bucketed_by),
        }
        answer = await environment.tasks.run("write", payload)
        made = _Made([], answer["rows"], answer["scanned"])
        for file in answer["files"]:
            await _store(environment, made, file, writing.partitioned_by, location, folders or {})
        return made
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)


async def _store(
    environment: Environment,
    made: _Made,
    file: dict[str, Any],
    keys: Sequence[str],
    location: Location,
    folders: dict[tuple[str, ...], str],
) -> None:
    values = tuple(HIVE_NULL if value is None else str(value) for value in file["values"])
    place = location
    if values:
        pairs = "/".join(f"{key}={_escaped(value)}" for key, value in zip(keys, values, strict=True))
        place = _target(folders.get(values, f"{location}{pairs}/"))
        made.folders[values] = str(place)
    key = f"{place.prefix}{_object_name(environment, file)}"
    await put_file(environment.caller, place.bucket, key, Path(file["path"]))
    made.objects.append(place.uri(key))


def _escaped(value: str) -> str:
    """Write a value into a path as Hive does."""
    unsafe = set("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(32)}
    return "".join(f"%{ord(letter):02X}" if letter in unsafe else letter for letter in value)


def _object_name(environment: Environment, file: dict[str, Any]) -> str:
    moment = datetime.datetime.fromtimestamp(environment.now_ms / 1000, datetime.UTC)
    dice = environment.caller.cloud.random
    letters = "".join(dice.choice(string.ascii_lowercase) for _ in range(5))
    number = int(str(file["name"]).partition("_")[0]) + 1
    unique = uuid.UUID(int=dice.getrandbits(128), version=4)
    bucket = f"_{file['name'].partition('_')[2]}" if "bucket" in file["name"] else ""
    return f"{moment:%Y%m%d_%H%M%S}_{number:05d}_{letters}_{unique}{bucket}{file['suffix']}"


def _table_input(
    environment: Environment, name: str, columns: Sequence[tuple[str, Type]], writing: Writing, location: Location
) -> dict[str, Any]:
    count = len(columns) - len(writing.partitioned_by)
    listed = [{"Name": column, "Type": hive_text(type_)} for column, type_ in columns]
    stored = STORED_FORMATS["JSONFILE" if writing.format == "JSON" else writing.format]
    serde = {"serialization.format": "1"}
    if writing.format == "TEXTFILE":
        delimiter = writing.field_delimiter or "\x01"
        serde = {"field.delim": delimiter, "serialization.format": delimiter}
    parameters = {
        "EXTERNAL": "TRUE",
        "has_encrypted_data": "false",
        "transient_lastDdlTime": str(environment.now_ms // 1000),
    }
    if writing.format in ("PARQUET", "ORC"):
        parameters[f"{writing.format.lower()}.compression"] = writing.compression
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": listed[count:],
        "StorageDescriptor": {
            "Columns": listed[:count],
            "Location": str(location).rstrip("/"),
            "InputFormat": stored.input,
            "OutputFormat": stored.output,
            "Compressed": False,
            "NumberOfBuckets": writing.bucket_count if writing.bucketed_by else -1,
            "BucketColumns": list(writing.bucketed_by),
            "SerdeInfo": {"SerializationLibrary": stored.serde, "Parameters": serde},
            "SortColumns": [],
            "Parameters": {},
        },
    }


def _add_partitions(
    environment: Environment, database: str, table: dict[str, Any], folders: dict[tuple[str, ...], str]
) -> None:
    inputs = [partition_input(environment, table, values, place.rstrip("/")) for values, place in folders.items()]
    create(environment, database, table, inputs)


async def insert_into(environment: Environment, statement: InsertInto) -> Outcome:
    """INSERT INTO: rows as new objects of the table's format, partitions made where there are none."""
    database, name = place_of(environment, statement.name)
    table = _writable(environment, statement.name, database, name)
    target = base_table((CATALOG, database, name), table)
    analyzed = analyzed_query(environment, statement.query)
    columns = [(column.name, column.type) for column in target.columns if not column.hidden]
    sql = _as_table(statement, analyzed.made.columns, analyzed.made.sql, target)
    serde = ((table.get("StorageDescriptor") or {}).get("SerdeInfo") or {}).get("SerializationLibrary")
    format_ = _FORMATS_OF_SERDES.get(serde or "")
    if format_ is None:
        raise not_supported(statement.name.at, f"Inserting into tables of SerDe {serde} is not supported")
    keys = tuple(key["Name"].lower() for key in keys_of(table))
    location = _target(str(table["StorageDescriptor"].get("Location") or ""))
    folders = _folders(environment, database, table) if keys else {}
    writing = Writing(format_, _codec(table, format_), None, keys, (), 0, _delimiter(table))
    made = await _write(environment, analyzed, sql, columns, writing, location, folders)
    new = {values: place for values, place in made.folders.items() if values not in folders}
    _add_partitions(environment, database, table, new)
    return made.outcome()


def _folders(environment: Environment, database: str, table: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Answer where the partitions lie that there are."""
    found: dict[tuple[str, ...], str] = {}
    for page in environment.catalog.partitions(database, table["Name"]):
        for partition in page:
            own = (partition.get("StorageDescriptor") or {}).get("Location")
            found[tuple(partition["Values"])] = str(own or folder_of(table, partition["Values"]))
    return found


def _writable(environment: Environment, name: QualifiedName, database: str, table: str) -> dict[str, Any]:
    if environment.catalog.database(database) is None:
        raise AnalysisProblem("SCHEMA_NOT_FOUND", name.at, f"Schema '{database}' does not exist")
    found = environment.catalog.table(database, table)
    if found is None:
        raise AnalysisProblem("TABLE_NOT_FOUND", name.at, f"Table '{CATALOG}.{database}.{table}' does not exist")
    if is_view(found):
        raise not_supported(name.at, "Inserting into views is not supported")
    return found


def _delimiter(table: dict[str, Any]) -> str | None:
    serde = (table["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    return serde.get("field.delim")


def _codec(table: dict[str, Any], format_: str) -> str:
    parameters = {str(key).lower(): str(value) for key, value in (table.get("Parameters") or {}).items()}
    names = ("write.compression", f"{format_.lower()}.compression", f"{format_.lower()}.compress")
    default = "ZLIB" if format_ == "ORC" else "GZIP"
    return next((parameters[name] for name in names if name in parameters), default).upper()


def _as_table(statement: InsertInto, made: Sequence[OutputColumn], sql: str, target: BaseTable) -> str:
    """Answer the query with the table's columns in their order and types; those not named are NULL."""
    columns = [column for column in target.columns if not column.hidden]
    names = [name.lower for name in statement.columns] or [column.name for column in columns]
    unknown = [name for name in names if name not in {column.name for column in columns}]
    if unknown:
        text = f"Insert column name does not exist in target table: {unknown[0]}"
        raise AnalysisProblem("COLUMN_NOT_FOUND", statement.name.at, text)
    wanted = [next(column.type for column in columns if column.name == name) for name in names]
    fits = len(made) == len(names) and all(
        coercible(column.type, type_) for column, type_ in zip(made, wanted, strict=True)
    )
    if not fits:
        shown = ", ".join(str(type_) for type_ in wanted), ", ".join(str(column.type) for column in made)
        text = f"Insert query has mismatched column types: Table: [{shown[0]}], Query: [{shown[1]}]"
        raise type_mismatch(statement.name.at, text)
    cells = []
    for index, column in enumerate(columns):
        if column.name in names:
            place = names.index(column.name)
            cell = coerce(Value(f"i.c{place}", made[place].type), column.type).sql
        else:
            cell = f"CAST(NULL AS {physical(column.type)})"
        cells.append(f"{cell} AS c{index}")
    return f"SELECT {', '.join(cells)} FROM ({sql}) AS i"


async def unload(environment: Environment, statement: Unload) -> Outcome:
    """UNLOAD: a query's rows as files, and no table."""
    writing = writing_of(statement.properties)
    location = _target(statement.location)
    analyzed = analyzed_query(environment, statement.query)
    columns = [(column.name or f"_col{index}", column.type) for index, column in enumerate(analyzed.made.columns)]
    _check_columns(columns, writing)
    await _need_empty(environment, location, "Target directory already exists")
    made = await _write(environment, analyzed, analyzed.made.sql, columns, writing, location)
    return made.outcome()
