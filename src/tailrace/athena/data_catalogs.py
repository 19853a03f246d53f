"""Data catalogs: AwsDataCatalog is Glue's, and its databases and tables are read through Glue as the caller."""

from typing import Any

from tailrace.athena.errors import invalid
from tailrace.athena.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

CATALOG = "AwsDataCatalog"
_PAGE_MAX = 50


@SERVICE.operation("ListDataCatalogs")
def list_data_catalogs(call: Call) -> dict[str, Any]:
    """Answer the one catalog that there is."""
    return {"DataCatalogsSummary": [{"CatalogName": CATALOG, "Type": "GLUE", "Status": "CREATE_COMPLETE"}]}


@SERVICE.operation("GetDataCatalog")
def get_data_catalog(call: Call) -> dict[str, Any]:
    """Answer a catalog."""
    _check(call.params["Name"])
    return {"DataCatalog": {"Name": CATALOG, "Type": "GLUE", "Parameters": {"catalog-id": call.account}}}


@SERVICE.operation("ListDatabases")
def list_databases(call: Call) -> dict[str, Any]:
    """Answer a catalog's databases, a page at a time."""
    _check(call.params["CatalogName"])
    answer = _glue(call, "GetDatabases", _paging(call))
    return _page("DatabaseList", [_database(each) for each in answer["DatabaseList"]], answer)


@SERVICE.operation("GetDatabase")
def get_database(call: Call) -> dict[str, Any]:
    """Answer a database."""
    _check(call.params["CatalogName"])
    answer = _glue(call, "GetDatabase", {"Name": call.params["DatabaseName"]})
    return {"Database": _database(answer["Database"])}


@SERVICE.operation("ListTableMetadata")
def list_table_metadata(call: Call) -> dict[str, Any]:
    """Answer a database's tables, a page at a time; ``Expression`` is a pattern for their names."""
    _check(call.params["CatalogName"])
    wanted = {"DatabaseName": call.params["DatabaseName"], **_paging(call)}
    if "Expression" in call.params:
        wanted["Expression"] = call.params["Expression"]
    answer = _glue(call, "GetTables", wanted)
    return _page("TableMetadataList", [_table(each) for each in answer["TableList"]], answer)


@SERVICE.operation("GetTableMetadata")
def get_table_metadata(call: Call) -> dict[str, Any]:
    """Answer a table."""
    _check(call.params["CatalogName"])
    wanted = {"DatabaseName": call.params["DatabaseName"], "Name": call.params["TableName"]}
    return {"TableMetadata": _table(_glue(call, "GetTable", wanted)["Table"])}


def _check(name: str) -> None:
    if name.lower() != CATALOG.lower():
        raise invalid(f"DataCatalog {name} was not found")


def _glue(call: Call, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    try:
        return call.do("glue", operation, params)
    except AwsError as error:
        raise AwsError("MetadataException", error.message) from error


def _paging(call: Call) -> dict[str, Any]:
    paging: dict[str, Any] = {"MaxResults": min(call.params.get("MaxResults", _PAGE_MAX), _PAGE_MAX)}
    return paging | ({"NextToken": call.params["NextToken"]} if "NextToken" in call.params else {})


def _page(member: str, items: list[dict[str, Any]], answer: dict[str, Any]) -> dict[str, Any]:
    return {member: items} | ({"NextToken": answer["NextToken"]} if answer.get("NextToken") else {})


def _database(database: dict[str, Any]) -> dict[str, Any]:
    return {key: database[key] for key in ("Name", "Description", "Parameters") if database.get(key)}


def _table(table: dict[str, Any]) -> dict[str, Any]:
    descriptor = table.get("StorageDescriptor", {})
    serde = descriptor.get("SerdeInfo", {})
    storage = {
        "location": descriptor.get("Location"),
        "inputformat": descriptor.get("InputFormat"),
        "outputformat": descriptor.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{key}": value for key, value in serde.get("Parameters", {}).items()},
    }
    return {
        "Name": table["Name"],
        "CreateTime": table.get("CreateTime", 0),
        "LastAccessTime": table.get("LastAccessTime", 0),
        "TableType": table.get("TableType", ""),
        "Columns": [_column(each) for each in descriptor.get("Columns", ())],
        "PartitionKeys": [_column(each) for each in table.get("PartitionKeys", ())],
        "Parameters": {**table.get("Parameters", {}), **{key: value for key, value in storage.items() if value}},
    }


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {key: column[key] for key in ("Name", "Type", "Comment") if column.get(key)}
