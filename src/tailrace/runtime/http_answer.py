"""Responses as bytes: status line, headers, body. A part of a file is opened at once, before anybody can remove it."""

import time
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from tailrace.wire.message import Response, Slice

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_LENGTH = frozenset({100, 204, 304})
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class OpenSlice:
    """A part of a file, open for reading."""

    def __init__(self, found: Slice) -> None:
        """Open it. Raises FileNotFoundError."""
        self._file: BinaryIO = Path(found.path).open("rb", buffering=0)  # noqa: SIM115 - closed by close
        self._file.seek(found.start)
        self.left = found.length

    def read(self, size: int) -> bytes:
        """Answer the next bytes. Raises EOFError when the file is shorter than it should be."""
        chunk = self._file.read(min(size, self.left))
        if self.left and not chunk:
            raise EOFError(self._file.name)
        self.left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Dates:
    """The Date header, made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._text = ""

    def now(self) -> str:
        """Answer the date of now."""
        second = int(time.time())
        if second != self._second:
            self._second, self._text = second, formatdate(second, usegmt=True)
        return self._text


_DATES = Dates()


def head_of(response: Response, length: int, *, close: bool) -> bytes:
    """Answer the head of a response whose body has a length in bytes."""
    status = response.status
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
    has_length = status in _WITHOUT_LENGTH
    for name, value in response.headers:
        lines.append(f"{name}: {value}")
        has_length = has_length or name == "Content-Length"
    if not has_length:
        lines.append(f"Content-Length: {length}")
    lines.append(f"Date: {_DATES.now()}")
    if close:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
