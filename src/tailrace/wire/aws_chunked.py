"""aws-chunked bodies of S3: pieces with a size line each, signed or not, and checksums after the last one.

A decoder is fed as bytes arrive and answers the object's bytes; nothing is kept but a line (S3 API, "Signature
Calculations: Transferring Payload in Multiple Chunks" and "… with trailing headers").
"""

import hashlib
import hmac
from collections.abc import Iterator
from enum import Enum

from tailrace.wire.canonical import EMPTY_SHA256
from tailrace.wire.distrust import Distrust
from tailrace.wire.errors import AwsError
from tailrace.wire.sigv4 import Signed, sign

STREAMING = "STREAMING-"
_LINE_BYTES_MAX = 512
_TRAILERS_MAX = 16
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_CHUNK = "AWS4-HMAC-SHA256-PAYLOAD"
_TRAILER = "AWS4-HMAC-SHA256-TRAILER"


class _At(Enum):
    SIZE = "a size line"
    DATA = "data"
    DATA_END = "the end of a chunk"
    TRAILER = "a trailing header"
    END = "the end"


def malformed_trailer() -> AwsError:
    """The error for a body whose pieces, or what follows them, can't be read."""
    return AwsError(
        "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )


def incomplete() -> AwsError:
    """The error for a body that ended too early, or was longer than announced."""
    return AwsError(
        "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )


class AwsChunked:
    """Decode one body. With ``signed`` given, every chunk's signature is verified, and that of the trailers."""

    def __init__(self, decoded_size: int | None, signed: Signed | None = None) -> None:
        self._expected = decoded_size
        self._signed = signed
        self._previous = signed.signature if signed else ""
        self._at = _At.SIZE
        self._line = bytearray()
        self._left = 0
        self._claimed = ""
        self._hash = hashlib.sha256()
        self._has_trailer_signature = False
        self.size = 0
        self.trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> Iterator[memoryview]:
        """Take the next bytes of the body and answer the object's bytes in them. Raises AwsError, Distrust."""
        view = memoryview(data)
        position = 0
        while position < len(view):
            if self._at is _At.DATA:
                piece = view[position : position + self._left]
                position += len(piece)
                self._take(piece)
                yield piece
            elif self._at is _At.END:
                raise malformed_trailer()
            else:
                end = data.find(b"\n", position)
                stop = len(view) if end < 0 else end + 1
                self._line += view[position:stop]
                position = stop
                if len(self._line) > _LINE_BYTES_MAX:
                    raise malformed_trailer()
                if end >= 0:
                    self._end_line()

    def close(self) -> None:
        """Take the end of the body. Raises AwsError IncompleteBody when more was to come."""
        if self._at is not _At.END or (self._expected is not None and self.size != self._expected):
            raise incomplete()

    def _take(self, piece: memoryview) -> None:
        self._left -= len(piece)
        self.size += len(piece)
        if self._expected is not None and self.size > self._expected:
            raise incomplete()
        if self._signed is not None:
            self._hash.update(piece)
        if not self._left:
            self._at = _At.DATA_END

    def _end_line(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        if not line.endswith(b"\r\n"):
            raise malformed_trailer()
        text = line[:-2].decode("latin-1")
        if self._at is _At.SIZE:
            self._begin_chunk(text)
        elif self._at is _At.DATA_END:
            if text:
                raise malformed_trailer()
            self._check_chunk()
            self._at = _At.SIZE
        else:
            self._trailing(text)

    def _begin_chunk(self, text: str) -> None:
        size, _, extension = text.partition(";")
        if not 1 <= len(size) <= 12 or not all(digit in "0123456789abcdefABCDEF" for digit in size):
            raise malformed_trailer()
        self._left = int(size, 16)
        self._claimed = extension.removeprefix("chunk-signature=")
        self._at = _At.DATA
        if not self._left:
            self._check_chunk()
            self._at = _At.TRAILER

    def _check_chunk(self) -> None:
        if self._signed is None:
            return
        self._previous = self._checked(_CHUNK, f"{EMPTY_SHA256}\n{self._hash.hexdigest()}", self._claimed)
        self._hash = hashlib.sha256()

    def _checked(self, kind: str, rest: str, claimed: str) -> str:
        assert self._signed is not None
        text = f"{kind}\n{self._signed.instant}\n{self._signed.scope}\n{self._previous}\n{rest}"
        signature = sign(self._signed.key, text)
        if not hmac.compare_digest(signature.encode(), claimed.encode()):
            raise Distrust(
                "mismatch",
                AWSAccessKeyId=self._signed.claim.access_key,
                StringToSign=text,
                SignatureProvided=claimed,
            )
        return signature

    def _trailing(self, text: str) -> None:
        if not text:
            if self.trailers and self._signed is not None and not self._has_trailer_signature:
                raise malformed_trailer()
            self._at = _At.END
            return
        name, colon, value = text.partition(":")
        name = name.strip().lower()
        if not colon or not name or len(self.trailers) >= _TRAILERS_MAX or self._has_trailer_signature:
            raise malformed_trailer()
        if name != _TRAILER_SIGNATURE:
            self.trailers[name] = value.strip()
            return
        self._has_trailer_signature = True
        if self._signed is not None:
            lines = "".join(f"{each}:{held}\n" for each, held in self.trailers.items())
            self._checked(_TRAILER, hashlib.sha256(lines.encode()).hexdigest(), value.strip())
