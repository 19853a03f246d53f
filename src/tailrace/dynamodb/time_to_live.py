"""UpdateTimeToLive, DescribeTimeToLive, and the background deletion of what has expired, as a service's own write."""

from itertools import islice
from typing import Any

import msgspec
import orjson

from tailrace.dynamodb.errors import validation
from tailrace.dynamodb.expiry import FIVE_YEARS_S, expires_at
from tailrace.dynamodb.key import after
from tailrace.dynamodb.layout import EXPIRIES, ITEMS, expiry_key
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.table import Table, find_table, save_table
from tailrace.dynamodb.tables import named_table
from tailrace.dynamodb.write import Writer, read_item
from tailrace.engine.job import Job
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

EXPIRE = "dynamodb/expire"
_SWEEP_MS = 60_000
_CHUNK = 100  # items between two turns of the event loop
_PAUSE_MS = 30 * 60 * 1000  # between two changes of a table's TTL (measured, ack-api-quirks DDB-TABLE-442)


@SERVICE.operation("UpdateTimeToLive")
def update_time_to_live(call: Call) -> dict[str, Any]:
    """Switch the expiry of a table's items on or off."""
    wanted = call.params["TimeToLiveSpecification"]
    attribute = wanted["AttributeName"]
    row = named_table(call).row
    if row.expires_by is None and not wanted["Enabled"]:
        raise validation("TimeToLive is already disabled")
    if row.expires_by is not None and row.expires_by != attribute:
        raise validation(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {row.expires_by}"
        )
    if row.expires_by is not None and wanted["Enabled"]:
        raise validation("TimeToLive is already enabled")
    if row.expires_since_ms and call.now_ms - row.expires_since_ms < _PAUSE_MS:
        raise validation("Time to live has been modified multiple times within a fixed interval")
    changed = msgspec.structs.replace(
        row, expires_by=attribute if wanted["Enabled"] else None, expires_since_ms=call.now_ms
    )
    table = save_table(call.transaction, changed)
    if wanted["Enabled"]:
        payload = {"region": row.region, "table": row.name, "uuid": row.uuid, "attribute": attribute, "listed": False}
        call.cloud.jobs.schedule(call.transaction, EXPIRE, row.uuid, payload)
    else:
        call.transaction.delete_range(EXPIRIES, table.uuid, after(table.uuid))
    return {"TimeToLiveSpecification": {"Enabled": wanted["Enabled"], "AttributeName": attribute}}


@SERVICE.operation("DescribeTimeToLive")
def describe_time_to_live(call: Call) -> dict[str, Any]:
    """Tell whether a table's items expire, and by which attribute."""
    attribute = named_table(call).row.expires_by
    if attribute is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}}


async def register(cloud: Cloud) -> None:
    """Say how what has expired is deleted: once a minute, for as long as the table's TTL is on."""

    async def expire(job: Job) -> None:
        payload = job.payload
        if not payload["listed"]:
            start = b""
            while (table := _find(cloud.store.begin(), payload)) is not None:
                transaction = cloud.store.begin()
                start = _list(transaction, table, payload["attribute"], start)
                await cloud.store.commit(transaction)
                if not start:
                    break
        while (table := _find(cloud.store.begin(), payload)) is not None:
            transaction = cloud.store.begin()
            deleted = delete_expired(transaction, table, cloud.clock.now(), cloud.clock.now_ms())
            if deleted < _CHUNK:
                due_ms = cloud.clock.now_ms() + _SWEEP_MS
                cloud.jobs.schedule(transaction, EXPIRE, job.id, {**payload, "listed": True}, due_ms=due_ms)
            await cloud.store.commit(transaction)
            if deleted < _CHUNK:
                return

    cloud.jobs.register(EXPIRE, expire)


def delete_expired(transaction: Transaction, table: Table, now: float, now_ms: int) -> int:
    """Delete a chunk of the items that have expired and answer their number; they cost no capacity."""
    first = expiry_key(table.uuid, max(0, int(now) - FIVE_YEARS_S))
    last = expiry_key(table.uuid, int(now) + 1)
    due = [key for key, _ in islice(transaction.scan(EXPIRIES, first, last), _CHUNK)]
    writer = Writer(transaction, table, now_ms, expired=True)
    for key in due:
        place = key[len(table.uuid) + 8 :]
        before = read_item(transaction, table, place)
        assert before.item is not None, "an expiry is removed with its item"
        writer.delete(place, table.key.locate(before.item)[1], before)
    writer.finish()
    return len(due)


def _list(transaction: Transaction, table: Table, attribute: str, start: bytes) -> bytes:
    """List the expiries of a chunk of items and answer where the next chunk begins; nothing when all are listed."""
    chunk = list(islice(transaction.scan(ITEMS, start or table.uuid, after(table.uuid)), _CHUNK))
    for key, raw in chunk:
        second = expires_at(orjson.loads(raw[4:]), attribute)
        if second is not None:
            transaction.put(EXPIRIES, expiry_key(table.uuid, second, key[len(table.uuid) :]), b"")
    return chunk[-1][0] + b"\x00" if len(chunk) == _CHUNK else b""


def _find(transaction: Transaction, payload: dict[str, Any]) -> Table | None:
    """Answer the table of a job while its items expire by the same attribute."""
    table = find_table(transaction, payload["region"], payload["table"])
    same = table is not None and table.row.uuid == payload["uuid"] and table.expires_by == payload["attribute"]
    return table if same else None
