"""From the scans of a query to what its worker reads: partitions that can match, their files, the way to read them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tailrace.athena.analysis.analyzer import Analyzed
from tailrace.athena.analysis.context import Scan
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.glue_catalog import HIDDEN, HIVE_NULL, GlueCatalog
from tailrace.athena.catalog.listing import Listing
from tailrace.athena.catalog.location import parse_location
from tailrace.athena.catalog.partition_schema import check_schemas
from tailrace.athena.catalog.projection import Projection, combined, is_projected
from tailrace.athena.execution.worker_tasks import WorkerTasks
from tailrace.athena.worker.scan_plan import ColumnToRead, FileToRead, Group, ScanPlan

_COLUMN = re.compile(r"\b(t\d+)\.(c\d+)\b")


class _Part(msgspec.Struct, frozen=True):
    """A partition: its values, where it lies and how it is read; the whole table when it has none."""

    values: tuple[str | None, ...]
    location: str
    descriptor: Mapping[str, Any]


class Scanning:
    """Plans the scans of one query."""

    def __init__(self, catalog: GlueCatalog, listing: Listing, tasks: WorkerTasks, now_ms: int) -> None:
        self._catalog = catalog
        self._listing = listing
        self._tasks = tasks
        self._now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC).replace(tzinfo=None)

    async def plans(self, analyzed: Analyzed) -> list[dict[str, Any]]:
        """Answer the scans as the worker's payload has them."""
        return [msgspec.to_builtins(await self._plan(scan, analyzed.used)) for scan in analyzed.scans]

    async def _plan(self, scan: Scan, used: frozenset[str]) -> ScanPlan:
        table = scan.table.handle
        parts = await self._parts(scan, table)
        data = [column for column in scan.table.columns if column.key is None and not column.hidden]
        types = {each["Name"].lower(): each.get("Type", "string") for each in _columns(table["StorageDescriptor"])}
        columns = [ColumnToRead(column.name, types[column.name], index) for index, column in enumerate(data)]
        keys = [
            ColumnToRead(key["Name"].lower(), key["Type"], len(data) + place)
            for place, key in enumerate(table.get("PartitionKeys") or [])
        ]
        hidden = {name: len(data) + len(keys) + place for place, (name, _) in enumerate(HIDDEN)}
        seen = sorted(int(name.split(".c")[1]) for name in used if name.startswith(f"{scan.alias}."))
        groups = await self._groups(table, parts, columns)
        return ScanPlan(scan.number, groups, keys, [part.values for part in parts], hidden, seen, columns)

    async def _groups(
        self, table: Mapping[str, Any], parts: Sequence[_Part], columns: Sequence[ColumnToRead]
    ) -> list[Group]:
        """Put partitions that are read alike together."""
        files: dict[bytes, list[FileToRead]] = {}
        made: dict[bytes, Group] = {}
        for place, part in enumerate(parts):
            group = _group(table, part.descriptor, columns)
            key = msgspec.json.encode(group)
            made[key] = group
            location = parse_location(part.location)
            if location is None:
                raise AnalysisProblem("HIVE_UNKNOWN_ERROR", None, f"Path is not absolute: {part.location}")
            files.setdefault(key, []).extend(await self._listing.files(location, place))
        return [msgspec.structs.replace(group, files=files[key]) for key, group in made.items()]

    async def _parts(self, scan: Scan, table: Mapping[str, Any]) -> list[_Part]:
        descriptor = table.get("StorageDescriptor") or {}
        keys = table.get("PartitionKeys") or []
        if not keys:
            return [_Part((), descriptor.get("Location") or "", descriptor)]
        if is_projected(table):
            return await self._projected(scan, table)
        parts = []
        _, schema, name = scan.table.name
        for page in self._catalog.partitions(schema, name):
            for partition in page:
                own = partition.get("StorageDescriptor") or descriptor
                values = tuple(None if value == HIVE_NULL else value for value in partition["Values"])
                parts.append(_Part(values, own.get("Location") or descriptor.get("Location") or "", own))
        kept = await self._pruned(scan, [list(part.values) for part in parts], [key["Type"] for key in keys])
        chosen = [parts[place] for place in kept]
        for part in chosen:
            check_schemas(scan.table.name, table, part.values, part.descriptor)
        return chosen

    async def _projected(self, scan: Scan, table: Mapping[str, Any]) -> list[_Part]:
        """Answer the partitions of the table's properties; each key is pruned alone before they are combined."""
        projection = Projection(".".join(scan.table.name[1:]), table, self._now)
        types = [key["Type"] for key in table["PartitionKeys"]]
        candidates = []
        for place, type_ in enumerate(types):
            values = projection.candidates(place, scan.equal.get(place))
            kept = await self._pruned(scan, [[value] for value in values], [type_], only=place)
            candidates.append([values[index] for index in kept])
        rows = combined(candidates)
        kept = await self._pruned(scan, [list(row) for row in rows], types)
        descriptor = table.get("StorageDescriptor") or {}
        return [_Part(rows[place], projection.locate(rows[place]), descriptor) for place in kept]

    async def _pruned(
        self, scan: Scan, values: list[list[str | None]] | list[list[str]], types: list[str], only: int | None = None
    ) -> list[int]:
        """Answer the places of the values that can match; ``only`` one key's conditions when it is given."""
        conditions = []
        sees: dict[str, dict[str, int]] = {}
        for condition in scan.conditions:
            found = {(alias, name): scan.sees[alias][name] for alias, name in _COLUMN.findall(condition)}
            if only is not None and set(found.values()) != {only}:
                continue
            conditions.append(condition)
            for (alias, name), key in found.items():
                sees.setdefault(alias, {})[name] = 0 if only is not None else key
        if not conditions or not values:
            return list(range(len(values)))
        payload = {"values": values, "types": types, "sees": sees, "conditions": conditions}
        answer = await self._tasks.run("prune", payload)
        return list(answer["kept"])


def _columns(descriptor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(descriptor.get("Columns") or [])


def _group(table: Mapping[str, Any], descriptor: Mapping[str, Any], columns: Sequence[ColumnToRead]) -> Group:
    serde = descriptor.get("SerdeInfo") or {}
    parameters = {**(table.get("Parameters") or {}), **(serde.get("Parameters") or {})}
    known = {column.name: column for column in columns}
    unread = -1  # a column of the partition that the table does not have keeps its place in the lines
    own = [
        known.get(each["Name"].lower(), ColumnToRead(each["Name"].lower(), each.get("Type", "string"), unread))
        for each in _columns(descriptor)
    ] or list(columns)
    lacking = [column for column in columns if column.name not in {each.name for each in own}]
    return Group(
        serde.get("SerializationLibrary") or "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        descriptor.get("InputFormat") or "",
        {key: str(value) for key, value in parameters.items()},
        [*own, *lacking],
        [],
    )
