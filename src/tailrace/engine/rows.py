"""Typed rows in a key space: what a service remembers, one frozen struct a row, as JSON that a person can read."""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction

RowT = TypeVar("RowT", bound=msgspec.Struct)


class Rows(Generic[RowT]):
    """Read and stage rows of one type by a text key; keys come back in UTF-8 order."""

    def __init__(self, space: str, row_type: type[RowT]) -> None:
        self.space = Space(space)
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(row_type).decode

    def get(self, transaction: Transaction, key: str) -> RowT | None:
        """Answer a row, or None."""
        raw = transaction.get(self.space, key.encode())
        return None if raw is None else self._decode(raw)

    def put(self, transaction: Transaction, key: str, row: RowT) -> None:
        """Stage a row."""
        transaction.put(self.space, key.encode(), self._encode(row))

    def delete(self, transaction: Transaction, key: str) -> None:
        """Stage the removal of a row."""
        transaction.delete(self.space, key.encode())

    def scan(self, transaction: Transaction, prefix: str = "", after: str = "") -> Iterator[tuple[str, RowT]]:
        """Answer (key, row) for the keys with a prefix, those up to and including ``after`` left out."""
        first = prefix.encode()
        start = max(first, after.encode() + b"\x00") if after else first
        for key, raw in transaction.scan(self.space, start, _after_prefix(first)):
            yield key.decode(), self._decode(raw)


def _after_prefix(prefix: bytes) -> bytes | None:
    # UTF-8 never holds 0xff, so this is greater than every key that begins with the prefix.
    return prefix + b"\xff" if prefix else None
