"""The Data Catalog with the eyes and hands of a crawler's role. What it looks at may take many turns; what it writes is
noted first and applied in one transaction, which fails when somebody else has changed the same things meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

CONFLICTS = frozenset({"AlreadyExistsException", "EntityNotFoundException", "ConcurrentModificationException"})
INDEX = "crawler_partition_index"
_CREATED_AT_ONCE = 100
_UPDATED_AT_ONCE = 100
_DELETED_AT_ONCE = 25
_TABLES_AT_ONCE = 100
_PARTITIONS_AT_ONCE = 200


class Catalog:
    """One database of the catalog."""

    def __init__(self, cloud: Cloud, region: str, principal: Principal, name: str) -> None:
        self._cloud = cloud
        self._region = region
        self._principal = principal
        self._writes: list[tuple[str, dict[str, Any]]] = []
        self.name = name

    async def tables(self) -> dict[str, dict[str, Any]]:
        """Answer the tables by name; none when the database isn't there yet."""
        try:
            return {table["Name"]: table async for table in self._all("GetTables", "TableList", {}, _TABLES_AT_ONCE)}
        except AwsError as error:
            if error.code != "EntityNotFoundException":
                raise
            return {}

    async def partitions(self, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """Answer a table's partitions by their values."""
        found = self._all("GetPartitions", "Partitions", {"TableName": table}, _PARTITIONS_AT_ONCE)
        return {tuple(partition["Values"]): partition async for partition in found}

    def create(self, table: dict[str, Any], index: bool) -> None:
        """Note that a table is created, with an index over its partition keys if it is to have one."""
        self._note("CreateTable", {"TableInput": table})
        if index:
            keys = [key["Name"] for key in table["PartitionKeys"]]
            params = {"TableName": table["Name"], "PartitionIndex": {"IndexName": INDEX, "Keys": keys}}
            self._note("CreatePartitionIndex", params)

    def update(self, table: dict[str, Any], *, version: str, archive: bool) -> None:
        """Note that a table's definition is replaced if that is still its version; ``archive`` keeps the old one."""
        self._note("UpdateTable", {"TableInput": table, "VersionId": version, "SkipArchive": not archive})

    def delete(self, table: str) -> None:
        """Note that a table is deleted."""
        self._note("DeleteTable", {"Name": table})

    def create_partitions(self, table: str, partitions: Sequence[dict[str, Any]]) -> None:
        """Note that partitions are created."""
        for part in _parts(partitions, _CREATED_AT_ONCE):
            self._note("BatchCreatePartition", {"TableName": table, "PartitionInputList": part})

    def update_partitions(self, table: str, partitions: Sequence[dict[str, Any]]) -> None:
        """Note that partitions are replaced; their values stay."""
        entries = [{"PartitionValueList": each["Values"], "PartitionInput": each} for each in partitions]
        for part in _parts(entries, _UPDATED_AT_ONCE):
            self._note("BatchUpdatePartition", {"TableName": table, "Entries": part})

    def delete_partitions(self, table: str, values: Sequence[Sequence[str]]) -> None:
        """Note that partitions are deleted, by their values."""
        for part in _parts([{"Values": list(each)} for each in values], _DELETED_AT_ONCE):
            self._note("BatchDeletePartition", {"TableName": table, "PartitionsToDelete": part})

    def apply(self, transaction: Transaction) -> None:
        """Stage all that was noted, and the database unless it is there. Raises AwsError, CONFLICTS among them."""
        try:
            self._call("GetDatabase", {"Name": self.name}, transaction)
        except AwsError as error:
            if error.code != "EntityNotFoundException":
                raise
            self._call("CreateDatabase", {"DatabaseInput": {"Name": self.name}}, transaction)
        for operation, params in self._writes:
            errors = self._call(operation, params, transaction).get("Errors")
            if errors:
                detail = errors[0]["ErrorDetail"]
                raise AwsError(detail["ErrorCode"], detail["ErrorMessage"])

    def _note(self, operation: str, params: dict[str, Any]) -> None:
        self._writes.append((operation, {"DatabaseName": self.name, **params}))

    async def _all(
        self, operation: str, member: str, params: dict[str, Any], size: int
    ) -> AsyncIterator[dict[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            params = {"DatabaseName": self.name, **params, "MaxResults": size, **token}
            page = self._call(operation, params, self._cloud.store.begin())
            for each in page[member]:
                yield each
            if "NextToken" not in page:
                return
            token = {"NextToken": page["NextToken"]}
            await asyncio.sleep(0)

    def _call(self, operation: str, params: dict[str, Any], transaction: Transaction) -> dict[str, Any]:
        return self._cloud.call(
            "glue", operation, params, self._principal, region=self._region, transaction=transaction
        )


def _parts(items: Sequence[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for at in range(0, len(items), size):
        yield list(items[at : at + size])
