"""Chunked bodies: AWS's published example, signed and with trailers, in pieces of any size; and broken ones."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.wire.aws_chunked import AwsChunked
from tailrace.wire.claim import Claim
from tailrace.wire.distrust import Distrust
from tailrace.wire.errors import AwsError
from tailrace.wire.sigv4 import Signed, signing_key

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PLAIN_SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
CHUNKS = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
]
OBJECT = b"a" * 66_560


def signed(seed: str) -> Signed:
    key = signing_key(SECRET, "20130524", "us-east-1", "s3")
    return Signed(Claim("AKIAIOSFODNN7EXAMPLE", "20130524", "us-east-1", "s3"), "", "20130524T000000Z", seed, key)


def published(signatures: list[str]) -> bytes:
    """AWS's example: 64 KiB, then 1 KiB, then nothing."""
    pieces = [OBJECT[:65_536], OBJECT[65_536:], b""]
    lines = [
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(piece), signature.encode(), piece)
        for piece, signature in zip(pieces, signatures, strict=True)
    ]
    return b"".join(lines)


def decode(body: bytes, decoder: AwsChunked, size: int) -> bytes:
    decoded = bytearray()
    for start in range(0, len(body), size):
        for piece in decoder.feed(body[start : start + size]):
            decoded += piece
    decoder.close()
    return bytes(decoded)


@pytest.mark.parametrize("size", [1000, 8192, 70_000])
def test_the_published_example_is_believed(size: int) -> None:
    decoder = AwsChunked(len(OBJECT), signed(PLAIN_SEED))
    assert decode(published(CHUNKS), decoder, size) == OBJECT


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_forged_chunk_is_not(index: int) -> None:
    signatures = [*CHUNKS]
    signatures[index] = "0" * 64
    with pytest.raises(Distrust):
        decode(published(signatures), AwsChunked(len(OBJECT), signed(PLAIN_SEED)), 8192)


def test_without_a_secret_signatures_are_only_read_over() -> None:
    assert decode(published(["x", "y", "z"]), AwsChunked(len(OBJECT)), 8192) == OBJECT


def trailing_example(signature: str) -> bytes:
    import hmac

    held = signed(TRAILER_SEED)
    previous, lines = TRAILER_SEED, []
    empty = hashlib.sha256(b"").hexdigest()
    for piece in (OBJECT[:65_536], OBJECT[65_536:], b""):
        text = (
            f"AWS4-HMAC-SHA256-PAYLOAD\n{held.instant}\n{held.scope}\n{previous}\n{empty}\n"
            f"{hashlib.sha256(piece).hexdigest()}"
        )
        previous = hmac.digest(held.key, text.encode(), "sha256").hex()
        tail = b"\r\n" if piece else b""
        lines.append(b"%x;chunk-signature=%s\r\n%s%s" % (len(piece), previous.encode(), piece, tail))
    assert previous == "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
    trailer = b"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:%s\r\n\r\n" % signature.encode()
    return b"".join(lines) + trailer


def test_signed_trailers_are_believed() -> None:
    decoder = AwsChunked(len(OBJECT), signed(TRAILER_SEED))
    body = trailing_example("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435")
    assert decode(body, decoder, 5000) == OBJECT
    assert decoder.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


def test_forged_trailers_are_not() -> None:
    with pytest.raises(Distrust):
        decode(trailing_example("0" * 64), AwsChunked(len(OBJECT), signed(TRAILER_SEED)), 5000)


def test_trailers_without_a_signature_are_not() -> None:
    body = trailing_example("").replace(b"x-amz-trailer-signature:\r\n", b"")
    with pytest.raises(AwsError):
        decode(body, AwsChunked(len(OBJECT), signed(TRAILER_SEED)), 5000)


UNSIGNED = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"


@given(size=st.integers(1, 60))
def test_unsigned_bodies_with_trailers_in_pieces_of_any_size(size: int) -> None:
    decoder = AwsChunked(5)
    assert decode(UNSIGNED, decoder, size) == b"hello"
    assert decoder.trailers == {"x-amz-checksum-crc32": "NhCmhg=="}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5\r\nhel",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n0\r\n",
        b"4\r\nhell\r\n0\r\n\r\n",
        b"6\r\nhello!\r\n0\r\n\r\n",
        b"x\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\nmore",
        b"5" + b"0" * 600,
        b"5\r\nhello\r\n0\r\n" + b"".join(b"a%d:b\r\n" % number for number in range(20)) + b"\r\n",
    ],
)
def test_bodies_that_are_broken(body: bytes) -> None:
    with pytest.raises(AwsError) as error:
        decode(body, AwsChunked(5), 7)
    assert error.value.status == 400
