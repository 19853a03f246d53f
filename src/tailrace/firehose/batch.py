"""Records on their way through a transformation, and the event that the function is invoked with.

A hot path: one loop takes records out of the log's form, another splices the event together as bytes.
"""

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from tailrace.engine.log import Entry
from tailrace.firehose.aggregation import MAGIC, taken_apart
from tailrace.service.kinesis_record import SEQUENCE_SHIFT, TIME_SHIFT, decode


class Record(NamedTuple):
    """One record as the function sees it; several share a sequence number when they came packed into one."""

    record_id: str
    arrival_ms: int
    data: bytes
    partition_key: str
    number: str
    sub_number: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch comes from: the shard, and the stream if it is a Kinesis stream."""

    log_id: str
    shard_id: str
    base: int
    stream_arn: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shard in their order, and how many records of the log they are."""

    origin: Origin
    records: list[Record]
    sizes: list[int] | None
    upto: int
    count: int
    first_ms: int

    @property
    def packed(self) -> bool:
        """Whether any record of the log was an aggregate; then ``sizes`` says how many each one holds."""
        return self.sizes is not None


def batch_of(origin: Origin, entries: Sequence[Entry]) -> Batch:
    """Answer the records in entries of a shard's log."""
    records: list[Record] = []
    sizes: list[int] = []
    packed = False
    base, kinesis = origin.base, origin.stream_arn is not None
    for sequence, time_ms, raw in entries:
        key, data = decode(raw) if kinesis else ("", raw)
        number = str(base + (sequence << SEQUENCE_SHIFT) + (time_ms // 1000 << TIME_SHIFT))
        parts = taken_apart(data) if kinesis and data.startswith(MAGIC) else None
        if parts is None:
            records.append(Record(number + "000000", time_ms, data, key, number, 0))
            sizes.append(1)
            continue
        packed = True
        sizes.append(len(parts))
        records += [
            Record(f"{number}{sub:06d}", time_ms, part, part_key, number, sub)
            for sub, (part_key, part) in enumerate(parts)
        ]
    return Batch(origin, records, sizes if packed else None, entries[-1].sequence, len(entries), entries[0].time_ms)


def event(batch: Batch, invocation_id: str, delivery_stream_arn: str, region: str) -> bytes:
    """Answer the event that a function is invoked with."""
    origin = batch.origin
    head = {"invocationId": invocation_id, "deliveryStreamArn": delivery_stream_arn, "region": region}
    if origin.stream_arn is not None:
        head["sourceKinesisStreamArn"] = origin.stream_arn
    part = _kinesis_part(origin.shard_id) if origin.stream_arn is not None else _direct_part
    return b'%b,"records":[%b]}' % (orjson.dumps(head)[:-1], b",".join([part(record) for record in batch.records]))


def _direct_part(record: Record) -> bytes:
    record_id, arrival_ms, data, _, _, _ = record
    return b'{"recordId":"%b","approximateArrivalTimestamp":%d,"data":"%b"}' % (
        record_id.encode(),
        arrival_ms,
        b2a_base64(data, newline=False),
    )


def _kinesis_part(shard_id: str) -> Callable[[Record], bytes]:
    form = (
        b'{"recordId":"%b","approximateArrivalTimestamp":%d,"data":"%b","kinesisRecordMetadata":'
        b'{"sequenceNumber":"%b","subsequenceNumber":%d,"partitionKey":%b,"shardId":"'
        + shard_id.encode()
        + b'","approximateArrivalTimestamp":%d}}'
    )
    dumps = orjson.dumps

    def part(record: Record) -> bytes:
        record_id, arrival_ms, data, key, number, sub = record
        return form % (
            record_id.encode(),
            arrival_ms,
            b2a_base64(data, newline=False),
            number.encode(),
            sub,
            dumps(key),
            arrival_ms,
        )

    return part


def data_of(origin: Origin, entries: Sequence[Entry]) -> list[bytes]:
    """Answer only the data in entries of a shard's log, for when nothing transforms it."""
    if origin.stream_arn is None:
        return [entry[2] for entry in entries]
    found: list[bytes] = []
    for entry in entries:
        data = decode(entry[2])[1]
        parts = taken_apart(data) if data.startswith(MAGIC) else None
        if parts is None:
            found.append(data)
        else:
            found += [part for _, part in parts]
    return found
