"""Databases come, are described, changed and go with all their tables."""

from typing import Any

from tailrace.glue.entry import (
    DATABASES,
    PART,
    PARTITIONS,
    TABLES,
    VERSIONS,
    Database,
    already,
    check_catalog,
    delete_prefix,
    find_database,
)
from tailrace.glue.page import opened, paged
from tailrace.glue.registry import SERVICE
from tailrace.service.call import Call

_EVERYBODY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


@SERVICE.operation("CreateDatabase")
def create_database(call: Call) -> dict[str, Any]:
    """Create a database."""
    check_catalog(call)
    given = call.params["DatabaseInput"]
    name = given["Name"].lower()
    if DATABASES.get(call.transaction, call.key(name)) is not None:
        raise already("Database already exists.")
    DATABASES.put(call.transaction, call.key(name), Database(name=name, created=call.now, input=given))
    return {}


@SERVICE.operation("GetDatabase")
def get_database(call: Call) -> dict[str, Any]:
    """Answer a database."""
    check_catalog(call)
    return {"Database": _described(call, find_database(call, call.params["Name"]))}


@SERVICE.operation("GetDatabases")
def get_databases(call: Call) -> dict[str, Any]:
    """Answer a page of databases by name."""
    check_catalog(call)
    found = DATABASES.scan(call.transaction, call.key(""), opened(call.params.get("NextToken")))
    return paged("DatabaseList", found, call.params.get("MaxResults", 100), lambda each: _described(call, each))


@SERVICE.operation("UpdateDatabase")
def update_database(call: Call) -> dict[str, Any]:
    """Replace what was said about a database; its name stays."""
    check_catalog(call)
    database = find_database(call, call.params["Name"])
    updated = Database(name=database.name, created=database.created, input=call.params["DatabaseInput"])
    DATABASES.put(call.transaction, call.key(database.name), updated)
    return {}


@SERVICE.operation("DeleteDatabase")
def delete_database(call: Call) -> dict[str, Any]:
    """Delete a database with its tables and their partitions."""
    check_catalog(call)
    name = find_database(call, call.params["Name"]).name
    DATABASES.delete(call.transaction, call.key(name))
    for rows in (TABLES, VERSIONS, PARTITIONS):
        delete_prefix(call.transaction, rows, call.key(f"{name}{PART}"))
    return {}


def _described(call: Call, database: Database) -> dict[str, Any]:
    return {
        "CreateTableDefaultPermissions": _EVERYBODY,
        **database.input,
        "Name": database.name,
        "CreateTime": database.created,
        "CatalogId": call.account,
    }
