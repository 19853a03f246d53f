"""An object's body on its way into a file: decoded, hashed, checked against what was said; never whole in memory."""

import hashlib
from collections.abc import Mapping
from typing import Protocol

from tailrace.engine.errors import StoreFull
from tailrace.engine.files import Staged
from tailrace.runtime.http_limits import OBJECT_BYTES_MAX
from tailrace.wire.aws_chunked import STREAMING, AwsChunked, incomplete, malformed_trailer
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request
from tailrace.wire.sigv4 import Signed

_CHUNKED = "aws-chunked"
_HEX_SHA256 = 64


class BodyFiles(Protocol):
    """Where bodies are kept: ``tailrace.engine.files.Files``."""

    def create(self, name: str) -> Staged:
        """Begin a body."""


class Upload:
    """One body of PutObject or UploadPart."""

    def __init__(self, files: BodyFiles, name: str, request: Request, signed: Signed | None) -> None:
        """Begin. Raises AwsError when what the headers announce can't be taken."""
        self._request = request
        self._expected = announced_size(request.headers)
        self._sha256 = request.headers.get("x-amz-content-sha256", "")
        self._decoder = _decoder(request, self._expected, signed)
        self._hash = hashlib.sha256() if len(self._sha256) == _HEX_SHA256 else None
        self._staged = files.create(name)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body. Raises AwsError, Distrust."""
        try:
            if self._hash is not None:
                self._hash.update(data)
            if self._decoder is None:
                self._staged.write(data)
                return
            for piece in self._decoder.feed(data):
                self._staged.write(piece)
        except StoreFull as error:
            raise AwsError("ServiceUnavailable", str(error), 503) from error

    async def finish(self) -> None:
        """Take the end of the body and put it into the request, on disk. Raises AwsError."""
        if self._decoder is not None:
            self._decoder.close()
        elif self._staged.size != self._expected:
            raise incomplete()
        self._check_sha256()
        self._request.headers = _decoded_headers(self._request, self._decoder, self._staged.size)
        if not self._staged.size:
            self._staged.discard()
            return
        try:
            await self._staged.seal()
        except StoreFull as error:
            raise AwsError("ServiceUnavailable", str(error), 503) from error
        self._request.staged = self._staged

    def discard(self) -> None:
        """Remove what was written: nothing names it."""
        self._staged.discard()

    def _check_sha256(self) -> None:
        if self._hash is not None and self._hash.hexdigest() != self._sha256.lower():
            raise _sha256_mismatch(self._sha256, self._hash.hexdigest())


def settle_whole(request: Request, signed: Signed | None) -> None:
    """Decode and check a body that is whole in memory, as an upload's is. Raises AwsError, Distrust."""
    sha256 = request.headers.get("x-amz-content-sha256", "")
    decoder = _decoder(request, None, signed)
    if decoder is not None:
        request.body = b"".join(decoder.feed(request.body))
        decoder.close()
        request.headers = _decoded_headers(request, decoder, len(request.body))
    elif signed is not None and len(sha256) == _HEX_SHA256:
        actual = hashlib.sha256(request.body).hexdigest()
        if actual != sha256.lower():
            raise _sha256_mismatch(sha256, actual)


def _decoder(request: Request, size: int | None, signed: Signed | None) -> AwsChunked | None:
    sha256 = request.headers.get("x-amz-content-sha256", "")
    if not sha256.startswith(STREAMING) and _CHUNKED not in request.headers.get("content-encoding", ""):
        return None
    has_signatures = signed is not None and sha256.startswith(f"{STREAMING}AWS4-HMAC")
    return AwsChunked(size, signed if has_signatures else None)


def _decoded_headers(request: Request, decoder: AwsChunked | None, size: int) -> dict[str, str]:
    """The headers as if the body had been sent plainly: its own length and encoding, checksums that came after it."""
    headers = {**request.headers, "content-length": str(size)}
    if decoder is None:
        return headers
    encodings = [each.strip() for each in headers.pop("content-encoding", "").split(",")]
    kept = ",".join(each for each in encodings if each and each != _CHUNKED)
    if kept:
        headers["content-encoding"] = kept
    announced = {each.strip().lower() for each in headers.get("x-amz-trailer", "").split(",")} - {""}
    if announced - set(decoder.trailers):
        raise malformed_trailer()
    return headers | {name: value for name, value in decoder.trailers.items() if name in announced}


def _sha256_mismatch(declared: str, actual: str) -> AwsError:
    return AwsError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ClientComputedContentSHA256=declared,
        S3ComputedContentSHA256=actual,
    )


def announced_size(headers: Mapping[str, str]) -> int:
    """Answer how many bytes an object is going to have. Raises AwsError when it isn't said, or is too large."""
    text = headers.get("x-amz-decoded-content-length")
    if text is None:
        if "transfer-encoding" in headers:
            raise AwsError(
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
                501,
                Header="Transfer-Encoding",
            )
        text = headers.get("content-length")
    if text is None:
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise AwsError("InvalidArgument", "The length of the body is no number.")
    if int(text) > OBJECT_BYTES_MAX:
        raise AwsError(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=text,
            MaxSizeAllowed=OBJECT_BYTES_MAX,
        )
    return int(text)
