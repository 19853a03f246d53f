"""Primary keys: what a table or an index demands of them, and the bytes whose order is DynamoDB's.

A key in the store: 4 bytes of hash, then each hash attribute behind its length, then each range attribute escaped and
ended, so that Scan goes by hash, Query by range, and every range condition is one interval of bytes.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Literal, NamedTuple

from tailrace.dynamodb.errors import INVALID, NOT_VALID, validation
from tailrace.dynamodb.number import order_bytes
from tailrace.dynamodb.number import size_of as number_size
from tailrace.dynamodb.value import Item, Value, blob, type_of
from tailrace.wire.errors import AwsError

KeyType = Literal["S", "N", "B"]

HASH_BYTES = 4
_HASH_VALUE_BYTES_MAX = 2048
_RANGE_VALUE_BYTES_MAX = 1024
_PARTITION = struct.Struct(">IH").pack  # hash and length
_END = b"\x00\x00"
_AFTER_END = b"\x00\x01"
_EMPTY = {"S": "string", "B": "binary"}


class KeyAttribute(NamedTuple):
    """One attribute of a key and the type it must have."""

    name: str
    type: KeyType
    is_hash: bool

    def raw(self, value: Value) -> bytes:
        """Answer a value's bytes in order of its type."""
        inner = value[self.type]
        if self.type == "S":
            raw: bytes = inner.encode()
            return raw
        return order_bytes(inner) if self.type == "N" else blob(inner)

    def check_length(self, raw: bytes) -> None:
        """Refuse a value that is empty or too long for a key. Raises AwsError."""
        if not raw:
            raise validation(
                f"{NOT_VALID}The AttributeValue for a key attribute cannot contain an empty {_EMPTY[self.type]} value. "
                f"Key: {self.name}"
            )
        if self.is_hash and len(raw) > _HASH_VALUE_BYTES_MAX:
            raise validation(
                f"{INVALID}Size of hashkey has exceeded the maximum size limit of{_HASH_VALUE_BYTES_MAX} bytes"
            )
        if not self.is_hash and len(raw) > _RANGE_VALUE_BYTES_MAX:
            raise validation(
                f"{INVALID}Aggregated size of all range keys has exceeded the size limit of "
                f"{_RANGE_VALUE_BYTES_MAX} bytes"
            )


class KeySchema:
    """The key of a table or an index: one to four hash attributes, then up to four range attributes."""

    __slots__ = ("_names_size", "attributes", "hashes", "names", "ranges")

    def __init__(self, attributes: Sequence[KeyAttribute]) -> None:
        self.attributes = tuple(attributes)
        self.hashes = tuple(attribute for attribute in attributes if attribute.is_hash)
        self.ranges = tuple(attribute for attribute in attributes if not attribute.is_hash)
        self.names = tuple(attribute.name for attribute in attributes)
        self._names_size = sum(len(name.encode()) for name in self.names)

    def locate(self, item: Item) -> tuple[bytes, int]:
        """Answer the bytes of an item's key and what the key counts in the item's size. Raises AwsError.

        The item has its key attributes, of the right types: ``require_item`` or ``require_key`` said so.
        """
        size = self._names_size
        place = b""
        for attribute in self.attributes:
            name, kind, is_hash = attribute
            inner = item[name][kind]
            if kind == "S":
                raw = inner.encode()
                size += len(raw)
            else:
                raw = attribute.raw(item[name])
                size += number_size(inner) if kind == "N" else len(raw)
            if not 0 < len(raw) <= _RANGE_VALUE_BYTES_MAX:
                attribute.check_length(raw)
            if not is_hash:
                place += _escaped(raw) + _END
            elif not place:
                place = partition([raw]) if len(self.hashes) == 1 else self._partition(item)
        return place, size

    def _partition(self, item: Item) -> bytes:
        return partition([attribute.raw(item[attribute.name]) for attribute in self.hashes])

    def place(self, item: Item) -> bytes:
        """Answer the bytes of an item's key; its values are known to be good for one."""
        return self._partition(item) + b"".join(
            [_escaped(attribute.raw(item[attribute.name])) + _END for attribute in self.ranges]
        )

    def require_item(self, item: Item) -> None:
        """Refuse an item to put whose key is missing or of a wrong type. Raises AwsError."""
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None:
                raise validation(f"{INVALID}Missing the key {attribute.name} in the item")
            if attribute.type not in value:
                raise validation(
                    f"{INVALID}Type mismatch for key {attribute.name} "
                    f"expected: {attribute.type} actual: {type_of(value)}"
                )

    def require_key(self, key: Item) -> None:
        """Refuse a key to look up that is not exactly of this schema. Raises AwsError."""
        if len(key) != len(self.attributes) or not self.fits(key):
            raise schema_mismatch()

    def fits(self, item: Item) -> bool:
        """Say whether an item has every attribute of this key, of the right type."""
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None or attribute.type not in value:
                return False
        return True

    def key_of(self, item: Item) -> Item:
        """Answer an item's key attributes alone."""
        return {name: item[name] for name in self.names}


def schema_mismatch() -> AwsError:
    """Answer the error of a key that is not the table's."""
    return validation("The provided key element does not match the schema")


def partition(raws: list[bytes]) -> bytes:
    """Answer the bytes that all keys of a partition begin with, from its hash attributes' bytes."""
    if len(raws) == 1:
        return _PARTITION(zlib.crc32(raws[0]), len(raws[0])) + raws[0]
    placed = b"".join([len(raw).to_bytes(2, "big") + raw for raw in raws])
    return zlib.crc32(b"".join(raws)).to_bytes(HASH_BYTES, "big") + placed


def interval(start: bytes, operator: str, raws: list[bytes]) -> tuple[bytes, bytes]:
    """Answer the bytes [first, last) of the keys under a prefix whose next range attribute meets a condition."""
    first, last = start, after(start)
    low = _escaped(raws[0])
    if operator == "=":
        return start + low + _END, start + low + _AFTER_END
    if operator == "<":
        return first, start + low + _END
    if operator == "<=":
        return first, start + low + _AFTER_END
    if operator == ">":
        return start + low + _AFTER_END, last
    if operator == ">=":
        return start + low + _END, last
    if operator == "BETWEEN":
        return start + low + _END, start + _escaped(raws[1]) + _AFTER_END
    return start + low, after(start + low)


def after(prefix: bytes) -> bytes:
    """Answer the smallest bytes that are greater than all that begin with a prefix, which is not of 0xff alone."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,))


def _escaped(raw: bytes) -> bytes:
    return raw.replace(b"\x00", b"\x00\xff") if 0 in raw else raw
