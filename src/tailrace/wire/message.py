"""A request and a response as values, whatever socket they came from or go to."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec


class Slice(Protocol):
    """A part of a file that is sent as a body, such as ``tailrace.engine.files.FileSlice``."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def start(self) -> int:
        """The first byte's position."""

    @property
    def length(self) -> int:
        """How many bytes."""


class Request(msgspec.Struct):
    """A request: path and query as they were sent (percent-encoded), header names in lower case.

    ``staged`` holds a body that was streamed into a file, and ``body`` is then empty. ``labels`` are the members that
    the route found in the path, decoded.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    staged: Any = None
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)


class Response(msgspec.Struct):
    """A response: headers in order, body bytes or a part of a file."""

    status: int
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    body: bytes | Slice = b""
