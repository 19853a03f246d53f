"""Tables come, are described, changed and go; every change makes a version unless it is asked not to."""

import re
from typing import Any

import msgspec

from tailrace.glue.entry import (
    PARTITIONS,
    TABLES,
    VERSIONS,
    Table,
    TableVersion,
    already,
    check_catalog,
    delete_prefix,
    find_database,
    find_table,
    invalid,
    missing,
    partitions_prefix,
    table_key,
    tables_of,
    version_key,
)
from tailrace.glue.page import opened, paged
from tailrace.glue.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_STORAGE_DEFAULTS: dict[str, Any] = {
    "Compressed": False,
    "NumberOfBuckets": 0,
    "SortColumns": [],
    "StoredAsSubDirectories": False,
}
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_REPETITION = re.compile(r"(?<!\\)[*+{]")
_REPETITIONS_MAX = 3


@SERVICE.operation("CreateTable")
def create_table(call: Call) -> dict[str, Any]:
    """Create a table; its first version is 0."""
    check_catalog(call)
    params = call.params
    if "OpenTableFormatInput" in params:
        raise invalid("Tailrace does not carry out OpenTableFormatInput yet; leave it out.")
    given = _lowered(params.get("TableInput") or {"Name": params.get("Name", "")})
    database = find_database(call, params["DatabaseName"]).name
    if TABLES.get(call.transaction, table_key(call, database, given["Name"])) is not None:
        raise already("Table already exists.")
    indexes = {each["IndexName"]: tuple(each["Keys"]) for each in params.get("PartitionIndexes", ())}
    table = Table(
        name=given["Name"],
        database=database,
        created=call.now,
        updated=call.now,
        created_by=call.principal.arn,
        version=0,
        input=given,
        indexes=indexes,
    )
    put_table(call, table)
    return {}


@SERVICE.operation("GetTable")
def get_table(call: Call) -> dict[str, Any]:
    """Answer a table."""
    check_catalog(call)
    return {"Table": described(call, find_table(call, call.params["DatabaseName"], call.params["Name"]))}


@SERVICE.operation("GetTables")
def get_tables(call: Call) -> dict[str, Any]:
    """Answer a page of a database's tables by name; ``Expression`` is a pattern that a whole name must match."""
    check_catalog(call)
    params, database = call.params, find_database(call, call.params["DatabaseName"]).name
    pattern = _pattern(params.get("Expression", ".*"))
    after = opened(params.get("NextToken"))
    found = ((key, table) for key, table in tables_of(call, database) if key > after and pattern.fullmatch(table.name))
    return paged("TableList", found, params.get("MaxResults", 100), lambda table: described(call, table))


@SERVICE.operation("UpdateTable")
def update_table(call: Call) -> dict[str, Any]:
    """Replace a table's definition; with a VersionId only if that is still the current one."""
    check_catalog(call)
    params = call.params
    given = _lowered(params.get("TableInput") or {"Name": params.get("Name", "")})
    table = find_table(call, params["DatabaseName"], given["Name"])
    if "VersionId" in params and params["VersionId"] != str(table.version):
        raise AwsError("ConcurrentModificationException", "Update table failed due to concurrent modifications.")
    if params.get("SkipArchive"):
        VERSIONS.delete(call.transaction, version_key(call, table, table.version))
    put_table(call, msgspec.structs.replace(table, input=given, updated=call.now, version=table.version + 1))
    return {}


@SERVICE.operation("DeleteTable")
def delete_table(call: Call) -> dict[str, Any]:
    """Delete a table with its versions and partitions."""
    check_catalog(call)
    _remove(call, find_table(call, call.params["DatabaseName"], call.params["Name"]))
    return {}


@SERVICE.operation("BatchDeleteTable")
def batch_delete_table(call: Call) -> dict[str, Any]:
    """Delete tables; those that aren't there are told in the answer."""
    check_catalog(call)
    find_database(call, call.params["DatabaseName"])
    errors = []
    for name in call.params["TablesToDelete"]:
        try:
            _remove(call, find_table(call, call.params["DatabaseName"], name))
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            errors.append({"TableName": name, "ErrorDetail": detail})
    return {"Errors": errors} if errors else {}


@SERVICE.operation("GetTableVersions")
def get_table_versions(call: Call) -> dict[str, Any]:
    """Answer a page of a table's versions, the newest first."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    prefix = partitions_prefix(call, table.database, table.name)
    before = opened(call.params.get("NextToken")) or "\U0010ffff"
    newest_first = reversed(list(VERSIONS.scan(call.transaction, prefix)))
    found = ((key, version) for key, version in newest_first if key < before)
    limit = call.params.get("MaxResults", 100)
    return paged("TableVersions", found, limit, lambda version: _described_version(call, table, version))


@SERVICE.operation("GetTableVersion")
def get_table_version(call: Call) -> dict[str, Any]:
    """Answer a version of a table, the current one when none is named."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    version = _find_version(call, table, call.params.get("VersionId", str(table.version)))
    return {"TableVersion": _described_version(call, table, version)}


@SERVICE.operation("DeleteTableVersion")
def delete_table_version(call: Call) -> dict[str, Any]:
    """Delete a version of a table that isn't the current one."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    _remove_version(call, table, call.params["VersionId"])
    return {}


@SERVICE.operation("BatchDeleteTableVersion")
def batch_delete_table_version(call: Call) -> dict[str, Any]:
    """Delete versions of a table; those that can't be are told in the answer."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    errors = []
    for version in call.params["VersionIds"]:
        try:
            _remove_version(call, table, version)
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            errors.append({"TableName": table.name, "VersionId": version, "ErrorDetail": detail})
    return {"Errors": errors} if errors else {}


def _pattern(text: str) -> re.Pattern[str]:
    # Repeated groups and many repetitions can take for ever, and everybody would wait.
    if _REPEATED_GROUP.search(text) or len(_REPETITION.findall(text)) > _REPETITIONS_MAX:
        raise invalid(f"Expression is too complex: at most {_REPETITIONS_MAX} repetitions, and none of a group.")
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise invalid(f"Invalid expression: {error}") from error


def described(call: Call, table: Table) -> dict[str, Any]:
    """Answer a table as GetTable shows it."""
    return _shown(call, table, table.input, table.updated, table.version)


def storage_shown(storage: dict[str, Any]) -> dict[str, Any]:
    """Answer a storage descriptor as the catalog shows it: with the defaults of what was left out."""
    return {**_STORAGE_DEFAULTS, **storage}


def put_table(call: Call, table: Table) -> None:
    """Stage a table and its current version."""
    TABLES.put(call.transaction, table_key(call, table.database, table.name), table)
    version = TableVersion(version=table.version, updated=table.updated, input=table.input)
    VERSIONS.put(call.transaction, version_key(call, table, table.version), version)


def _shown(call: Call, table: Table, given: dict[str, Any], updated: float, version: int) -> dict[str, Any]:
    shown = {
        "Retention": 0,
        **{member: value for member, value in given.items() if member != "TargetTable" or value},
        "Name": table.name,
        "DatabaseName": table.database,
        "CreateTime": table.created,
        "UpdateTime": updated,
        "CreatedBy": table.created_by,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": call.account,
        "VersionId": str(version),
    }
    if "StorageDescriptor" in shown:
        shown["StorageDescriptor"] = storage_shown(shown["StorageDescriptor"])
    return shown


def _described_version(call: Call, table: Table, version: TableVersion) -> dict[str, Any]:
    shown = _shown(call, table, version.input, version.updated, version.version)
    return {"Table": shown, "VersionId": str(version.version)}


def _find_version(call: Call, table: Table, version_id: str) -> TableVersion:
    number = int(version_id) if version_id.isdigit() else -1
    found = VERSIONS.get(call.transaction, version_key(call, table, number)) if number >= 0 else None
    if found is None:
        raise missing(f"Table version {version_id} not found.")
    return found


def _remove_version(call: Call, table: Table, version_id: str) -> None:
    version = _find_version(call, table, version_id)
    if version.version == table.version:
        raise invalid("Cannot delete the current version of a table.")
    VERSIONS.delete(call.transaction, version_key(call, table, version.version))


def _remove(call: Call, table: Table) -> None:
    TABLES.delete(call.transaction, table_key(call, table.database, table.name))
    prefix = partitions_prefix(call, table.database, table.name)
    for rows in (VERSIONS, PARTITIONS):
        delete_prefix(call.transaction, rows, prefix)


def _lowered(given: dict[str, Any]) -> dict[str, Any]:
    """Answer a table input with the names of the table and its columns in lower case, as the catalog keeps them."""
    lowered = {**given, "Name": given["Name"].lower()}
    if "StorageDescriptor" in lowered:
        lowered["StorageDescriptor"] = lowered_storage(lowered["StorageDescriptor"])
    if "PartitionKeys" in lowered:
        lowered["PartitionKeys"] = _lowered_columns(lowered["PartitionKeys"])
    return lowered


def lowered_storage(storage: dict[str, Any]) -> dict[str, Any]:
    """Answer a storage descriptor with its columns' names in lower case."""
    return {**storage, "Columns": _lowered_columns(storage["Columns"])} if "Columns" in storage else storage


def _lowered_columns(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**column, "Name": column["Name"].lower()} for column in columns]
