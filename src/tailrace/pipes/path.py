"""Paths into an event, as templates and target parameters write them: ``$.dynamodb.Keys.pk.S``, ``$.L[0]``, ``$.L.0``.

Names and places only: no wildcards, filters or slices (user guide, "Amazon EventBridge Pipes input transformation").
"""

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

_SEGMENT = re.compile(r"[A-Za-z0-9_/:@#~ -]+|[^\x00-\x7f]+")
_PLACE = re.compile(r"\[([0-9]{1,9})\]")
_NUMBER = re.compile(r"[0-9]{1,9}")

MISSING: Any = object()
Find = Callable[[Any], Any]


class PathError(ValueError):
    """A path breaks the rules."""


def parse(path: str) -> tuple[str | int, ...]:
    """Answer the names and places of a path; a place is an int when in brackets. Raises PathError."""
    if path == "$":
        return ()
    if not path.startswith("$.") and not path.startswith("$["):
        raise PathError(f"a path starts with $.: {path}")
    steps: list[str | int] = []
    for segment in re.split(r"\.", path[1:].removeprefix(".")):
        name, places = _cut(segment)
        if name and not _is_name(name):
            raise PathError(f"a path is made of names and places like [0], without wildcards: {path}")
        if not name and (not places or steps):
            raise PathError(f"a path has an empty name: {path}")
        steps += ([name] if name else []) + places
    return tuple(steps)


def find(path: str) -> Find:
    """Answer what finds a path's value in a decoded event, or MISSING. Raises PathError."""
    steps = parse(path)

    def found(value: Any) -> Any:
        for step in steps:
            value = _step(value, step)
            if value is MISSING:
                break
        return value

    return found


def find_in_bytes(path: str) -> Callable[[bytes], Any] | None:
    """Answer what finds a path's value in an event's JSON without decoding the rest of it; None if it can't be done."""
    steps = parse(path)
    if not steps or any(isinstance(step, int) or step.isdigit() for step in steps):
        return None
    shape: Any = Any
    for step in reversed(steps):
        field = ("value", shape, msgspec.field(default=MISSING))
        shape = msgspec.defstruct("Step", [field], rename={"value": str(step)})
    decode, get = msgspec.json.Decoder(shape).decode, attrgetter(".".join(["value"] * len(steps)))

    def found(raw: bytes) -> Any:
        try:
            return get(decode(raw))
        except (msgspec.ValidationError, AttributeError):
            return MISSING  # something on the way is missing or no object

    return found


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, MISSING)
    if isinstance(value, list) and (isinstance(step, int) or _NUMBER.fullmatch(step)):
        at = int(step)
        return value[at] if at < len(value) else MISSING
    return MISSING


def _cut(segment: str) -> tuple[str, list[str | int]]:
    name = segment.partition("[")[0]
    rest = segment[len(name) :]
    places = _PLACE.findall(rest)
    if "".join(f"[{place}]" for place in places) != rest:
        raise PathError(f"a place in an array is a number in brackets: {segment}")
    return name, [int(place) for place in places]


def _is_name(name: str) -> bool:
    return "".join(_SEGMENT.findall(name)) == name
