"""What REST protocols share: which members travel in the path, the query string, the headers and the body."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tailrace.wire import text
from tailrace.wire.conversion import Malformed
from tailrace.wire.definition import Member, Shape
from tailrace.wire.message import Request
from tailrace.wire.model import Operation

_FIELDS_MAX = 1000
_HEADER_TIMES = "rfc822"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def query_of(request: Request) -> dict[str, list[str]]:
    """Answer the query string's fields, each with its values in order. Raises Malformed."""
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(request.query, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise Malformed("The query string has too many members.") from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


class Places:
    """Where the members of a structure travel."""

    def __init__(self, operation: Operation, shape: Shape) -> None:
        self._shapes = operation.model.shapes
        members = shape.members.items()
        self.labels = [(name, member) for name, member in members if member.location == "uri"]
        self.fields = [(name, member) for name, member in members if member.location == "querystring"]
        self.headers = [(name, member) for name, member in members if member.location == "header"]
        self.prefixes = [(name, member) for name, member in members if member.location == "headers"]
        self.status = next((name for name, member in members if member.location == "statusCode"), None)
        self.body = {name: member for name, member in members if member.location is None}
        self.payload = (shape.payload, shape.members[shape.payload]) if shape.payload else None

    def shape_of(self, member: Member) -> Shape:
        """Answer a member's shape."""
        return self._shapes[member.shape]

    def read(self, request: Request) -> dict[str, Any]:
        """Answer the members that travel outside the body. Raises Malformed."""
        params: dict[str, Any] = {}
        for name, member in self.labels:
            found = request.labels.get(member.location_name or name)
            if found is not None:
                params[name] = text.read(self.shape_of(member), found)
        if self.fields and request.query:
            params.update(self._fields(query_of(request)))
        for name, member in self.headers:
            value = request.headers.get((member.location_name or name).lower())
            if value is not None:
                params[name] = self._header(member, value)
        for name, member in self.prefixes:
            start = (member.location_name or "").lower()
            found_all = {key[len(start) :]: value for key, value in request.headers.items() if key.startswith(start)}
            if found_all:
                params[name] = found_all
        return params

    def _fields(self, fields: Mapping[str, list[str]]) -> Iterator[tuple[str, Any]]:
        named = {member.location_name or name for name, member in self.fields}
        for name, member in self.fields:
            shape = self.shape_of(member)
            if shape.type == "map":
                rest = {key: values[0] for key, values in fields.items() if key not in named}
                if rest:
                    yield name, rest
                continue
            values = fields.get(member.location_name or name)
            if values is None:
                continue
            if shape.type == "list" and shape.member is not None:
                each = self._shapes[shape.member.shape]
                yield name, [text.read(each, value) for value in values]
            else:
                yield name, text.read(shape, values[0])

    def _header(self, member: Member, value: str) -> Any:
        shape = self.shape_of(member)
        if shape.type == "list" and shape.member is not None:
            each = self._shapes[shape.member.shape]
            return [text.read(each, part.strip()) for part in value.split(",") if part.strip()]
        return text.read(shape, value)

    def write(self, result: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Answer the headers of a result."""
        headers = []
        for name, member in self.headers:
            value = result.get(name)
            if value is not None:
                headers.append((member.location_name or name, self._header_text(member, value)))
        for name, member in self.prefixes:
            start = member.location_name or ""
            headers += [(_line(f"{start}{key}"), _line(str(value))) for key, value in (result.get(name) or {}).items()]
        return headers

    def _header_text(self, member: Member, value: Any) -> str:
        shape = self.shape_of(member)
        if isinstance(value, list):
            return _line(",".join(str(each) for each in value))
        return _line(text.write(value, shape, member.timestamp_format or shape.timestamp_format or _HEADER_TIMES))


def _line(value: str) -> str:
    """A header's value is one line, whatever a client has asked to have in it."""
    return value if value.isprintable() else _CONTROLS.sub(" ", value)
