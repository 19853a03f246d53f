"""How long records are kept. What is past the period is never read; its room is given back within some hours."""

from typing import Any

import msgspec

from tailrace.engine.sweep import sweep_hourly
from tailrace.engine.transaction import Transaction
from tailrace.kinesis.layout import Layout, without_expired
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import STREAMS, Stream, find, invalid, layout_of, put
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

HOURS_MIN = 24
HOURS_MAX = 8760


@SERVICE.operation("IncreaseStreamRetentionPeriod")
def increase_stream_retention_period(call: Call) -> dict[str, Any]:
    """Keep records longer."""
    stream, hours = _checked(call)
    if stream.retention_hours > hours:
        raise invalid(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than existing "
            f"retention period ({stream.retention_hours} hours). Use DecreaseRetentionPeriod API."
        )
    STREAMS.put(call.transaction, stream.key, msgspec.structs.replace(stream, retention_hours=hours))
    return {}


@SERVICE.operation("DecreaseStreamRetentionPeriod")
def decrease_stream_retention_period(call: Call) -> dict[str, Any]:
    """Keep records for a shorter time; those past it are gone at once."""
    stream, hours = _checked(call)
    if stream.retention_hours < hours:
        raise invalid(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than existing "
            f"retention period ({stream.retention_hours} hours). Use IncreaseRetentionPeriod API."
        )
    stream = msgspec.structs.replace(stream, retention_hours=hours)
    STREAMS.put(call.transaction, stream.key, stream)
    clear(call.cloud, call.transaction, stream, call.now_ms)
    return {}


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Give back the room of what has expired, once an hour."""

    def sweep(transaction: Transaction, now_ms: int) -> None:
        for _, stream in list(STREAMS.scan(transaction)):
            clear(cloud, transaction, stream, now_ms)

    sweep_hourly(cloud.jobs, cloud.store, cloud.clock, "kinesis/expire", sweep)


def kept(layout: Layout, stream: Stream, now_ms: int) -> Layout:
    """Answer a layout without the shards that were closed before the oldest record kept."""
    return without_expired(layout, stream.horizon_ms(now_ms))


def clear(cloud: Cloud, transaction: Transaction, stream: Stream, now_ms: int) -> None:
    """Stage the removal of everything in a stream that is past its retention period."""
    layout = layout_of(transaction, stream)
    remaining = kept(layout, stream, now_ms)
    for shard in layout.shards:
        log = transaction.log(stream.log_id(shard))
        if shard in remaining.shards:
            log.trim(transaction, log.at_time(stream.horizon_ms(now_ms)))
        else:
            cloud.ledger.close(transaction, log)
            log.delete(transaction)
    if remaining is not layout:
        put(transaction, stream, remaining)
    changes = transaction.log(stream.layout_log)
    changes.trim(transaction, changes.head)  # only its growth is of interest


def _checked(call: Call) -> tuple[Stream, int]:
    stream, hours = find(call), call.params["RetentionPeriodHours"]
    if hours < HOURS_MIN:
        raise invalid(
            f"Minimum allowed retention period is {HOURS_MIN} hours. "
            f"Requested retention period ({hours} hours) is too short."
        )
    if hours > HOURS_MAX:
        raise invalid(
            f"Maximum allowed retention period is {HOURS_MAX} hours. "
            f"Requested retention period ({hours} hours) is too long."
        )
    return stream, hours
