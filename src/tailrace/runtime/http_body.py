"""Bodies that are whole in memory, made plain: unpacked, decoded from chunks, checked against the signed hash."""

import hashlib
import zlib

from tailrace.wire.aws_chunked import STREAMING, AwsChunked, malformed_trailer
from tailrace.wire.conversion import Malformed
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request
from tailrace.wire.sigv4 import Signed

CHUNKED = "aws-chunked"
HEX_SHA256 = 64
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def inflate(request: Request, size_max: int) -> None:
    """Unpack a body that its client has compressed, as SDKs do with large PutMetricData. Raises AwsError."""
    inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        request.body = inflater.decompress(request.body, size_max + 1)
    except zlib.error:
        raise Malformed("The body is not compressed as its Content-Encoding says.") from None
    if len(request.body) > size_max:
        raise AwsError("RequestEntityTooLargeException", f"Request must be smaller than {size_max} bytes", 413)
    if not inflater.eof:
        raise Malformed("The compressed body ends too early.")


def settle(request: Request, signed: Signed | None) -> None:
    """Decode and check a body of S3 that is no object, as an upload is. Raises AwsError, Distrust."""
    sha256 = request.headers.get("x-amz-content-sha256", "")
    decoder = decoder_of(request, None, signed)
    if decoder is not None:
        request.body = b"".join(decoder.feed(request.body))
        decoder.close()
        request.headers = decoded_headers(request, decoder, len(request.body))
    elif signed is not None and len(sha256) == HEX_SHA256:
        actual = hashlib.sha256(request.body).hexdigest()
        if actual != sha256.lower():
            raise sha256_mismatch(sha256, actual)


def decoder_of(request: Request, size: int | None, signed: Signed | None) -> AwsChunked | None:
    """Answer the decoder that a body needs, or None when it comes plainly."""
    sha256 = request.headers.get("x-amz-content-sha256", "")
    if not sha256.startswith(STREAMING) and CHUNKED not in request.headers.get("content-encoding", ""):
        return None
    has_signatures = signed is not None and sha256.startswith(f"{STREAMING}AWS4-HMAC")
    return AwsChunked(size, signed if has_signatures else None)


def decoded_headers(request: Request, decoder: AwsChunked | None, size: int) -> dict[str, str]:
    """Answer the headers as if the body had come plainly: its own length and encoding, checksums that came after it."""
    headers = {**request.headers, "content-length": str(size)}
    if decoder is None:
        return headers
    encodings = [each.strip() for each in headers.pop("content-encoding", "").split(",")]
    kept = ",".join(each for each in encodings if each and each != CHUNKED)
    if kept:
        headers["content-encoding"] = kept
    announced = {each.strip().lower() for each in headers.get("x-amz-trailer", "").split(",")} - {""}
    if announced - set(decoder.trailers):
        raise malformed_trailer()
    return headers | {name: value for name, value in decoder.trailers.items() if name in announced}


def sha256_mismatch(declared: str, actual: str) -> AwsError:
    """The error for a body that hasn't the hash that was said, or signed."""
    return AwsError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ClientComputedContentSHA256=declared,
        S3ComputedContentSHA256=actual,
    )
