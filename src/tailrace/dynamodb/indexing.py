"""Global indexes made and dropped online: backfilled a chunk of items a transaction, dropped as one range.

Both are jobs: they begin anew after a restart, and what they do twice they do alike.
"""

from typing import Any

import msgspec
import orjson

from tailrace.dynamodb.key import after
from tailrace.dynamodb.layout import COUNTS, INDEXES, ITEMS, Stored, pack_counts, unpack, unpack_counts
from tailrace.dynamodb.table import Index, IndexRow, Table, TableRow, find_table, save_table
from tailrace.dynamodb.write import index_entry
from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

BACKFILL = "dynamodb/backfill-index"
REMOVE = "dynamodb/remove-index"
_CHUNK = 500  # items between two turns of the event loop


def schedule_backfill(call: Call, row: TableRow, index: IndexRow) -> None:
    """Stage that an index is filled from the table's items."""
    _schedule(call, BACKFILL, row, index)


def schedule_removal(call: Call, row: TableRow, index: IndexRow) -> None:
    """Stage that an index is emptied and forgotten."""
    _schedule(call, REMOVE, row, index)


async def register(cloud: Cloud) -> None:
    """Say how indexes are filled and removed."""

    async def backfill(job: Job) -> None:
        start = b""
        while True:
            transaction = cloud.store.begin()
            found = _find(transaction, job.payload)
            if found is None:
                return
            table, index = found
            start = _fill(transaction, table, index, start)
            if not start:
                _save(transaction, table, msgspec.structs.replace(index.row, status="ACTIVE"))
            await cloud.store.commit(transaction)
            if not start:
                return

    async def remove(job: Job) -> None:
        transaction = cloud.store.begin()
        found = _find(transaction, job.payload)
        if found is None:
            return
        table, index = found
        transaction.delete_range(INDEXES, index.prefix, after(index.prefix))
        _count(transaction, table, index, None, 0)
        _save(transaction, table, None, removed=index.name)
        await cloud.store.commit(transaction)

    cloud.jobs.register(BACKFILL, backfill)
    cloud.jobs.register(REMOVE, remove)


def _schedule(call: Call, kind: str, row: TableRow, index: IndexRow) -> None:
    payload = {"region": row.region, "table": row.name, "uuid": row.uuid, "index": index.name, "number": index.number}
    call.cloud.jobs.schedule(call.transaction, kind, f"{row.uuid}/{index.number}", payload)


def _find(transaction: Transaction, payload: dict[str, Any]) -> tuple[Table, Index] | None:
    """Answer the table and the index of a job, unless either has gone meanwhile."""
    table = find_table(transaction, payload["region"], payload["table"])
    if table is None or table.row.uuid != payload["uuid"]:
        return None
    index = next((index for index in table.indexes if index.row.number == payload["number"]), None)
    return None if index is None else (table, index)


def _fill(transaction: Transaction, table: Table, index: Index, start: bytes) -> bytes:
    """Put a chunk of items into an index and answer where the next chunk begins; nothing when all are done."""
    items = size = seen = 0
    for key, raw in transaction.scan(ITEMS, start or table.uuid, after(table.uuid)):
        if seen == _CHUNK:
            _count(transaction, table, index, items, size)
            return key
        seen += 1
        item = orjson.loads(raw[4:])
        entry: Stored | None = index_entry(index, item, unpack(raw))
        # An item whose attribute has the wrong type is left out, as AWS does.
        if entry is None:
            continue
        place = index.prefix + index.key.place(item) + key[len(table.uuid) :]
        if transaction.get(INDEXES, place) is None:
            transaction.put(INDEXES, place, entry.packed())
            items, size = items + 1, size + entry.size
    _count(transaction, table, index, items, size)
    return b""


def _count(transaction: Transaction, table: Table, index: Index, items: int | None, size: int) -> None:
    """Add to an index's counts; None sets them to nothing."""
    counts = unpack_counts(transaction.get(COUNTS, table.uuid), table.count_places)
    before = counts[index.count_place]
    counts[index.count_place] = (0, 0) if items is None else (before[0] + items, before[1] + size)
    transaction.put(COUNTS, table.uuid, pack_counts(counts))


def _save(transaction: Transaction, table: Table, changed: IndexRow | None, removed: str = "") -> None:
    row = table.row
    indexes = tuple(
        changed if changed is not None and index.number == changed.number else index
        for index in row.indexes
        if index.name != removed
    )
    keys = {row.hash, row.range, *(name for index in indexes for name in (*index.hashes, *index.ranges))}
    attributes = tuple((name, kind) for name, kind in row.attributes if name in keys)
    save_table(transaction, msgspec.structs.replace(row, indexes=indexes, attributes=attributes))
