"""Records that the Kinesis Producer Library packed into one: taken apart before they are transformed or delivered.

Format: magic, protobuf AggregatedRecord, MD5 of it (awslabs/kinesis-aggregation). What doesn't fit is plain data.
"""

from collections.abc import Iterator
from hashlib import md5

MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES = 16
_VARINT, _BYTES = 0, 2


def taken_apart(data: bytes) -> list[tuple[str, bytes]] | None:
    """Answer the (partition key, data) of each packed record; None when the data is not an aggregate."""
    if not data.startswith(MAGIC) or len(data) < len(MAGIC) + _DIGEST_BYTES:
        return None
    message, digest = data[len(MAGIC) : -_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if md5(message, usedforsecurity=False).digest() != digest:
        return None
    try:
        return _records(message)
    except (IndexError, UnicodeDecodeError, ValueError):
        return None


def _records(message: bytes) -> list[tuple[str, bytes]]:
    keys: list[str] = []
    records: list[tuple[int, bytes]] = []
    for field, value in _fields(message):
        if field == 1 and isinstance(value, bytes):
            keys.append(value.decode())
        elif field == 3 and isinstance(value, bytes):
            inside = dict(_fields(value))
            index, data = inside.get(1, 0), inside.get(3, b"")
            if not isinstance(index, int) or not isinstance(data, bytes):
                raise ValueError("a record with a key or data of the wrong type")
            records.append((index, data))
    return [(keys[index], data) for index, data in records]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        if tag & 7 == _VARINT:
            number, at = _varint(message, at)
            yield tag >> 3, number
        elif tag & 7 == _BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field longer than its message")
            yield tag >> 3, message[at : at + length]
            at += length
        else:
            raise ValueError(f"a field of wire type {tag & 7}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
