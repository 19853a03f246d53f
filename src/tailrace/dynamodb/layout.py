"""Where everything of DynamoDB lies in the store.

Keys of items begin with their table's uuid (16 bytes): tables of one name never meet, and dropping one is one range.

items       uuid + key (key.py)                        -> 4 bytes of size + item as JSON
indexes     uuid + number of the index + index key + key of the item -> 4 bytes of size + projected item as JSON
counts      uuid                                       -> items and bytes of the table, then of each index by number
collections uuid + partition                           -> bytes of an item collection (tables with local indexes)
expiries    uuid + 8 bytes of epoch seconds + key      -> nothing (tables with TTL)
"""

import struct
from typing import NamedTuple

from tailrace.engine.space import Space

TABLES = Space("dynamodb/tables")  # region/name -> TableRow
ITEMS = Space("dynamodb/items")
INDEXES = Space("dynamodb/indexes")
COUNTS = Space("dynamodb/counts")
COLLECTIONS = Space("dynamodb/collections")
EXPIRIES = Space("dynamodb/expiries")

_SIZE = struct.Struct(">I")
_COUNT = struct.Struct(">qq")


class Stored(NamedTuple):
    """An item as it lies in the store: its size by DynamoDB's rule, and its JSON."""

    size: int
    json: bytes

    def packed(self) -> bytes:
        """Answer the value to store."""
        return _SIZE.pack(self.size) + self.json


def unpack(raw: bytes) -> Stored:
    """Read a stored item."""
    return Stored(int.from_bytes(raw[:4], "big"), raw[4:])


def index_prefix(uuid: bytes, number: int) -> bytes:
    """Answer what all keys of an index begin with."""
    return uuid + number.to_bytes(2, "big")


def expiry_key(uuid: bytes, second: int, key: bytes = b"") -> bytes:
    """Answer the key of an item's expiry."""
    return uuid + second.to_bytes(8, "big") + key


def pack_counts(counts: list[tuple[int, int]]) -> bytes:
    """Write (items, bytes) of a table and its indexes."""
    return b"".join([_COUNT.pack(*pair) for pair in counts])


def unpack_counts(raw: bytes | None, places: int) -> list[tuple[int, int]]:
    """Read (items, bytes) of a table and its indexes; what was never written is 0."""
    counts: list[tuple[int, int]] = list(_COUNT.iter_unpack(raw or b""))
    return counts + [(0, 0)] * (places - len(counts))
