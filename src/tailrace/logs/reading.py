"""GetLogEvents and FilterLogEvents."""

import base64
import binascii
import heapq
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tailrace.logs import event
from tailrace.logs.event import END, Event, Position
from tailrace.logs.group import Group, Stream, find_group, find_stream, invalid, streams_of
from tailrace.logs.pattern import compiled
from tailrace.logs.registry import SERVICE
from tailrace.logs.writing import horizon_ms
from tailrace.service.call import Call

_EVENTS_MAX = 10_000
_ANSWER_BYTES_MAX = 2**20
_TOKEN = re.compile(r"(?P<way>[fb])/(?P<time>\d{20})(?P<number>\d{36})/s$")
_BAD_TOKEN = "The specified nextToken is invalid."


@SERVICE.operation("GetLogEvents")
def get_log_events(call: Call) -> dict[str, Any]:
    """Answer a stream's events in the order of their times: the last ones, or from the head, or on from a token."""
    params, group = call.params, find_group(call)
    stream = find_stream(call, group)
    forward = bool(params.get("startFromHead"))
    start = Position(max(params.get("startTime", 0), horizon_ms(group, call.now_ms)), 0)
    stop = Position(params["endTime"], 0) if "endTime" in params else END
    cursor, token = start, params.get("nextToken")
    if token is not None:
        forward, cursor = _read_token(token)
        start, stop = (max(start, cursor), stop) if forward else (start, min(stop, cursor))
    found = event.scan(call.transaction, group, stream, start, stop, reverse=not forward) if start < stop else iter(())
    events = _some(found, params.get("limit", _EVENTS_MAX))
    if not forward:
        events.reverse()
    # A token is a place between events: forwards from there, or backwards. Where nothing is found it stays.
    return {
        "events": [_shown(each) for each in events],
        "nextForwardToken": _token("f", _behind(events[-1].position) if events else cursor),
        "nextBackwardToken": _token("b", events[0].position if events else cursor),
    }


@SERVICE.operation("FilterLogEvents")
def filter_log_events(call: Call) -> dict[str, Any]:
    """Answer the events of a group's streams that match a pattern, in the order of their times."""
    params, group = call.params, find_group(call)
    if params.get("logStreamNames") and params.get("logStreamNamePrefix"):
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    pattern = compiled(params.get("filterPattern", ""))
    start = Position(max(params.get("startTime", 0), horizon_ms(group, call.now_ms)), 0)
    stop = Position(params["endTime"] + 1, 0) if "endTime" in params else END
    after = _read_place(params["nextToken"]) if "nextToken" in params else None
    streams = streams_of(call, group, params.get("logStreamNamePrefix", ""))
    if names := params.get("logStreamNames"):
        streams = [stream for stream in streams if stream.name in names]
    every = heapq.merge(*(_placed(call, group, stream, start, stop, after) for stream in streams))
    matching = ((place, found) for place, found in every if pattern.matches(found.message))
    limit = params.get("limit", _EVENTS_MAX)
    answer: dict[str, Any] = {"events": [], "searchedLogStreams": []}
    ids = {stream.name: stream.id for stream in streams}
    size, last = 0, None
    for place, found in matching:
        size += found.size_bytes
        if last is not None and (len(answer["events"]) >= limit or size > _ANSWER_BYTES_MAX):
            answer["nextToken"] = _write_place(*last)
            break
        time_ms, name, number = last = place
        event_id = f"{time_ms:020d}{ids[name]:019d}{number:017d}"
        answer["events"].append({"logStreamName": name, **_shown(found), "eventId": event_id})
    return answer


def _placed(
    call: Call, group: Group, stream: Stream, start: Position, stop: Position, after: tuple[int, str, int] | None
) -> Iterator[tuple[tuple[int, str, int], Event]]:
    first = start if after is None else max(start, Position(after[0], 0))
    if first >= stop:
        return
    for found in event.scan(call.transaction, group, stream, first, stop):
        place = (found.position.time_ms, stream.name, found.position.number)
        if after is None or place > after:
            yield place, found


def _some(found: Iterator[Event], limit: int) -> list[Event]:
    events: list[Event] = []
    size = 0
    for each in islice(found, limit):
        size += each.size_bytes
        if size > _ANSWER_BYTES_MAX and events:
            break
        events.append(each)
    return events


def _shown(found: Event) -> dict[str, Any]:
    return {"timestamp": found.position.time_ms, "message": found.message, "ingestionTime": found.ingested_ms}


def _token(way: str, position: Position) -> str:
    return f"{way}/{position.time_ms:020d}{position.number:036d}/s"


def _behind(position: Position) -> Position:
    return position._replace(number=position.number + 1)


def _read_token(token: str) -> tuple[bool, Position]:
    found = _TOKEN.match(token)
    if found is None:
        raise invalid(_BAD_TOKEN)
    return found["way"] == "f", Position(int(found["time"]), int(found["number"]))


def _write_place(time_ms: int, name: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{time_ms}:{number}:{name}".encode()).decode()


def _read_place(token: str) -> tuple[int, str, int]:
    try:
        time_ms, number, name = base64.urlsafe_b64decode(token.encode()).decode().split(":", 2)
        return int(time_ms), name, int(number)
    except (binascii.Error, ValueError):
        raise invalid(_BAD_TOKEN) from None
