"""The catalog of queries over Glue's: tables, views, their partitions as tables, and information_schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tailrace.athena.analysis.context import BaseTable, RowsTable, TableColumn, View
from tailrace.athena.analysis.problem import AnalysisProblem, not_supported
from tailrace.athena.analysis.type import BIGINT, TIMESTAMP_TZ, VARCHAR, Type
from tailrace.athena.analysis.type_reading import UnsupportedHiveType, hive_type
from tailrace.athena.catalog.caller import CATALOG, Caller
from tailrace.athena.catalog.presto_view import decoded
from tailrace.wire.errors import AwsError

HIDDEN = (("$path", VARCHAR), ("$file_size", BIGINT), ("$file_modified_time", TIMESTAMP_TZ), ("$partition", VARCHAR))
_PARTITIONS = "$partitions"
_PAGE = 1000


def denied(error: AwsError) -> AnalysisProblem:
    """Answer the problem of a catalog or bucket that the caller may not read."""
    return AnalysisProblem("PERMISSION_DENIED", None, f"Insufficient permissions to execute the query. {error.message}")


class GlueCatalog:
    """Glue as the caller sees it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._schemas: dict[str, bool] = {}

    def has_catalog(self, catalog: str) -> bool:
        """Tell whether a catalog exists."""
        return catalog == CATALOG

    def has_schema(self, catalog: str, schema: str) -> bool:
        """Tell whether a database exists."""
        if schema not in self._schemas:
            self._schemas[schema] = schema == "information_schema" or self.database(schema) is not None
        return catalog == CATALOG and self._schemas[schema]

    def database(self, name: str) -> dict[str, Any] | None:
        """Answer Glue's database; None when there is none."""
        return self._found("GetDatabase", {"Name": name}, "Database")

    def table(self, schema: str, name: str) -> dict[str, Any] | None:
        """Answer Glue's table; None when there is none."""
        found = self._found("GetTable", {"DatabaseName": schema, "Name": name}, "Table")
        return None if found is None else _whole(found)

    def _found(self, operation: str, params: dict[str, Any], member: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self._caller.call("glue", operation, params)[member]
            return answer
        except AwsError as error:
            if error.code == "EntityNotFoundException":
                return None
            if error.code in ("InvalidInputException", "ValidationException"):
                return None  # a name that Glue can't hold is one that it does not have
            raise denied(error) from error

    def databases(self) -> list[dict[str, Any]]:
        """Answer Glue's databases."""
        return list(self._pages("GetDatabases", {}, "DatabaseList"))

    def tables(self, schema: str) -> list[dict[str, Any]]:
        """Answer Glue's tables of a database."""
        return [_whole(each) for each in self._pages("GetTables", {"DatabaseName": schema}, "TableList")]

    def partitions(self, schema: str, name: str) -> Iterator[list[dict[str, Any]]]:
        """Answer the partitions of a table, page by page."""
        params: dict[str, Any] = {"DatabaseName": schema, "TableName": name, "MaxResults": _PAGE}
        while True:
            try:
                answer = self._caller.call("glue", "GetPartitions", params)
            except AwsError as error:
                raise denied(error) from error
            yield [_whole(each) for each in answer.get("Partitions", [])]
            if not answer.get("NextToken"):
                return
            params["NextToken"] = answer["NextToken"]

    def _pages(self, operation: str, params: dict[str, Any], member: str) -> Iterator[dict[str, Any]]:
        while True:
            try:
                answer = self._caller.call("glue", operation, params)
            except AwsError as error:
                raise denied(error) from error
            yield from answer.get(member, [])
            if not answer.get("NextToken"):
                return
            params = {**params, "NextToken": answer["NextToken"]}

    def find(self, catalog: str, schema: str, name: str) -> BaseTable | RowsTable | View | None:
        """Answer what a query can read under a name; None when there is nothing."""
        if catalog != CATALOG:
            return None
        if schema == "information_schema":
            from tailrace.athena.catalog.information_schema import information_table

            return information_table(self, name)
        if name.endswith(_PARTITIONS):
            return self._partitions_table(schema, name)
        table = self.table(schema, name)
        if table is None:
            return None
        full = (catalog, schema, name)
        if is_view(table):
            return decoded(full, table.get("ViewOriginalText") or "")
        return base_table(full, table)

    def _partitions_table(self, schema: str, name: str) -> RowsTable | None:
        table = self.table(schema, name.removesuffix(_PARTITIONS))
        if table is None or not table.get("PartitionKeys"):
            return None
        columns = tuple(TableColumn(key["Name"].lower(), hive_type(key["Type"])) for key in table["PartitionKeys"])
        rows = [
            [None if value == HIVE_NULL else value for value in partition["Values"]]
            for page in self.partitions(schema, name.removesuffix(_PARTITIONS))
            for partition in page
        ]
        return RowsTable((CATALOG, schema, name), columns, rows)


HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def _whole(given: dict[str, Any]) -> dict[str, Any]:
    """Answer a table or partition with what Glue takes it without: storage, which is empty then, and types of keys."""
    whole = {**given, "StorageDescriptor": given.get("StorageDescriptor") or {}}
    if given.get("PartitionKeys"):
        whole["PartitionKeys"] = [{"Type": "string", **key} for key in given["PartitionKeys"]]
    return whole


def is_view(table: dict[str, Any]) -> bool:
    """Tell whether Glue's table is a view of Athena's."""
    return table.get("TableType") == "VIRTUAL_VIEW"


def is_iceberg(table: dict[str, Any]) -> bool:
    """Tell whether Glue's table is an Iceberg table."""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def base_table(full: tuple[str, str, str], table: dict[str, Any]) -> BaseTable:
    """Answer the columns of Glue's table, partition keys last, and the hidden ones."""
    if is_iceberg(table):
        raise not_supported(None, f"Table {'.'.join(full[1:])} is an Iceberg table: not implemented in Tailrace yet")
    if not table["StorageDescriptor"]:
        why = f"Table StorageDescriptor is null for table '{'.'.join(full[1:])}'"
        raise AnalysisProblem("HIVE_UNSUPPORTED_FORMAT", None, why)
    columns = [TableColumn(name, type_) for name, type_ in data_columns(table)]
    keys = table.get("PartitionKeys") or []
    columns += [TableColumn(key["Name"].lower(), _type(key["Type"]), place) for place, key in enumerate(keys)]
    columns += [TableColumn(name, type_, hidden=True) for name, type_ in HIDDEN]
    return BaseTable(full, tuple(columns), table)


def data_columns(table: dict[str, Any]) -> list[tuple[str, Type]]:
    """Answer the columns of Glue's table that are in its files."""
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    return [(column["Name"].lower(), _type(column.get("Type", "string"))) for column in columns]


def _type(text: str) -> Type:
    try:
        return hive_type(text)
    except UnsupportedHiveType as error:
        raise not_supported(None, f"Unsupported Hive type: {text}") from error
