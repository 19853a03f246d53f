"""Data catalogs and what is in them: AwsDataCatalog, which is Glue's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from tailrace.athena.api.page import page, place_of
from tailrace.athena.api.problem import invalid, metadata
from tailrace.athena.catalog.caller import CATALOG
from tailrace.athena.registry import SERVICE
from tailrace.engine.user_pattern import BadPattern, UserPattern
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_NAME = "AwsDataCatalog"
_PAGE = 50
T = TypeVar("T")


@SERVICE.operation("ListDataCatalogs")
def list_data_catalogs(call: Call) -> dict[str, Any]:
    """Answer the catalogs: one."""
    return {"DataCatalogsSummary": [{"CatalogName": _NAME, "Type": "GLUE"}]}


@SERVICE.operation("GetDataCatalog")
def get_data_catalog(call: Call) -> dict[str, Any]:
    """Answer a catalog."""
    name = call.params["Name"]
    if name.lower() != CATALOG:
        raise invalid(f"DataCatalog {name} was not found")
    parameters = {"catalog-id": call.account}
    catalog = {"Name": _NAME, "Description": "AWS Glue Data Catalog", "Type": "GLUE", "Parameters": parameters}
    return {"DataCatalog": catalog}


def _glue(call: Call, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    if call.params["CatalogName"].lower() != CATALOG:
        raise invalid(f"DataCatalog {call.params['CatalogName']} was not found")
    try:
        return call.do("glue", operation, params)
    except AwsError as error:
        raise metadata(error.message) from error


def _every(call: Call, operation: str, params: dict[str, Any], member: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = _glue(call, operation, params)
        found += answer.get(member, [])
        if not answer.get("NextToken"):
            return found
        params = {**params, "NextToken": answer["NextToken"]}


def _listed(call: Call, member: str, rows: list[dict[str, Any]], describe: Callable[[Any], Any]) -> dict[str, Any]:
    after = place_of(call.params.get("NextToken"))
    following = ((row["Name"], row) for row in sorted(rows, key=lambda row: row["Name"]) if row["Name"] > after)
    found, token = page(following, call.params.get("MaxResults", _PAGE))
    answer: dict[str, Any] = {member: [describe(row) for row in found]}
    return answer if token is None else {**answer, "NextToken": token}


@SERVICE.operation("ListDatabases")
def list_databases(call: Call) -> dict[str, Any]:
    """Answer the databases of a catalog."""
    return _listed(call, "DatabaseList", _every(call, "GetDatabases", {}, "DatabaseList"), _database)


@SERVICE.operation("GetDatabase")
def get_database(call: Call) -> dict[str, Any]:
    """Answer a database."""
    return {"Database": _database(_glue(call, "GetDatabase", {"Name": call.params["DatabaseName"]})["Database"])}


def _database(row: dict[str, Any]) -> dict[str, Any]:
    members = ("Name", "Description", "Parameters")
    return {member: row[member] for member in members if row.get(member) is not None}


@SERVICE.operation("ListTableMetadata")
def list_table_metadata(call: Call) -> dict[str, Any]:
    """Answer the tables of a database, those whose names match a pattern if there is one."""
    rows = _every(call, "GetTables", {"DatabaseName": call.params["DatabaseName"]}, "TableList")
    expression = call.params.get("Expression")
    if expression is not None:
        try:
            pattern = UserPattern(expression.replace("*", ".*").replace("..*", ".*"), re.IGNORECASE)
            rows = [row for row in rows if pattern.fullmatch(row["Name"])]
        except BadPattern as error:
            raise invalid(f"Invalid expression: {expression}") from error
    return _listed(call, "TableMetadataList", rows, _table)


@SERVICE.operation("GetTableMetadata")
def get_table_metadata(call: Call) -> dict[str, Any]:
    """Answer a table."""
    params = {"DatabaseName": call.params["DatabaseName"], "Name": call.params["TableName"]}
    return {"TableMetadata": _table(_glue(call, "GetTable", params)["Table"])}


def _table(row: dict[str, Any]) -> dict[str, Any]:
    descriptor = row.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    parameters = {key: str(value) for key, value in (row.get("Parameters") or {}).items()}
    described = {
        "location": descriptor.get("Location"),
        "inputformat": descriptor.get("InputFormat"),
        "outputformat": descriptor.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
    }
    parameters |= {key: value for key, value in described.items() if value}
    parameters |= {f"serde.param.{key}": str(value) for key, value in (serde.get("Parameters") or {}).items()}
    answer: dict[str, Any] = {
        "Name": row["Name"],
        "TableType": row.get("TableType", ""),
        "Columns": [_column(column) for column in descriptor.get("Columns") or []],
        "PartitionKeys": [_column(column) for column in row.get("PartitionKeys") or []],
        "Parameters": parameters,
    }
    for member in ("CreateTime", "LastAccessTime"):
        if row.get(member) is not None:
            answer[member] = row[member]
    return answer


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {member: column[member] for member in ("Name", "Type", "Comment") if column.get(member) is not None}
