"""Results to values that a codec can write, by shape: only what the codec can't write as it is gets turned.

Compiled when first asked for; most shapes need no turning at all, and then their values aren't even looked at.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tailrace.wire.definition import Member, Shape

Writer = Callable[[Any], Any]
Leaf = Callable[[Shape, str | None], Writer | None]  # (shape, timestamp format) -> how a scalar is turned


class Writers:
    """Compile writers of a service's shapes. None means that values are written as they are."""

    def __init__(self, shapes: Mapping[str, Shape], opaque: frozenset[str], leaf: Leaf) -> None:
        self._shapes = shapes
        self._opaque = opaque
        self._leaf = leaf
        self._made: dict[str, Writer | None] = {}

    def of(self, name: str) -> Writer | None:
        """Answer the writer of a shape by name."""
        if name not in self._made:
            self._made[name] = lambda value: self._again(name, value)  # a shape may hold itself
            self._made[name] = None if name in self._opaque else self._compiled(self._shapes[name])
        return self._made[name]

    def member(self, member: Member) -> Writer | None:
        """Answer the writer of a member; it may say how its timestamp is written."""
        shape = self._shapes[member.shape]
        if shape.type in ("structure", "list", "map"):
            return self.of(member.shape)
        return self._leaf(shape, member.timestamp_format or shape.timestamp_format)

    def _again(self, name: str, value: Any) -> Any:
        writer = self._made[name]
        return value if writer is None else writer(value)

    def _compiled(self, shape: Shape) -> Writer | None:
        if shape.document:
            return None
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list" and shape.member is not None:
            return _list_writer(self.member(shape.member))
        if shape.type == "map" and shape.value is not None:
            return _map_writer(self.member(shape.value))
        return self._leaf(shape, shape.timestamp_format)

    def _structure(self, shape: Shape) -> Writer | None:
        turned = {}
        for name, member in shape.members.items():
            writer, wire_name = self.member(member), member.location_name or name
            if writer is not None or wire_name != name:
                turned[name] = (wire_name, writer)
        if not turned:
            return None

        def write_structure(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            written = {}
            for name, each in value.items():
                wire_name, writer = turned.get(name, (name, None))
                written[wire_name] = each if writer is None or each is None else writer(each)
            return written

        return write_structure


def _list_writer(each: Writer | None) -> Writer | None:
    if each is None:
        return None
    return lambda value: [each(entry) for entry in value] if isinstance(value, list | tuple) else value


def _map_writer(each: Writer | None) -> Writer | None:
    if each is None:
        return None
    return lambda value: {key: each(entry) for key, entry in value.items()} if isinstance(value, dict) else value
