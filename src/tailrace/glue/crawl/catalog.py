"""The Data Catalog with the eyes and hands of a crawler's role: everything it does there is in one transaction."""

from collections.abc import Iterator, Sequence
from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_CREATED_AT_ONCE = 100
_UPDATED_AT_ONCE = 100
_DELETED_AT_ONCE = 25
_LISTED_AT_ONCE = 1000
INDEX = "crawler_partition_index"


class Catalog:
    """One database of the catalog."""

    def __init__(self, cloud: Cloud, region: str, principal: Principal, transaction: Transaction, name: str) -> None:
        self._cloud = cloud
        self._region = region
        self._principal = principal
        self._transaction = transaction
        self.name = name

    def ensure(self) -> None:
        """Create the database unless it is there."""
        try:
            self._call("GetDatabase", {"Name": self.name})
        except AwsError as error:
            if error.code != "EntityNotFoundException":
                raise
            self._call("CreateDatabase", {"DatabaseInput": {"Name": self.name}})

    def tables(self) -> dict[str, dict[str, Any]]:
        """Answer the tables by name."""
        return {table["Name"]: table for table in self._all("GetTables", "TableList", {}, 100)}

    def create(self, table: dict[str, Any], index: bool) -> None:
        """Create a table, with an index over its partition keys if it is to have one."""
        self._on_database("CreateTable", {"TableInput": table})
        if index:
            keys = [key["Name"] for key in table["PartitionKeys"]]
            params = {"TableName": table["Name"], "PartitionIndex": {"IndexName": INDEX, "Keys": keys}}
            self._on_database("CreatePartitionIndex", params)

    def update(self, table: dict[str, Any], *, archive: bool) -> None:
        """Replace a table's definition, keeping the version before when its schema changes."""
        self._on_database("UpdateTable", {"TableInput": table, "SkipArchive": not archive})

    def delete(self, table: str) -> None:
        """Delete a table."""
        self._on_database("DeleteTable", {"Name": table})

    def partitions(self, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """Answer a table's partitions by their values."""
        found = self._all("GetPartitions", "Partitions", {"TableName": table}, _LISTED_AT_ONCE)
        return {tuple(partition["Values"]): partition for partition in found}

    def create_partitions(self, table: str, partitions: Sequence[dict[str, Any]]) -> None:
        """Create partitions."""
        for part in _parts(partitions, _CREATED_AT_ONCE):
            self._batch("BatchCreatePartition", {"TableName": table, "PartitionInputList": part})

    def update_partitions(self, table: str, partitions: Sequence[dict[str, Any]]) -> None:
        """Replace partitions; their values stay."""
        entries = [{"PartitionValueList": each["Values"], "PartitionInput": each} for each in partitions]
        for part in _parts(entries, _UPDATED_AT_ONCE):
            self._batch("BatchUpdatePartition", {"TableName": table, "Entries": part})

    def delete_partitions(self, table: str, values: Sequence[Sequence[str]]) -> None:
        """Delete partitions by their values."""
        for part in _parts([{"Values": list(each)} for each in values], _DELETED_AT_ONCE):
            self._batch("BatchDeletePartition", {"TableName": table, "PartitionsToDelete": part})

    def _batch(self, operation: str, params: dict[str, Any]) -> None:
        errors = self._on_database(operation, params).get("Errors")
        if errors:
            detail = errors[0]["ErrorDetail"]
            raise AwsError(detail["ErrorCode"], detail["ErrorMessage"])

    def _all(self, operation: str, member: str, params: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            page = self._on_database(operation, {**params, "MaxResults": size, **token})
            yield from page[member]
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}

    def _on_database(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return self._call(operation, {"DatabaseName": self.name, **params})

    def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return self._cloud.call(
            "glue", operation, params, self._principal, region=self._region, transaction=self._transaction
        )


def _parts(items: Sequence[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for at in range(0, len(items), size):
        yield list(items[at : at + size])
