"""Records on their way through a transformation, and the event that the function is invoked with.

A hot path: the records are the event's own, encoded with their base64 in one go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tailrace.engine.block import Entry
from tailrace.firehose.aggregation import MAGIC, taken_apart
from tailrace.service.kinesis_record import SEQUENCE_SHIFT, TIME_SHIFT, decode

UNSET = msgspec.UNSET
_encode = msgspec.json.Encoder().encode


class Metadata(msgspec.Struct, rename="camel", gc=False):
    """What an event says of a record's place in a Kinesis stream."""

    sequence_number: str
    subsequence_number: int
    partition_key: str
    shard_id: str
    approximate_arrival_timestamp: int


class Record(msgspec.Struct, rename="camel", gc=False):
    """One record as the function sees it; several share a sequence number when they came packed into one."""

    record_id: str
    approximate_arrival_timestamp: int
    data: bytes
    kinesis_record_metadata: Metadata | msgspec.UnsetType = UNSET


class _Event(msgspec.Struct, rename="camel", gc=False):
    invocation_id: str
    delivery_stream_arn: str
    region: str
    records: list[Record]
    source_kinesis_stream_arn: str | msgspec.UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch comes from: the shard, and the stream if it is a Kinesis stream."""

    log_id: str
    shard_id: str
    base: int
    stream_arn: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shard in order. ``sizes`` says how many each record of the log holds, if any came packed."""

    origin: Origin
    records: list[Record]
    sizes: list[int] | None
    upto: int
    count: int
    first_ms: int


def batch_of(origin: Origin, entries: Sequence[Entry]) -> Batch:
    """Answer the records in entries of a shard's log."""
    records: list[Record] = []
    sizes: list[int] | None = None
    base, kinesis, shard_id = origin.base, origin.stream_arn is not None, origin.shard_id
    for entry in entries:
        sequence, time_ms, raw = entry.sequence, entry.time_ms, entry.data
        number = str(base + (sequence << SEQUENCE_SHIFT) + (time_ms // 1000 << TIME_SHIFT))
        if not kinesis:
            records.append(Record(number + "000000", time_ms, raw))
            continue
        key, data = decode(raw)
        parts = taken_apart(data) if data.startswith(MAGIC) else None
        if parts is not None and sizes is None:
            sizes = [1] * len(records)
        if parts is None:
            records.append(Record(number + "000000", time_ms, data, Metadata(number, 0, key, shard_id, time_ms)))
        else:
            records += [
                Record(f"{number}{sub:06d}", time_ms, part, Metadata(number, sub, part_key, shard_id, time_ms))
                for sub, (part_key, part) in enumerate(parts)
            ]
        if sizes is not None:
            sizes.append(1 if parts is None else len(parts))
    return Batch(origin, records, sizes, entries[-1].sequence, len(entries), entries[0].time_ms)


def event(batch: Batch, invocation_id: str, delivery_stream_arn: str, region: str) -> bytes:
    """Answer the event that a function is invoked with."""
    source = UNSET if batch.origin.stream_arn is None else batch.origin.stream_arn
    return _encode(_Event(invocation_id, delivery_stream_arn, region, batch.records, source))


def data_of(origin: Origin, entries: Sequence[Entry]) -> list[bytes]:
    """Answer only the data in entries of a shard's log, for when nothing transforms it."""
    if origin.stream_arn is None:
        return [entry.data for entry in entries]
    found: list[bytes] = []
    for entry in entries:
        data = decode(entry.data)[1]
        parts = taken_apart(data) if data.startswith(MAGIC) else None
        if parts is None:
            found.append(data)
        else:
            found += [part for _, part in parts]
    return found
