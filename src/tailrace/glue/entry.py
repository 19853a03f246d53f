"""What the catalog remembers: databases, tables with their versions, partitions. Names are kept in lower case.

What a caller put in is kept as it came, by AWS's member names; what the catalog adds stands beside it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

# Names hold no control characters, so these keep the parts of a key apart and in order.
PART = "\x1f"
VALUE = "\x1e"


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """A database."""

    name: str
    created: float
    input: dict[str, Any]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table's current version. ``indexes`` are partition indexes: their names and keys."""

    name: str
    database: str
    created: float
    updated: float
    created_by: str
    version: int
    input: dict[str, Any]
    indexes: dict[str, tuple[str, ...]] = {}

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The partition keys, in order."""
        found: list[dict[str, Any]] = self.input.get("PartitionKeys", [])
        return found


class TableVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a table, the current one included."""

    version: int
    updated: float
    input: dict[str, Any]


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """A partition; its values are its identity."""

    values: list[str]
    created: float
    input: dict[str, Any]


DATABASES = Rows("glue/databases", Database)
TABLES = Rows("glue/tables", Table)
VERSIONS = Rows("glue/table-versions", TableVersion)
PARTITIONS = Rows("glue/partitions", Partition)


def missing(text: str) -> AwsError:
    """Answer Glue's refusal of what isn't there."""
    return AwsError("EntityNotFoundException", text)


def already(text: str) -> AwsError:
    """Answer Glue's refusal of what is there already."""
    return AwsError("AlreadyExistsException", text)


def invalid(text: str) -> AwsError:
    """Answer Glue's refusal of an input."""
    return AwsError("InvalidInputException", text)


def table_key(call: Call, database: str, table: str) -> str:
    """Answer the row key of a table."""
    return call.key(f"{database.lower()}{PART}{table.lower()}")


def version_key(call: Call, table: Table, version: int) -> str:
    """Answer the row key of a version of a table."""
    return f"{table_key(call, table.database, table.name)}{PART}{version:010d}"


def partitions_prefix(call: Call, database: str, table: str) -> str:
    """Answer what the row keys of a table's partitions begin with; their values follow."""
    return f"{table_key(call, database, table)}{PART}"


def partition_key(call: Call, table: Table, values: list[str]) -> str:
    """Answer the row key of a partition."""
    return partitions_prefix(call, table.database, table.name) + VALUE.join(values)


def find_database(call: Call, name: str) -> Database:
    """Answer a database. Raises EntityNotFoundException."""
    found = DATABASES.get(call.transaction, call.key(name.lower()))
    if found is None:
        raise missing(f"Database {name.lower()} not found.")
    return found


def find_table(call: Call, database: str, name: str) -> Table:
    """Answer a table. Raises EntityNotFoundException, for the database first."""
    find_database(call, database)
    found = TABLES.get(call.transaction, table_key(call, database, name))
    if found is None:
        raise missing(f"Table {name.lower()} not found.")
    return found


def tables_of(call: Call, database: str) -> Iterator[tuple[str, Table]]:
    """Answer the row keys and tables of a database by name."""
    return TABLES.scan(call.transaction, call.key(f"{database.lower()}{PART}"))


def delete_prefix(transaction: Transaction, rows: Rows[Any], prefix: str) -> None:
    """Stage the removal of all rows whose keys begin with a prefix."""
    start = prefix.encode()
    transaction.delete_range(rows.space, start, start + b"\xff")


def check_catalog(call: Call) -> None:
    """Refuse another account's catalog: there is one account here."""
    catalog = call.params.get("CatalogId", call.account)
    if catalog != call.account:
        raise missing(f"Catalog {catalog} not found.")
