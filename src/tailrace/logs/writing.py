"""PutLogEvents: what is taken and what is turned away, and the bounds on what is kept.

A group that has grown too large loses its oldest streams; one stream that is too large by itself, its oldest events.
"""

from itertools import pairwise
from typing import Any

import msgspec

from tailrace.logs import event
from tailrace.logs.event import END, OVERHEAD_BYTES, START, Event, Position
from tailrace.logs.group import GROUPS, STREAMS, Group, Stream, find_group, find_stream, invalid, stream_key, streams_of
from tailrace.logs.registry import SERVICE
from tailrace.service.call import Call

GROUP_BYTES_MAX = 64 * 2**20
_GROUP_BYTES_AFTER = 48 * 2**20
_CALL_BYTES_MAX = 1_048_576
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_AHEAD_MS_MAX = 2 * _HOUR_MS
_OLD_MS_MAX = 14 * _DAY_MS


@SERVICE.operation("PutLogEvents")
def put_log_events(call: Call) -> dict[str, Any]:
    """Add events to a stream; those that are too old or too new are turned away, the others are taken."""
    group, events = find_group(call), call.params["logEvents"]
    stream = find_stream(call, group)
    _check(events)
    oldest_ms = horizon_ms(group, call.now_ms)
    turned_away: dict[str, int] = {}
    number, size = stream.next_number, 0
    taken: list[Position] = []
    for index, given in enumerate(events):
        time_ms = given["timestamp"]
        if time_ms > call.now_ms + _AHEAD_MS_MAX:
            turned_away.setdefault("tooNewLogEventStartIndex", index)
        elif time_ms < oldest_ms:
            turned_away["expiredLogEventEndIndex"] = index + 1
        elif time_ms < call.now_ms - _OLD_MS_MAX:
            turned_away["tooOldLogEventEndIndex"] = index + 1
        else:
            entry = Event(Position(time_ms, number), call.now_ms, given["message"])
            event.put(call.transaction, group, stream, entry)
            taken.append(entry.position)
            number += 1
            size += entry.size_bytes
    if taken:
        _grow(call, group, stream, taken, number, size)
    answer: dict[str, Any] = {"nextSequenceToken": f"{number:056d}"}
    if turned_away:
        answer["rejectedLogEventsInfo"] = turned_away
    return answer


def horizon_ms(group: Group, now_ms: int) -> int:
    """Answer the time in milliseconds before which a group's events have expired."""
    return 0 if group.retention_days is None else now_ms - group.retention_days * _DAY_MS


def _check(events: list[dict[str, Any]]) -> None:
    times = [given["timestamp"] for given in events]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > _DAY_MS:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    size = sum(len(given["message"].encode()) + OVERHEAD_BYTES for given in events)
    if size > _CALL_BYTES_MAX:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {_CALL_BYTES_MAX}")


def _grow(call: Call, group: Group, stream: Stream, taken: list[Position], number: int, size: int) -> None:
    first_ms, last_ms = taken[0].time_ms, taken[-1].time_ms
    stream = msgspec.structs.replace(
        stream,
        first_ms=first_ms if stream.first_ms is None else min(stream.first_ms, first_ms),
        last_ms=last_ms if stream.last_ms is None else max(stream.last_ms, last_ms),
        ingested_ms=call.now_ms,
        next_number=number,
        size_bytes=stream.size_bytes + size,
    )
    STREAMS.put(call.transaction, stream_key(group, stream.name), stream)
    size_bytes = group.size_bytes + size
    if size_bytes > GROUP_BYTES_MAX:
        size_bytes -= _shrink(call, group, stream, size_bytes - _GROUP_BYTES_AFTER)
    GROUPS.put(call.transaction, group.key, msgspec.structs.replace(group, size_bytes=size_bytes))


def _shrink(call: Call, group: Group, current: Stream, excess: int) -> int:
    """Remove what is oldest and answer how many bytes that was."""
    removed = 0
    for stream in sorted(streams_of(call, group), key=lambda each: each.ingested_ms or 0):
        if removed >= excess:
            return removed
        if stream.id != current.id:
            event.drop(call.transaction, group, stream)
            STREAMS.delete(call.transaction, stream_key(group, stream.name))
            removed += stream.size_bytes
    return removed + _shorten(call, group, current, excess - removed)


def _shorten(call: Call, group: Group, stream: Stream, excess: int) -> int:
    removed = 0
    for entry in event.scan(call.transaction, group, stream, START, END):
        if removed >= excess:
            event.drop(call.transaction, group, stream, entry.position)
            after = msgspec.structs.replace(
                stream, first_ms=entry.position.time_ms, size_bytes=stream.size_bytes - removed
            )
            STREAMS.put(call.transaction, stream_key(group, stream.name), after)
            break
        removed += entry.size_bytes
    return removed
