"""What has expired by a group's retention is never read; its room is given back within some hours.

A stream that this leaves empty goes with its events: each environment of a function has one of its own.
"""

import msgspec

from tailrace.engine.sweep import sweep_hourly
from tailrace.engine.transaction import Transaction
from tailrace.logs import event
from tailrace.logs.event import END, START, Position
from tailrace.logs.group import GROUPS, STREAMS, Group, Stream, stream_key
from tailrace.logs.registry import SERVICE
from tailrace.logs.writing import horizon_ms
from tailrace.service.cloud import Cloud


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Look once an hour."""
    sweep_hourly(cloud.jobs, cloud.store, cloud.clock, "logs/expire", _sweep)


def _sweep(transaction: Transaction, now_ms: int) -> None:
    for _, group in list(GROUPS.scan(transaction)):
        before_ms = horizon_ms(group, now_ms)
        removed = 0
        for key, stream in list(STREAMS.scan(transaction, stream_key(group, ""))):
            if stream.first_ms is not None and stream.first_ms < before_ms:
                removed += _expire(transaction, group, stream, key, before_ms)
        if removed:
            after = msgspec.structs.replace(group, size_bytes=group.size_bytes - removed)
            GROUPS.put(transaction, group.key, after)


def _expire(transaction: Transaction, group: Group, stream: Stream, key: str, before_ms: int) -> int:
    """Stage the removal of a stream's events before a time and answer how many bytes that were."""
    horizon = Position(before_ms, 0)
    removed = sum(each.size_bytes for each in event.scan(transaction, group, stream, START, horizon))
    first = next(event.scan(transaction, group, stream, horizon, END), None)
    event.drop(transaction, group, stream, horizon)
    if first is None:
        STREAMS.delete(transaction, key)
    else:
        kept = msgspec.structs.replace(stream, first_ms=first.position.time_ms, size_bytes=stream.size_bytes - removed)
        STREAMS.put(transaction, key, kept)
    return removed
