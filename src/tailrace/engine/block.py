"""A block: records of a log that were appended together, kept as one value: one key, one time and one write for all.

Value: the time in milliseconds (8 bytes), how many records (4), the size of each (4 each), the records. Its key ends
with the last one's sequence: the first key at or after a sequence is that of the block which holds it.
"""

import struct
from collections.abc import Iterator, Sequence

import msgspec

BYTES_MAX = 64 * 1024  # of more than one record: what a reader of a single record has to read at the most
_HEAD = struct.Struct(">QI")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One record of a log: its sequence, its time in milliseconds since the epoch, and its bytes."""

    sequence: int
    time_ms: int
    data: bytes


def blocks_of(first: int, time_ms: int, records: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Answer (sequence of the last record, value) of the blocks that hold records from a sequence on."""
    begin = size = 0
    for at, record in enumerate(records):
        size += len(record)
        if size > BYTES_MAX and at > begin:
            yield first + at - 1, _packed(time_ms, records[begin:at])
            begin, size = at, len(record)
    yield first + len(records) - 1, _packed(time_ms, records[begin:] if begin else records)


def time_of(value: bytes) -> int:
    """Answer the time of a block's records in milliseconds."""
    return int.from_bytes(value[:8], "big")


def count_of(value: bytes) -> int:
    """Answer how many records a block holds."""
    return int.from_bytes(value[8:12], "big")


def first_of(last: int, value: bytes) -> int:
    """Answer the sequence of a block's first record from that of its last."""
    return last - count_of(value) + 1


def entries_of(last: int, value: bytes, first: int) -> list[Entry]:
    """Answer the entries of a block from a sequence on; ``last`` is the sequence of its last record."""
    time_ms, count = _HEAD.unpack_from(value)
    at = _HEAD.size + 4 * count
    entries = []
    for sequence, size in enumerate(struct.unpack_from(f">{count}I", value, _HEAD.size), last - count + 1):
        end = at + size
        if sequence >= first:
            entries.append(Entry(sequence, time_ms, value[at:end]))
        at = end
    return entries


def _packed(time_ms: int, records: Sequence[bytes]) -> bytes:
    return struct.pack(f">QI{len(records)}I", time_ms, len(records), *map(len, records)) + b"".join(records)
