"""From a hash key to the open shard that takes it, as fast as a bisection of bytes.

Derived from a layout and kept by its digest, which covers the stream's identity too; so it can never be stale.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass

from tailrace.engine.transaction import Transaction
from tailrace.kinesis.layout import HASH_KEYS
from tailrace.kinesis.stream import Stream, invalid, layout_of
from tailrace.service.kinesis_record import shard_base

_KEPT_MAX = 256


@dataclass(frozen=True, slots=True)
class Route:
    """An open shard: its id, its log and what its sequence numbers have in common."""

    shard_id: str
    log_id: str
    base: int


@dataclass(frozen=True, slots=True)
class Routes:
    """The open shards of a stream by the hash key that each begins with."""

    starts: list[bytes]
    shards: list[Route]

    def at(self, hash_key: bytes) -> int:
        """Answer the index of the shard that takes a hash key of sixteen bytes."""
        return bisect_right(self.starts, hash_key) - 1


_kept: dict[str, Routes] = {}


def routes_of(transaction: Transaction, stream: Stream) -> Routes:
    """Answer the routes into a stream."""
    routes = _kept.get(stream.layout)
    if routes is None:
        shards = layout_of(transaction, stream).open_shards
        routes = Routes(
            [int(shard.first).to_bytes(16, "big") for shard in shards],
            [Route(shard.shard_id, stream.log_id(shard), shard_base(shard.created_s, shard.index)) for shard in shards],
        )
        if len(_kept) >= _KEPT_MAX:
            del _kept[next(iter(_kept))]
        _kept[stream.layout] = routes
    return routes


def hash_key(partition_key: str) -> bytes:
    """Answer the hash key of a partition key: its MD5, sixteen bytes, biggest first."""
    return hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()


def explicit_hash_key(text: str) -> int:
    """Answer an explicit hash key as a number. Raises InvalidArgumentException when it is out of range."""
    number = int(text)
    if number >= HASH_KEYS:
        raise invalid(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
        )
    return number
