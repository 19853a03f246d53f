"""GetRecords: the records after an iterator's place, how far behind it is, and where to go on."""

from datetime import UTC, datetime
from typing import Any

from tailrace.engine.block import Entry
from tailrace.engine.log import Log
from tailrace.kinesis.iterators import missing_shard
from tailrace.kinesis.layout import Layout, Shard, children, shard_id
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import LAYOUTS, STREAMS, Stream, invalid
from tailrace.kinesis.token import ShardIterator, opened, sealed
from tailrace.service.call import Call
from tailrace.service.fault import Fault
from tailrace.service.kinesis_record import SEQUENCE_SHIFT, TIME_SHIFT, decode, shard_base
from tailrace.wire.errors import AwsError

ITERATOR_LIFE_MS = 300_000
ANSWER_BYTES_MAX = 10 * 2**20
RECORDS_MAX = 10_000


@SERVICE.operation("GetRecords")
def get_records(call: Call) -> dict[str, Any]:
    """Answer up to 10 000 records or 10 MiB from an iterator on."""
    place = _place(call)
    stream, layout, shard = _shard(call, place)
    if call.cloud.faults.strikes(Fault.KINESIS_THROTTLE_READS):
        message = f"Rate exceeded for shard {shard.shard_id} in stream {stream.name} under account {stream.account}."
        raise AwsError("ProvisionedThroughputExceededException", message)
    log = call.transaction.log(stream.log_id(shard))
    entries = _read(log, place.after, call.params.get("Limit", RECORDS_MAX), stream.horizon_ms(call.now_ms))
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")
    last = entries[-1].sequence if entries else max(place.after, log.tail - 1)
    behind_ms = max(0, call.now_ms - entries[-1].time_ms) if entries and last < log.head else 0
    answer: dict[str, Any] = {"Records": _records(shard, entries), "MillisBehindLatest": behind_ms}
    if shard.open or last < log.head:
        following = ShardIterator(call.now_ms, call.region, stream.name, stream.id, shard.index, last)
        answer["NextShardIterator"] = sealed(following)
    else:
        answer["ChildShards"] = [_child(child) for child in children(layout, shard)]
    _meter(call, stream, entries, behind_ms)
    return answer


def _place(call: Call) -> ShardIterator:
    place = opened(call.params["ShardIterator"])
    if not isinstance(place, ShardIterator) or place.issued_ms > call.now_ms or place.region != call.region:
        raise invalid("Invalid ShardIterator.")
    if call.now_ms - place.issued_ms > ITERATOR_LIFE_MS or call.cloud.faults.strikes(Fault.KINESIS_ITERATOR):
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {_amazon_time(place.issued_ms)} while right now "
            f"it is {_amazon_time(call.now_ms)} which is further in the future than the tolerated delay of "
            f"{ITERATOR_LIFE_MS} milliseconds.",
        )
    return place


def _amazon_time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def _shard(call: Call, place: ShardIterator) -> tuple[Stream, Layout, Shard]:
    stream = STREAMS.get(call.transaction, call.key(place.stream))
    layout = LAYOUTS.get(call.transaction, call.key(place.stream))
    shard = layout.shard(place.shard) if layout is not None else None
    if stream is None or layout is None or shard is None or stream.id != place.stream_id:
        raise missing_shard(place.shard, place.stream, call.account)
    return stream, layout, shard


def _read(log: Log, after: int, limit: int, horizon_ms: int) -> list[Entry]:
    entries = log.read(after, limit, ANSWER_BYTES_MAX)
    if entries and entries[0].time_ms < horizon_ms:
        # Past the retention period, though not cleared away yet: on AWS these are gone.
        entries = log.read(max(after, log.at_time(horizon_ms) - 1), limit, ANSWER_BYTES_MAX)
    return entries


def _records(shard: Shard, entries: list[Entry]) -> list[dict[str, Any]]:
    base = shard_base(shard.created_s, shard.index)
    records = []
    for entry in entries:
        partition_key, data = decode(entry.data)
        second = entry.time_ms // 1000
        records.append(
            {
                "SequenceNumber": str(base + (entry.sequence << SEQUENCE_SHIFT) + (second << TIME_SHIFT)),
                "ApproximateArrivalTimestamp": entry.time_ms / 1000,
                "Data": data,
                "PartitionKey": partition_key,
            }
        )
    return records


def _child(child: Shard) -> dict[str, Any]:
    return {
        "ShardId": child.shard_id,
        "ParentShards": [shard_id(index) for index in (child.parent, child.adjacent) if index is not None],
        "HashKeyRange": {"StartingHashKey": child.first, "EndingHashKey": child.last},
    }


def _meter(call: Call, stream: Stream, entries: list[Entry], behind_ms: int) -> None:
    meter, dimensions = call.cloud.meter, {"StreamName": stream.name}
    size = sum([len(entry.data) for entry in entries])
    meter(call.region, "AWS/Kinesis", "GetRecords.Success", dimensions, 1)
    meter(call.region, "AWS/Kinesis", "GetRecords.Records", dimensions, len(entries))
    meter(call.region, "AWS/Kinesis", "GetRecords.Bytes", dimensions, size, "Bytes")
    meter(call.region, "AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", dimensions, behind_ms, "Milliseconds")
