"""What has happened to a stack and its resources, in order; no two events at the same millisecond."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction

STACK_TYPE = "AWS::CloudFormation::Stack"
_DIGITS = 10


class EventRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event."""

    id: str
    stack_id: str
    stack_name: str
    logical_id: str
    physical_id: str
    type: str
    at_ms: int
    status: str
    reason: str | None = None
    properties: str | None = None
    token: str | None = None


_SPACE = "cloudformation/events"
EVENTS = Rows(_SPACE, EventRow)
_decode = msgspec.json.Decoder(EventRow).decode


def record(transaction: Transaction, *, stack_key: str, now_ms: int, **members: Any) -> None:
    """Stage an event. ``members`` are those of the row but for the id and the time."""
    last = next(newest_first(transaction, stack_key), None)
    number, at_ms = (1, now_ms) if last is None else (last[0] + 1, max(now_ms, last[1].at_ms + 1))
    event = EventRow(id=_identity(number, at_ms, members), at_ms=at_ms, **members)
    EVENTS.put(transaction, f"{stack_key}/{number:0{_DIGITS}d}", event)


def _identity(number: int, at_ms: int, members: dict[str, Any]) -> str:
    # Clients tell events apart by their id alone.
    if members["type"] == STACK_TYPE:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{members['stack_id']}/{number}"))
    return f"{members['logical_id']}-{members['status']}-{iso_time(at_ms)}"


def iso_time(at_ms: int) -> str:
    """Answer an instant in ISO 8601: 2026-01-02T03:04:05.678Z."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def newest_first(transaction: Transaction, stack_key: str, before: int | None = None) -> Iterator[tuple[int, EventRow]]:
    """Answer a stack's events with their numbers, the newest first; only those before a number, if one is given."""
    start = f"{stack_key}/".encode()
    stop = f"{stack_key}/{before:0{_DIGITS}d}".encode() if before is not None else f"{stack_key}0".encode()
    for key, raw in transaction.scan(Space(_SPACE), start, stop, reverse=True):
        yield int(key[-_DIGITS:]), _decode(raw)


def shown(event: EventRow) -> dict[str, Any]:
    """Answer an event as AWS shows it."""
    members = {
        "StackId": event.stack_id,
        "EventId": event.id,
        "StackName": event.stack_name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.at_ms / 1000,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
    }
    return {name: value for name, value in members.items() if value is not None}
