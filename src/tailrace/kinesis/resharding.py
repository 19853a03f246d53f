"""SplitShard, MergeShards and UpdateShardCount: a new layout, in the transaction of the call.

Parents stay readable until their records expire; who reads all shards drains parents before children.
"""

from typing import Any

import msgspec

from tailrace.kinesis import layout as layouts
from tailrace.kinesis.layout import Layout, Shard, shard_index
from tailrace.kinesis.lifecycle import check_shard_limit
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import HOUR_MS, ON_DEMAND, Stream, find, invalid, layout_of, named, put
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

RESIZES_A_DAY_MAX = 10
SHARDS_MAX = 10_000


@SERVICE.operation("SplitShard")
def split_shard(call: Call) -> dict[str, Any]:
    """Close a shard and open two in its place."""
    stream, layout, [shard] = _parents(call, "ShardToSplit")
    check_shard_limit(call, 1)
    at = int(call.params["NewStartingHashKey"])
    first, last = shard.hash_range
    if not first + 1 < at < last:
        raise invalid(
            f"NewStartingHashKey {at} used in SplitShard() on shard {shard.shard_id} in stream {stream.name} under "
            f"account {stream.account} is not both greater than one plus the shard's StartingHashKey {first} and "
            f"less than the shard's EndingHashKey {last}."
        )
    _change(call, stream, layouts.split(layout, shard, at, call.now_ms))
    return {}


@SERVICE.operation("MergeShards")
def merge_shards(call: Call) -> dict[str, Any]:
    """Close two neighbours, the lower one named first, and open one in their place."""
    stream, layout, [first, second] = _parents(call, "ShardToMerge", "AdjacentShardToMerge")
    if int(first.last) + 1 != int(second.first):
        raise invalid(
            f"Shards {first.shard_id} and {second.shard_id} in stream {stream.name} under account {stream.account} "
            "are not an adjacent pair of shards eligible for merging"
        )
    _change(call, stream, layouts.merge(layout, first, second, call.now_ms))
    return {}


@SERVICE.operation("UpdateShardCount")
def update_shard_count(call: Call) -> dict[str, Any]:
    """Split and merge until the stream has so many even shards."""
    stream, layout = _changeable(call)
    target, current = call.params["TargetShardCount"], len(layout.open_shards)
    recent = tuple(time_ms for time_ms in stream.resized_ms if time_ms > call.now_ms - 24 * HOUR_MS)
    if len(recent) >= RESIZES_A_DAY_MAX:
        raise AwsError(
            "LimitExceededException",
            f"{RESIZES_A_DAY_MAX} UpdateShardCount operations have been made on stream {stream.name} under account "
            f"{stream.account} in the last 24 hours; no more are allowed now.",
        )
    _check_target(current, target)
    if target > current:
        check_shard_limit(call, target - current)
    stream = msgspec.structs.replace(stream, resized_ms=(*recent, call.now_ms))
    _change(call, stream, layouts.spread(layout, target, call.now_ms))
    return {
        "StreamName": stream.name,
        "CurrentShardCount": current,
        "TargetShardCount": target,
        "StreamARN": stream.arn,
    }


def _check_target(current: int, target: int) -> None:
    if target > SHARDS_MAX:
        raise AwsError("LimitExceededException", f"TargetShardCount may not be greater than {SHARDS_MAX}.")
    if target > 2 * current or 2 * target < current:
        bound = "up over double" if target > current else "down below half"
        raise invalid(
            f"UpdateShardCount cannot scale {bound} your current open shard count. "
            f"Current open shard count: {current} Target shard count: {target}"
        )


def _changeable(call: Call) -> tuple[Stream, Layout]:
    stream = find(call)
    if stream.mode == ON_DEMAND:
        raise AwsError(
            "ValidationException",
            f"Request is invalid. Stream {stream.name} under account {stream.account} is in On-Demand mode.",
        )
    return stream, layout_of(call.transaction, stream)


def _parents(call: Call, *members: str) -> tuple[Stream, Layout, list[Shard]]:
    indexes = [shard_index(call.params[member]) for member in members]
    for member, index in zip(members, indexes, strict=True):
        if index is None:
            raise _no_shard(call, call.params[member])
    stream, layout = _changeable(call)
    return stream, layout, [_parent(call, stream, layout, index) for index in indexes if index is not None]


def _parent(call: Call, stream: Stream, layout: Layout, index: int) -> Shard:
    shard = layout.shard(index)
    if shard is None:
        raise _no_shard(call, layouts.shard_id(index))
    if not shard.open:
        raise invalid(
            f"Shard {shard.shard_id} in stream {stream.name} under account {stream.account} has already been "
            "merged or split, and thus is not eligible for merging or splitting."
        )
    return shard


def _no_shard(call: Call, shown: str) -> AwsError:
    name = named(call.params, call.region, call.account)
    message = f"Could not find shard {shown} in stream {name} under account {call.account}."
    return AwsError("ResourceNotFoundException", message)


def _change(call: Call, stream: Stream, layout: Layout) -> None:
    _let_follow(call, stream, layout)
    put(call.transaction, stream, layout)
    call.transaction.append(stream.layout_log, [b""], call.now_ms)


def _let_follow(call: Call, stream: Stream, layout: Layout) -> None:
    """Stage that who reads a parent has its children's records in flight, before anybody has looked."""
    for shard in layout.shards[-(layout.next_index - layout_of(call.transaction, stream).next_index) :]:
        for parent in (shard.parent, shard.adjacent):
            found = None if parent is None else layout.shard(parent)
            if found is not None:
                call.cloud.ledger.follow(call.transaction, stream.log_id(found), stream.log_id(shard))
