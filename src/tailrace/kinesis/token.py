"""Opaque texts handed out and taken back: shard iterators and next tokens. Checked, so that garbage is known as such.

They carry all they mean, nothing is remembered; like AWS's iterators they begin with eight bytes of version.
"""

import base64
import binascii
import hashlib

import msgspec

_VERSION = b"\x00\x00\x00\x00\x00\x00\x00\x01"
_DIGEST_BYTES = 16


class ShardIterator(msgspec.Struct, frozen=True, array_like=True, tag="i"):
    """A place in a shard: the next record is the first one after a position of its log."""

    issued_ms: int
    region: str
    stream: str
    stream_id: str
    shard: int
    after: int


class ListPlace(msgspec.Struct, frozen=True, array_like=True, tag="l"):
    """A place in a listing of shards and how it is filtered."""

    issued_ms: int
    stream: str
    stream_id: str
    after_shard: int
    filter_type: str
    filter_ms: int


_DECODER = msgspec.msgpack.Decoder(ShardIterator | ListPlace)
_ENCODER = msgspec.msgpack.Encoder()


def sealed(value: ShardIterator | ListPlace) -> str:
    """Answer the text that stands for a place."""
    payload = _ENCODER.encode(value)
    return base64.b64encode(_VERSION + payload + _digest(payload)).decode()


def opened(text: str) -> ShardIterator | ListPlace | None:
    """Answer the place that a text stands for; None when it was never handed out."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    payload, digest = raw[len(_VERSION) : -_DIGEST_BYTES], raw[-_DIGEST_BYTES:]
    if not raw.startswith(_VERSION) or digest != _digest(payload):
        return None
    place: ShardIterator | ListPlace = _DECODER.decode(payload)
    return place


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES, key=b"tailrace kinesis").digest()
