"""Sequence numbers in AWS's layout, with the position in the shard's log inside: from one to the other at a look.

Layout: see tailrace.service.kinesis_record. Compared as integers, never as text (Kinesis API, Record).
"""

from typing import NamedTuple

from tailrace.service.kinesis_record import (
    CREATED_SHIFT,
    MARK_SHIFT,
    NIBBLE_SHIFT,
    SEQUENCE_SHIFT,
    SHARD_SHIFT,
    TIME_SHIFT,
    VERSION,
    shard_base,
)

_CLOSING_SEQUENCE = 0x7FFFFFFFFFFFFFFF


class SequenceNumber(NamedTuple):
    """What a sequence number says: the shard, when it was created, the position in its log, the second of arrival."""

    shard: int
    created_s: int
    sequence: int
    time_s: int


def starting(created_s: int, shard: int) -> str:
    """Answer the number that a shard starts with; every record's is greater."""
    return str(shard_base(created_s, shard) + (created_s << TIME_SHIFT))


def ending(created_s: int, shard: int, closed_s: int) -> str:
    """Answer the number that a closed shard ends with; every record's is smaller."""
    return str(shard_base(created_s, shard) + (_CLOSING_SEQUENCE << SEQUENCE_SHIFT) + (closed_s << TIME_SHIFT))


def parse(text: str) -> SequenceNumber | None:
    """Answer what a number says, or None when it isn't one of this layout."""
    number = int(text)
    if number >> MARK_SHIFT != VERSION or number & 0xF != VERSION or number >> 72 & 0xFF:
        return None
    shard = number >> SHARD_SHIFT & 0xFFFFFFFF
    if shard & 0xF != number >> NIBBLE_SHIFT & 0xF:
        return None
    return SequenceNumber(
        shard=shard,
        created_s=number >> CREATED_SHIFT & (1 << 36) - 1,
        sequence=number >> SEQUENCE_SHIFT & (1 << 64) - 1,
        time_s=number >> TIME_SHIFT & (1 << 36) - 1,
    )
