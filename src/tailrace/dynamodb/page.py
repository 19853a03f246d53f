"""One page of a Query or Scan: items in the order of their bytes, until the limit, 1 MB, or the end.

The limit counts items before the filter; the item that crosses 1 MB is still in (Developer Guide, Query.Pagination).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from tailrace.dynamodb.capacity import Units, consumed, read_units
from tailrace.dynamodb.errors import INVALID, Layer, Malformed, validation
from tailrace.dynamodb.expression.projection import project
from tailrace.dynamodb.expression.request import BoundCondition, BoundProjection, Expressions
from tailrace.dynamodb.layout import INDEXES, ITEMS
from tailrace.dynamodb.mutation import check_scalar_keys
from tailrace.dynamodb.table import Index, Table
from tailrace.dynamodb.value import Item
from tailrace.dynamodb.write import read_item
from tailrace.engine.transaction import Transaction

PAGE_BYTES_MAX = 2**20


@dataclass(slots=True)
class Reading:
    """What a Query or Scan reads and how it answers: the source, the interval of keys, what is kept of each item."""

    table: Table
    index: Index | None
    first: bytes = b""
    last: bytes = b""
    backwards: bool = False
    limit: int = 0  # 0 is no limit
    filter: BoundCondition | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    projection: BoundProjection | None = None
    counts_only: bool = False
    fetches: bool = False  # all attributes of a local index that does not have them: read from the table

    @property
    def prefix(self) -> bytes:
        """What all keys of the source begin with."""
        return self.table.uuid if self.index is None else self.index.prefix

    @property
    def key_names(self) -> tuple[str, ...]:
        """The attributes of a LastEvaluatedKey."""
        return self.table.key.names if self.index is None else self.index.start_key_names


@dataclass(slots=True)
class Page:
    """What a page came to."""

    items: list[Any] = field(default_factory=list)
    count: int = 0
    scanned: int = 0
    source_bytes: int = 0
    fetched_bytes: int = 0
    last_key: Item | None = None


def read_page(transaction: Transaction, reading: Reading) -> Page:
    """Read one page."""
    page = Page()
    space = ITEMS if reading.index is None else INDEXES
    json = b""
    ended = False
    for _, raw in transaction.scan(space, reading.first, reading.last, reverse=reading.backwards):
        json = raw[4:]
        page.scanned += 1
        page.source_bytes += int.from_bytes(raw[:4], "big")
        _keep(transaction, reading, page, json)
        if page.scanned == reading.limit or max(page.source_bytes, page.fetched_bytes) >= PAGE_BYTES_MAX:
            ended = True
            break
    if ended:
        item = orjson.loads(json)
        page.last_key = {name: item[name] for name in reading.key_names}
    return page


def answer_page(page: Page, reading: Reading, params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a page as Query and Scan do."""
    answer: dict[str, Any] = {"Count": page.count, "ScannedCount": page.scanned}
    if not reading.counts_only:
        answer["Items"] = page.items
    if page.last_key is not None:
        answer["LastEvaluatedKey"] = page.last_key
    detail = params.get("ReturnConsumedCapacity")
    if detail in ("TOTAL", "INDEXES"):
        consistent = bool(params.get("ConsistentRead"))
        units = Units()
        if reading.index is None:
            units.table = read_units(page.source_bytes, consistent=consistent)
        else:
            units.add_index(
                reading.index.name,
                read_units(page.source_bytes, consistent=consistent),
                is_global=reading.index.is_global,
            )
            if page.fetched_bytes:
                units.table = read_units(page.fetched_bytes, consistent=consistent)
        answer["ConsumedCapacity"] = consumed(params["TableName"], units, detail)
    return answer


def source(table: Table, params: Mapping[str, Any]) -> Reading:
    """Answer the table or the index to read. Raises AwsError when there is no such index or it can't be read so."""
    name = params.get("IndexName")
    if name is None:
        return Reading(table, None)
    index = table.index(name)
    if index is None:
        if any(index.name == name and index.row.status == "CREATING" for index in table.indexes):
            raise validation(f"Cannot read from backfilling global secondary index: {name}")
        raise validation(f"The table does not have the specified index: {name}")
    if index.is_global and params.get("ConsistentRead"):
        raise validation("Consistent reads are not supported on global secondary indexes")
    return Reading(table, index)


def shape(reading: Reading, expressions: Expressions, params: Mapping[str, Any]) -> None:
    """Settle what is kept of each item: Select, projection and filter. Raises AwsError."""
    reading.limit = params.get("Limit") or 0
    reading.filter, reading.values = expressions.filter, expressions.values
    reading.projection = expressions.projection
    select, index = params.get("Select"), reading.index
    reading.counts_only = select == "COUNT"
    if index is not None:
        unprojected = [] if index.projects_all else _unprojected(index, reading.projection)
        if index.is_global:
            _check_global(index, select, unprojected)
        reading.fetches = not index.is_global and (
            bool(unprojected) or (select == "ALL_ATTRIBUTES" and not index.projects_all)
        )
    paths = reading.projection.paths if reading.projection is not None else ()
    check_scalar_keys(reading.table, paths)
    if reading.filter is not None:
        check_scalar_keys(reading.table, reading.filter.paths)


def check_select(params: Mapping[str, Any], layer: Layer) -> None:
    """Refuse a Select that does not go with the projection. Raises AwsError."""
    select = params.get("Select")
    given = next((name for name in ("ProjectionExpression", "AttributesToGet") if params.get(name) is not None), None)
    fault = None
    if given is not None and select == "COUNT":
        fault = f"Cannot specify the {given} when choosing to get only the Count"
    elif given is not None and select in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"):
        fault = f"Cannot specify the {given} when choosing to get {select}"
    elif given is None and select == "SPECIFIC_ATTRIBUTES":
        fault = "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
    elif select == "ALL_PROJECTED_ATTRIBUTES" and params.get("IndexName") is None:
        fault = f"{INVALID}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    if fault is not None:
        raise layer.error(Malformed(fault))


def _keep(transaction: Transaction, reading: Reading, page: Page, json: bytes) -> None:
    """Add an item to the page, or leave it out."""
    if reading.fetches:
        place = reading.table.key.place(orjson.loads(json))
        found = read_item(transaction, reading.table, place).stored
        if found is None:
            return
        page.fetched_bytes += found.size
        json = found.json
    item = None
    if reading.filter is not None:
        item = orjson.loads(json)
        if not reading.filter.holds(item, reading.values):
            return
    page.count += 1
    if reading.counts_only:
        return
    if reading.projection is None:
        page.items.append(orjson.Fragment(json))
    else:
        page.items.append(project(item or orjson.loads(json), reading.projection.tree))


def _unprojected(index: Index, projection: BoundProjection | None) -> list[str]:
    heads = [str(path[0]) for path in projection.paths] if projection is not None else []
    return [head for head in heads if head not in index.projected]


def _check_global(index: Index, select: str | None, unprojected: list[str]) -> None:
    if select == "ALL_ATTRIBUTES" and not index.projects_all:
        raise validation(
            f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    if unprojected:
        raise validation(f"{INVALID}Global secondary index {index.name} does not project [{', '.join(unprojected)}]")
