"""What a crawler remembers of the objects that it has looked into: data that was crawled once isn't classified again,
not even when a classifier changes (Glue guide, adding classifiers). An object is known by its key and its ETag.
"""

import hashlib

import msgspec

from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.glue.crawl.grouping import Seen
from tailrace.glue.crawl.target import Listed
from tailrace.glue.entry import PART
from tailrace.glue.schema.shape import Shape

_LOOKED = Space("glue/looked")  # crawler, bucket, key -> ETag, records, the shape's name
_SHAPES = Space("glue/shapes")  # crawler, the shape's name -> shape
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Shape).decode


class Memory:
    """One crawler's memory. Equal shapes come back as one and the same."""

    def __init__(self, crawler: str) -> None:
        self._prefix = f"{crawler}{PART}"
        self._shapes: dict[str, Shape] = {}

    def recall(self, transaction: Transaction, bucket: str, listed: Listed) -> Seen | None:
        """Answer what was seen in an object, or None when it is new or has changed."""
        raw = transaction.get(_LOOKED, self._key(f"{bucket}/{listed.key}"))
        if raw is None:
            return None
        etag, records, name = raw.decode().split(" ")
        if etag != listed.etag:
            return None
        return Seen(listed.key, listed.size, self._shape(transaction, name), int(records))

    def keep(self, transaction: Transaction, bucket: str, listed: Listed, shape: Shape, records: int) -> Seen:
        """Stage what was seen in an object, and answer it."""
        encoded = _ENCODE(shape)
        name = hashlib.sha256(encoded).hexdigest()[:32]
        if name not in self._shapes:
            self._shapes[name] = shape
            transaction.put(_SHAPES, self._key(name), encoded)
        value = f"{listed.etag} {records} {name}".encode()
        transaction.put(_LOOKED, self._key(f"{bucket}/{listed.key}"), value)
        return Seen(listed.key, listed.size, self._shapes[name], records)

    def forget(self, transaction: Transaction) -> None:
        """Stage that everything is forgotten."""
        for space in (_LOOKED, _SHAPES):
            transaction.delete_range(space, self._prefix.encode(), self._prefix.encode() + b"\xff")

    def forget_others(self, transaction: Transaction, kept: set[str]) -> None:
        """Stage that all objects but those (bucket/key) are forgotten."""
        start = self._prefix.encode()
        for key, _ in list(transaction.scan(_LOOKED, start, start + b"\xff")):
            if key[len(start) :].decode() not in kept:
                transaction.delete(_LOOKED, key)

    def _shape(self, transaction: Transaction, name: str) -> Shape:
        shape = self._shapes.get(name)
        if shape is None:
            raw = transaction.get(_SHAPES, self._key(name))
            assert raw is not None, "a shape is kept with the first object that has it"
            shape = self._shapes[name] = _DECODE(raw)
        return shape

    def _key(self, name: str) -> bytes:
        return f"{self._prefix}{name}".encode()
