"""An object's body on its way into a file: decoded, hashed, checked against what was said; never whole in memory."""

import hashlib
from collections.abc import Mapping
from typing import Protocol

from tailrace.engine.errors import StoreFull
from tailrace.engine.files import Staged
from tailrace.runtime.http_body import HEX_SHA256, decoded_headers, decoder_of, sha256_mismatch
from tailrace.runtime.http_limits import OBJECT_BYTES_MAX
from tailrace.wire.aws_chunked import incomplete
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request
from tailrace.wire.sigv4 import Signed


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
        self._decoder = decoder_of(request, self._expected, signed)
        self._hash = hashlib.sha256() if len(self._sha256) == HEX_SHA256 else None
        try:
            self._staged = files.create(name)
        except StoreFull as error:
            raise AwsError("ServiceUnavailable", str(error), 503) from error

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
        self._request.headers = decoded_headers(self._request, self._decoder, self._staged.size)
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
            raise sha256_mismatch(self._sha256, self._hash.hexdigest())


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
