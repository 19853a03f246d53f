"""Log events in the store: by group, stream, time and number, so that they come back in the order of their times."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.logs.group import Group, Stream

EVENTS = Space("logs/events")
OVERHEAD_BYTES = 26  # what CloudWatch adds for each event when it counts
_STREAM = struct.Struct(">QQ")
_KEY = struct.Struct(">QQQQ")
_TIME = struct.Struct(">Q")
_LAST = 2**64 - 1


class Position(NamedTuple):
    """Where an event stands in its stream: its time in milliseconds, and its number among all that came."""

    time_ms: int
    number: int


START = Position(0, 0)
END = Position(_LAST, _LAST)


class Event(NamedTuple):
    """A log event."""

    position: Position
    ingested_ms: int
    message: str

    @property
    def size_bytes(self) -> int:
        """Its size as CloudWatch counts."""
        return len(self.message.encode()) + OVERHEAD_BYTES


def put(transaction: Transaction, group: Group, stream: Stream, event: Event) -> None:
    """Stage an event."""
    key = _KEY.pack(group.id, stream.id, *event.position)
    transaction.put(EVENTS, key, _TIME.pack(event.ingested_ms) + event.message.encode())


def scan(
    transaction: Transaction, group: Group, stream: Stream, start: Position, stop: Position, *, reverse: bool = False
) -> Iterator[Event]:
    """Answer the events of a stream with start <= position < stop, in order or backwards."""
    first, last = (_KEY.pack(group.id, stream.id, *position) for position in (start, stop))
    for key, value in transaction.scan(EVENTS, first, last, reverse=reverse):
        _, _, time_ms, number = _KEY.unpack(key)
        yield Event(Position(time_ms, number), _TIME.unpack_from(value)[0], value[_TIME.size :].decode())


def drop(transaction: Transaction, group: Group, stream: Stream, before: Position = END) -> None:
    """Stage the removal of a stream's events before a position."""
    start = _STREAM.pack(group.id, stream.id)
    transaction.delete_range(EVENTS, start, _KEY.pack(group.id, stream.id, *before))
