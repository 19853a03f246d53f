"""Partitions by DDL: ADD, DROP, RENAME, SET LOCATION, and MSCK, which finds them in S3."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tailrace.athena.catalog.glue_catalog import HIVE_NULL
from tailrace.athena.catalog.listing import Listing
from tailrace.athena.catalog.location import parse_location
from tailrace.athena.ddl.creation import DONE
from tailrace.athena.ddl.problem import semantic, task_failed
from tailrace.athena.ddl.tables import find, glue, input_of, keys_of, update
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.results.columns import text_column
from tailrace.athena.syntax.statement_tree import (
    AddPartitions,
    DropPartitions,
    PartitionSpec,
    RenamePartition,
    RepairTable,
    SetLocation,
)

_CREATED_AT_ONCE = 100
_DELETED_AT_ONCE = 25
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = ("int", "bigint", "smallint", "tinyint", "double", "float", "decimal")


def values_of(table: dict[str, Any], spec: PartitionSpec) -> list[str]:
    """Answer the values of a partition in the keys' order. HiveProblem when the spec names other keys."""
    keys = [key["Name"].lower() for key in keys_of(table)]
    shown = "{" + ", ".join(f"{key}={value}" for key, value in spec.items()) + "}"
    if not keys:
        raise semantic(f"table is not partitioned but partition spec exists: {shown}")
    unknown = [key for key in spec if key not in keys]
    if unknown:
        raise semantic(f"[Error 10098]: Non-Partition column appears in the partition specification:  {unknown[0]}")
    if len(spec) < len(keys):
        raise semantic(f"partition spec {shown} doesn't contain all ({len(keys)}) partition columns")
    return [spec[key] for key in keys]


def partition_input(
    environment: Environment, table: dict[str, Any], values: Sequence[str], location: str
) -> dict[str, Any]:
    """Answer the PartitionInput of a partition that is read as its table is."""
    descriptor = {**input_of(table)["StorageDescriptor"], "Location": location}
    return {
        "Values": list(values),
        "StorageDescriptor": descriptor,
        "Parameters": {"transient_lastDdlTime": str(environment.now_ms // 1000)},
    }


def folder_of(table: dict[str, Any], values: Sequence[str]) -> str:
    """Answer where a partition lies when nobody says where."""
    root = str(table["StorageDescriptor"].get("Location") or "").rstrip("/")
    pairs = "/".join(f"{key['Name']}={value}" for key, value in zip(keys_of(table), values, strict=True))
    return f"{root}/{pairs}"


def create(
    environment: Environment, database: str, table: dict[str, Any], inputs: Sequence[dict[str, Any]]
) -> list[list[str]]:
    """Create partitions and answer the values of those that were there already."""
    there: list[list[str]] = []
    for start in range(0, len(inputs), _CREATED_AT_ONCE):
        page = list(inputs[start : start + _CREATED_AT_ONCE])
        params = {"DatabaseName": database, "TableName": table["Name"], "PartitionInputList": page}
        for error in glue(environment, "BatchCreatePartition", params).get("Errors", []):
            detail = error.get("ErrorDetail", {})
            if detail.get("ErrorCode") != "AlreadyExistsException":
                raise task_failed(f"{detail.get('ErrorCode')}(message:{detail.get('ErrorMessage')})")
            there.append(error["PartitionValues"])
    return there


async def add_partitions(environment: Environment, statement: AddPartitions) -> Outcome:
    """ALTER TABLE … ADD PARTITION."""
    database, table = find(environment, statement.name)
    inputs = []
    for spec, location in statement.partitions:
        values = values_of(table, spec)
        if location is not None and parse_location(location) is None:
            raise semantic(f"Location must be an s3 path, e.g. s3://bucket/folder/, not {location}")
        inputs.append(partition_input(environment, table, values, (location or folder_of(table, values)).rstrip("/")))
    known = {tuple(partition["Values"]) for partition in _all(environment, database, table)}
    if not statement.if_not_exists and any(tuple(each["Values"]) in known for each in inputs):
        raise task_failed("AlreadyExistsException(message:Partition already exists.)")
    create(environment, database, table, [each for each in inputs if tuple(each["Values"]) not in known])
    return DONE


def _all(environment: Environment, database: str, table: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for page in environment.catalog.partitions(database, table["Name"]) for each in page]


async def drop_partitions(environment: Environment, statement: DropPartitions) -> Outcome:
    """ALTER TABLE … DROP PARTITION: every partition that a spec's conditions hold for."""
    database, table = find(environment, statement.name)
    keys = {key["Name"].lower(): (place, key["Type"]) for place, key in enumerate(keys_of(table))}
    partitions = _all(environment, database, table)
    chosen: dict[tuple[str, ...], None] = {}
    for spec in statement.partitions:
        for key, _, value in spec:
            if key not in keys:
                values_of(table, {key: value})
        found = [each["Values"] for each in partitions if _matches(each["Values"], spec, keys)]
        if not found and not statement.if_exists:
            shown = ", ".join(f"{key} {sign} '{value}'" for key, sign, value in spec)
            raise semantic(f"[Error 10006]: Partition not found ({shown})")
        chosen.update(dict.fromkeys(map(tuple, found)))
    values = [{"Values": list(each)} for each in chosen]
    for start in range(0, len(values), _DELETED_AT_ONCE):
        page = values[start : start + _DELETED_AT_ONCE]
        params = {"DatabaseName": database, "TableName": table["Name"], "PartitionsToDelete": page}
        glue(environment, "BatchDeletePartition", params)
    return DONE


def _matches(values: Sequence[str], spec: Sequence[tuple[str, str, str]], keys: Mapping[str, tuple[int, str]]) -> bool:
    for key, sign, wanted in spec:
        place, type_ = keys[key]
        if not _COMPARISONS[sign](_comparable(values[place], type_), _comparable(wanted, type_)):
            return False
    return True


def _comparable(value: str, type_: str) -> tuple[float, str]:
    if type_.split("(")[0] in _NUMBERS:
        try:
            return float(value), ""
        except ValueError:
            return float("inf"), value
    return 0.0, value


async def rename_partition(environment: Environment, statement: RenamePartition) -> Outcome:
    """ALTER TABLE … PARTITION … RENAME TO PARTITION …: new values, the same place."""
    database, table = find(environment, statement.name)
    values, target = values_of(table, statement.partition), values_of(table, statement.target)
    found = _one(environment, database, table, values)
    made: dict[str, Any] = {
        "StorageDescriptor": found["StorageDescriptor"],
        "Parameters": found.get("Parameters") or {},
    }
    _update(environment, database, table, values, {**made, "Values": target})
    return DONE


def _one(environment: Environment, database: str, table: dict[str, Any], values: Sequence[str]) -> dict[str, Any]:
    for each in _all(environment, database, table):
        if list(each["Values"]) == list(values):
            return each
    shown = ", ".join(f"{key['Name']}={value}" for key, value in zip(keys_of(table), values, strict=True))
    raise semantic(f"[Error 10006]: Partition not found {{{shown}}}")


def _update(
    environment: Environment, database: str, table: dict[str, Any], values: Sequence[str], made: dict[str, Any]
) -> None:
    params = {
        "DatabaseName": database,
        "TableName": table["Name"],
        "PartitionValueList": list(values),
        "PartitionInput": made,
    }
    glue(environment, "UpdatePartition", params)


async def set_location(environment: Environment, statement: SetLocation) -> Outcome:
    """ALTER TABLE … [PARTITION …] SET LOCATION."""
    database, table = find(environment, statement.name)
    if parse_location(statement.location) is None:
        raise semantic(f"Location must be an s3 path, e.g. s3://bucket/folder/, not {statement.location}")
    location = statement.location.rstrip("/")
    if statement.partition is None:
        descriptor = {**input_of(table)["StorageDescriptor"], "Location": location}
        update(environment, database, table, StorageDescriptor=descriptor)
        return DONE
    values = values_of(table, statement.partition)
    found = _one(environment, database, table, values)
    descriptor = {**found["StorageDescriptor"], "Location": location}
    made = {"Values": values, "StorageDescriptor": descriptor, "Parameters": found.get("Parameters") or {}}
    _update(environment, database, table, values, made)
    return DONE


async def repair_table(environment: Environment, statement: RepairTable) -> Outcome:
    """MSCK REPAIR TABLE: add the partitions whose folders are named key=value; none is removed."""
    database, table = find(environment, statement.name)
    keys = [key["Name"].lower() for key in keys_of(table)]
    location = parse_location(str(table["StorageDescriptor"].get("Location") or ""))
    if not keys or location is None:
        return DONE
    known = {tuple(partition["Values"]) for partition in _all(environment, database, table)}
    found: dict[tuple[str, ...], str] = {}
    for entry in await Listing(environment.caller).entries(location):
        parts = entry["Key"][len(location.prefix) :].split("/")[: len(keys)]
        values = _hive_values(parts, keys)
        if values is not None and values not in known:
            found.setdefault(values, location.uri(f"{location.prefix}{'/'.join(parts)}"))
    inputs = [partition_input(environment, table, values, path) for values, path in found.items()]
    create(environment, database, table, inputs)
    shown = ["/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True)) for values in found]
    named = [f"{table['Name']}:{each}" for each in shown]
    tab = "\t"
    lines = [f"Partitions not in metastore:{tab}{tab.join(named)}"] if named else []
    lines += [f"Repair: Added partition to metastore {each}" for each in named]
    return Outcome([text_column("result")] if lines else [], lines=lines)


def _hive_values(parts: Sequence[str], keys: Sequence[str]) -> tuple[str, ...] | None:
    if len(parts) < len(keys):
        return None
    values = []
    for part, key in zip(parts, keys, strict=True):
        name, sign, value = part.partition("=")
        if not sign or name != key or ":" in value:
            return None
        values.append(unquote(value) or HIVE_NULL)
    return tuple(values)
