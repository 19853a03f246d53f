"""The shards of a stream and how they are split, merged and spread anew. Pure: a layout in, a layout out.

Shards are numbered from 0 and never reused; parents are closed, children take over their hash keys (Kinesis API).
"""

from typing import Any

import msgspec

from tailrace.kinesis import sequence

HASH_KEYS = 1 << 128


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """One shard: its range of hash keys, both ends included, when it was opened and closed, and its parents."""

    index: int
    first: str
    last: str
    created_s: int
    opened_ms: int
    closed_ms: int | None = None
    parent: int | None = None
    adjacent: int | None = None

    @property
    def shard_id(self) -> str:
        """The name that AWS gives it."""
        return shard_id(self.index)

    @property
    def open(self) -> bool:
        """Whether it takes records."""
        return self.closed_ms is None

    @property
    def hash_range(self) -> tuple[int, int]:
        """The hash keys that it takes, both ends included."""
        return int(self.first), int(self.last)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Every shard that a stream ever had and that hasn't expired, by number."""

    shards: tuple[Shard, ...]
    next_index: int

    @property
    def open_shards(self) -> list[Shard]:
        """The shards that take records, by their hash keys."""
        return sorted((shard for shard in self.shards if shard.open), key=lambda shard: int(shard.first))

    def shard(self, index: int) -> Shard | None:
        """Answer a shard by its number."""
        return next((shard for shard in self.shards if shard.index == index), None)


def shard_id(index: int) -> str:
    """Answer the id of a shard."""
    return f"shardId-{index:012d}"


def shard_index(name: str) -> int | None:
    """Answer the number in a shard id, as leniently as AWS does: ``shardId-000000000001``, ``shard-1`` and ``1``."""
    digits = name.split("-")[1] if "-" in name else name
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) < 2**31 else None


def uniform(count: int) -> list[tuple[int, int]]:
    """Answer the ranges of hash keys of so many even shards."""
    width = HASH_KEYS // count
    starts = [width * index for index in range(count)]
    return list(zip(starts, [start - 1 for start in starts[1:]] + [HASH_KEYS - 1], strict=True))


def created(count: int, now_ms: int) -> Layout:
    """Answer the layout of a new stream."""
    shards = tuple(
        Shard(index=index, first=str(first), last=str(last), created_s=now_ms // 1000, opened_ms=now_ms)
        for index, (first, last) in enumerate(uniform(count))
    )
    return Layout(shards=shards, next_index=count)


def split(layout: Layout, parent: Shard, at: int, now_ms: int) -> Layout:
    """Close a shard and open two: the hash keys below ``at``, and those from it on."""
    first, last = parent.hash_range
    return _replaced(layout, [parent], [(first, at - 1), (at, last)], now_ms)


def merge(layout: Layout, lower: Shard, upper: Shard, now_ms: int) -> Layout:
    """Close two neighbours and open one."""
    return _replaced(layout, [lower, upper], [(int(lower.first), int(upper.last))], now_ms)


def spread(layout: Layout, count: int, now_ms: int) -> Layout:
    """Split and merge until there are so many even shards: from the left, each range in turn, as AWS does."""
    for start, end in uniform(count):
        cut = next(shard for shard in layout.open_shards if int(shard.last) >= end)
        if int(cut.last) > end:
            layout = split(layout, cut, end + 1, now_ms)
        while True:
            lower, upper = _neighbours(layout, start)
            if upper is None or int(upper.last) > end:
                break
            layout = merge(layout, lower, upper, now_ms)
    return layout


def children(layout: Layout, parent: Shard) -> list[Shard]:
    """Answer the shards that took over from a shard."""
    return [shard for shard in layout.shards if parent.index in (shard.parent, shard.adjacent)]


def without_expired(layout: Layout, horizon_ms: int) -> Layout:
    """Leave out the shards that were closed before the oldest record kept."""
    kept = tuple(shard for shard in layout.shards if shard.closed_ms is None or shard.closed_ms > horizon_ms)
    return layout if len(kept) == len(layout.shards) else msgspec.structs.replace(layout, shards=kept)


def described(shard: Shard) -> dict[str, Any]:
    """Answer a shard in the shape of DescribeStream and ListShards."""
    numbers = {"StartingSequenceNumber": sequence.starting(shard.created_s, shard.index)}
    if shard.closed_ms is not None:
        numbers["EndingSequenceNumber"] = sequence.ending(shard.created_s, shard.index, shard.closed_ms // 1000)
    answer: dict[str, Any] = {
        "ShardId": shard.shard_id,
        "HashKeyRange": {"StartingHashKey": shard.first, "EndingHashKey": shard.last},
        "SequenceNumberRange": numbers,
    }
    if shard.parent is not None:
        answer["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent is not None:
        answer["AdjacentParentShardId"] = shard_id(shard.adjacent)
    return answer


def _replaced(layout: Layout, parents: list[Shard], ranges: list[tuple[int, int]], now_ms: int) -> Layout:
    closed = {shard.index: msgspec.structs.replace(shard, closed_ms=now_ms) for shard in parents}
    # A child's numbers must be greater than its parents', and the creation second leads them.
    created_s = max(now_ms // 1000, *(shard.created_s + 1 for shard in parents))
    opened = [
        Shard(
            index=layout.next_index + offset,
            first=str(first),
            last=str(last),
            created_s=created_s,
            opened_ms=now_ms,
            parent=parents[0].index,
            adjacent=parents[1].index if len(parents) > 1 else None,
        )
        for offset, (first, last) in enumerate(ranges)
    ]
    kept = [closed.get(shard.index, shard) for shard in layout.shards]
    return Layout(shards=(*kept, *opened), next_index=layout.next_index + len(opened))


def _neighbours(layout: Layout, start: int) -> tuple[Shard, Shard | None]:
    shards = layout.open_shards
    at = next(at for at, shard in enumerate(shards) if int(shard.first) == start)
    return shards[at], shards[at + 1] if at + 1 < len(shards) else None
