"""What a crawl found, to be written into the catalog: new tables and partitions always, changes and losses by policy.

A table that is there already must agree in classification, compression and SerDe; else it is left as it is.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tailrace.glue.crawl.catalog import Catalog
from tailrace.glue.crawl.configuration import Configuration
from tailrace.glue.crawl.grouping import Group
from tailrace.glue.crawl.journal import Line
from tailrace.glue.crawl.naming import table_name, told_apart
from tailrace.glue.crawl.storage import Author, Storages, columns_of, kind_of, table_storage
from tailrace.glue.crawler import NEW_FOLDERS_ONLY, Crawler
from tailrace.wire.errors import AwsError

DEPRECATED = "DEPRECATED_BY_CRAWLER"
DEPRECATE, DELETE = "DEPRECATE_IN_DATABASE", "DELETE_FROM_DATABASE"
UPDATED_BY = "UPDATED_BY_CRAWLER"
FILTERING = "partition_filtering.enabled"
_LEAVES_A_TURN = 200
_RUN = "CRAWL_RUN_ID"
_COUNTS = frozenset({_RUN, "averageRecordSize", "objectCount", "recordCount", "sizeKey"})
_INPUT = (
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A table that a crawl found, and who found it where."""

    group: Group
    author: Author

    @property
    def location(self) -> str:
        """Where it lies."""
        return f"s3://{self.author.bucket}/{self.group.path}"


@dataclass(slots=True)
class Writing:
    """Note in the catalog what is to be written; ``changes`` and ``lines`` tell what that is."""

    catalog: Catalog
    crawler: Crawler
    configuration: Configuration
    now: float
    lines: list[Line] = field(default_factory=list)
    changes: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    _touched: set[str] = field(default_factory=set)

    async def write(self, found: Sequence[Found], known: dict[str, dict[str, Any]]) -> None:
        """Create or update a table for each that was found; ``known`` are the database's tables by name."""
        limit = self.configuration.tables_max
        if limit is not None and len(found) > limit:
            raise AwsError(
                "TableThreshold",
                f"The number of tables detected by crawler: {len(found)} is greater than the table threshold value "
                f"provided: {limit}. No tables were created. To fix the issue, modify the table threshold value.",
            )
        for each in found:
            name = self._name(each, known)
            self._touched.add(name)
            if name in known:
                await self._update(known[name], each)
            else:
                await self._create(name, each)

    def take_leave(self, known: dict[str, dict[str, Any]], paths: Sequence[str]) -> None:
        """Treat this crawler's tables under its include paths that weren't found any more as policy says."""
        for name, table in known.items():
            location = table.get("StorageDescriptor", {}).get("Location", "")
            mine = table.get("Parameters", {}).get(UPDATED_BY) == self.crawler.name
            if mine and name not in self._touched and any(location.startswith(path) for path in paths):
                self._lose(table)

    def _name(self, found: Found, known: Mapping[str, dict[str, Any]]) -> str:
        prefix = self.crawler.given.get("TablePrefix", "")
        name = table_name(prefix, found.author.bucket, found.group.path)
        there = known.get(name, {}).get("StorageDescriptor", {}).get("Location")
        taken = name in self._touched or (name in known and not _same_place(there, found.location))
        return told_apart(name, found.location) if taken else name

    async def _create(self, name: str, found: Found) -> None:
        storage = table_storage(found.group, found.author)
        keys = [{"Name": key, "Type": "string"} for key in found.group.keys]
        parameters = dict(storage["Parameters"])
        indexed = bool(keys) and self.configuration.index
        if indexed:
            parameters[FILTERING] = "true"
        table = {
            "Name": name,
            "Owner": "owner",
            "LastAccessTime": self.now,
            "Retention": 0,
            "StorageDescriptor": storage,
            "PartitionKeys": keys,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
        }
        self.catalog.create(table, indexed)
        self.changes["TABLE"]["ADD"].append(name)
        self._info(f"Created table {name} in database {self.catalog.name}")
        await self._write_partitions(name, found, storage, {})

    async def _update(self, table: dict[str, Any], found: Found) -> None:
        name = table["Name"]
        known, crawled = table.get("StorageDescriptor", {}), table_storage(found.group, found.author)
        difference = self._difference(table, found, crawled)
        if difference is not None:
            parameter, existing, value = difference
            self._warn(
                f"Cannot merge new columns into the table {name} as defined in the Data Catalog because the parameter "
                f"'{parameter}' has changed. The existing value is '{existing or 'null'}', and the crawled value is "
                f"'{value or 'null'}'. Either remove the table or resolve the inconsistent parameter value."
            )
            if self.crawler.policy["DeleteBehavior"] == DEPRECATE:
                self._deprecate(table)
            return
        storage, parameters = self._merged(table, known, crawled)
        if self._may_update():
            self._put(table, storage, parameters)
        elif columns_of(found.group.shape) != known.get("Columns"):
            self._info(f"Schema of table {name} has changed and was not updated, as configured.")
        partitions = await self.catalog.partitions(name) if found.group.keys else {}
        await self._write_partitions(name, found, storage if self._may_update() else known, partitions)

    def _difference(
        self, table: dict[str, Any], found: Found, crawled: dict[str, Any]
    ) -> tuple[str, str | None, str | None] | None:
        existing = kind_of(table.get("StorageDescriptor", {}), table.get("Parameters", {}))
        wanted = kind_of(crawled, crawled["Parameters"])
        keys, found_keys = len(table.get("PartitionKeys", ())), len(found.group.keys)
        if keys != found_keys:
            return "partitionKeys", str(keys), str(found_keys)
        return next(((name, existing[name], value) for name, value in wanted.items() if existing[name] != value), None)

    def _may_update(self) -> bool:
        # The Configuration overrides the policy (as crawlers note in their logs).
        return self.configuration.merge_new_columns or self.crawler.policy["UpdateBehavior"] == "UPDATE_IN_DATABASE"

    def _merged(
        self, table: dict[str, Any], known: dict[str, Any], crawled: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        kept = {name: value for name, value in table.get("Parameters", {}).items() if name != DEPRECATED}
        if not self.configuration.merge_new_columns:
            filtering = {FILTERING: kept[FILTERING]} if FILTERING in kept else {}
            return crawled, {**crawled["Parameters"], **filtering}
        names = {column["Name"] for column in known.get("Columns", ())}
        added = [column for column in crawled["Columns"] if column["Name"] not in names]
        serde = _merged_serde(known.get("SerdeInfo", {}), crawled["SerdeInfo"])
        parameters = {**known.get("Parameters", {}), **crawled["Parameters"]}
        columns = [*known.get("Columns", ()), *added]
        storage = {**known, "Columns": columns, "SerdeInfo": serde, "Parameters": parameters}
        return storage, {**kept, **crawled["Parameters"]}

    def _put(self, table: dict[str, Any], storage: dict[str, Any], parameters: dict[str, str]) -> None:
        given = {member: table[member] for member in _INPUT if member in table}
        updated = {**given, "StorageDescriptor": storage, "Parameters": parameters}
        if _without(given, {_RUN}) == _without(updated, {_RUN}):
            return
        schema_changed = _without(given, _COUNTS) != _without(updated, _COUNTS)
        self.catalog.update(updated, version=table["VersionId"], archive=schema_changed)
        self.changes["TABLE"]["UPDATE"].append(table["Name"])
        if schema_changed:
            self._info(f"Updated table {table['Name']} in database {self.catalog.name}")

    async def _write_partitions(
        self, name: str, found: Found, table: dict[str, Any], known: dict[tuple[str, ...], dict[str, Any]]
    ) -> None:
        group = found.group
        if not group.keys:
            return
        storages = Storages(found.author, table if self.configuration.inherit else None)
        created, updated, values = [], [], set()
        for place, leaf in enumerate(group.leaves):
            if place % _LEAVES_A_TURN == 0:
                await asyncio.sleep(0)  # others have their turns while a large table is gone through
            storage = storages.of_partition(leaf)
            key = tuple(group.values(leaf))
            partition = {"Values": list(key), "StorageDescriptor": storage, "LastAccessTime": self.now}
            values.add(key)
            if key not in known:
                created.append(partition)
            elif self._may_update() and not _same_storage(known[key]["StorageDescriptor"], storage):
                updated.append(partition)
        self.catalog.create_partitions(name, created)
        self.catalog.update_partitions(name, updated)
        self._note_partitions("ADD", "Created", name, created)
        self._note_partitions("UPDATE", "Updated", name, updated)
        if self.crawler.recrawl != NEW_FOLDERS_ONLY:
            self._lose_partitions(name, [key for key in known if key not in values])

    def _note_partitions(self, change: str, verb: str, name: str, partitions: Sequence[dict[str, Any]]) -> None:
        if partitions:
            values = [each["Values"] for each in partitions]
            self.changes["PARTITION"][change] += [f"{name}/{'/'.join(each)}" for each in values]
            shown = ", ".join(f"[{', '.join(each)}]" for each in values)
            self._info(f"{verb} partitions with values [{shown}] for table {name} in database {self.catalog.name}")

    def _lose_partitions(self, name: str, values: Sequence[tuple[str, ...]]) -> None:
        if not values:
            return
        if self.crawler.policy["DeleteBehavior"] == DELETE:
            self.catalog.delete_partitions(name, values)
            self._note_partitions("DELETE", "Deleted", name, [{"Values": list(each)} for each in values])
            return
        for each in values:
            self._info(
                f"Found partition of table {name} with partition values [{', '.join(each)}] with no matching schema "
                "at the partition's S3 location"
            )

    def _lose(self, table: dict[str, Any]) -> None:
        name, behavior = table["Name"], self.crawler.policy["DeleteBehavior"]
        if behavior == DELETE:
            self.catalog.delete(name)
            self.changes["TABLE"]["DELETE"].append(name)
            self._info(f"Deleted table {name} in database {self.catalog.name}")
        elif behavior == DEPRECATE:
            self._deprecate(table)
        else:
            self._info(f"No matching schema was found at the location of table {name}.")

    def _deprecate(self, table: dict[str, Any]) -> None:
        name = table["Name"]
        if DEPRECATED not in table.get("Parameters", {}):
            given = {member: table[member] for member in _INPUT if member in table}
            mark = {DEPRECATED: str(round(self.now * 1000))}
            marked = {**given, "Parameters": {**given.get("Parameters", {}), **mark}}
            self.catalog.update(marked, version=table["VersionId"], archive=True)
            self.changes["TABLE"]["UPDATE"].append(name)
        self._info(
            f"Table {name} is marked deprecated because a matching schema was not found at the table's location."
        )

    def _info(self, text: str) -> None:
        self.lines.append(("INFO", text))

    def _warn(self, text: str) -> None:
        self.lines.append(("WARN", text))


def _same_place(one: str | None, other: str) -> bool:
    return one is not None and one.rstrip("/") == other.rstrip("/")


def _merged_serde(known: dict[str, Any], crawled: dict[str, Any]) -> dict[str, Any]:
    before, after = known.get("Parameters", {}), crawled.get("Parameters", {})
    parameters = {**after, **before}
    if "paths" in before and "paths" in after:
        parameters["paths"] = ",".join(sorted({*before["paths"].split(","), *after["paths"].split(",")} - {""}))
    return {**known, "Parameters": parameters}


def _same_storage(known: dict[str, Any], storage: dict[str, Any]) -> bool:
    if _plain(known.get("Parameters"), {_RUN}) != _plain(storage["Parameters"], {_RUN}):
        return False
    return all(known.get(member) == value for member, value in storage.items() if member != "Parameters")


def _without(table: dict[str, Any], names: frozenset[str] | set[str]) -> dict[str, Any]:
    storage = table.get("StorageDescriptor", {})
    plain = {**storage, "Parameters": _plain(storage.get("Parameters", {}), names)}
    return {**table, "StorageDescriptor": plain, "Parameters": _plain(table.get("Parameters", {}), names)}


def _plain(value: Any, names: frozenset[str] | set[str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name not in names}
