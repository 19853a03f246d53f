"""ListShards with its filters, and the door by which consumers inside Tailrace find the logs of all shards."""

from typing import Any

from tailrace.kinesis import retention, sequence
from tailrace.kinesis.layout import Layout, Shard, described, shard_id, shard_index
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import ACTIVE, STREAMS, Stream, find, invalid, layout_of
from tailrace.kinesis.token import ListPlace, opened, sealed
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

TOKEN_LIFE_MS = 300_000
_PAGE = 1000


@SERVICE.operation("ListShards")
def list_shards(call: Call) -> dict[str, Any]:
    """Answer a page of a stream's shards, filtered by when they were open."""
    stream, place = _place(call)
    layout = retention.kept(layout_of(call.transaction, stream), stream, call.now_ms)
    shards = [shard for shard in _filtered(layout, place) if shard.index > place.after_shard]
    limit = call.params.get("MaxResults", _PAGE)
    answer: dict[str, Any] = {"Shards": [described(shard) for shard in shards[:limit]]}
    if len(shards) > limit:
        last = shards[limit - 1].index
        following = ListPlace(call.now_ms, stream.name, stream.id, last, place.filter_type, place.filter_ms)
        answer["NextToken"] = sealed(following)
    return answer


@SERVICE.internal("ShardLogs")
def shard_logs(call: Call) -> dict[str, Any]:
    """Answer every shard of a stream with its log, parents before children.

    ``LayoutLogId`` names a log that gets an entry whenever shards come or go and that ends with the stream.
    """
    stream = find(call)
    shards = [_with_log(stream, shard) for shard in layout_of(call.transaction, stream).shards]
    return {"Shards": shards, "Status": ACTIVE, "LayoutLogId": stream.layout_log, "StreamARN": stream.arn}


def _with_log(stream: Stream, shard: Shard) -> dict[str, Any]:
    answer = {
        "ShardId": shard.shard_id,
        "LogId": stream.log_id(shard),
        "Closed": not shard.open,
        "StartingSequenceNumber": sequence.starting(shard.created_s, shard.index),
    }
    if shard.parent is not None:
        answer["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent is not None:
        answer["AdjacentParentShardId"] = shard_id(shard.adjacent)
    return answer


def _place(call: Call) -> tuple[Stream, ListPlace]:
    token = call.params.get("NextToken")
    named = call.params.get("StreamName") or call.params.get("StreamARN")
    if token is None:
        if named is None:
            raise invalid("Either NextToken or StreamName should be provided.")
        stream = find(call)
        return stream, _beginning(call, stream)
    if named is not None:
        raise invalid("NextToken and StreamName cannot be provided together.")
    place = opened(token)
    if not isinstance(place, ListPlace):
        raise invalid("Invalid NextToken.")
    if call.now_ms - place.issued_ms > TOKEN_LIFE_MS:
        raise AwsError("ExpiredNextTokenException", "NextToken has expired; list again from the beginning.")
    found = STREAMS.get(call.transaction, call.key(place.stream))
    if found is None or found.id != place.stream_id:
        raise AwsError("ResourceNotFoundException", f"Stream {place.stream} under account {call.account} not found.")
    return found, place


def _beginning(call: Call, stream: Stream) -> ListPlace:
    asked = call.params.get("ShardFilter", {})
    kind, after = asked.get("Type", "FROM_TRIM_HORIZON"), call.params.get("ExclusiveStartShardId")
    time_ms = stream.horizon_ms(call.now_ms)
    if kind == "AFTER_SHARD_ID":
        after = asked.get("ShardId")
        if after is None:
            raise invalid("ShardFilter of type AFTER_SHARD_ID requires a ShardId.")
    if kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP"):
        if "Timestamp" not in asked:
            raise invalid(f"ShardFilter of type {kind} requires a Timestamp.")
        time_ms = max(round(asked["Timestamp"] * 1000), time_ms)
    if kind.startswith("AT_"):
        time_ms = max(time_ms, stream.created_ms)
    index = -1 if after is None else shard_index(after)
    if index is None:
        raise invalid(f"Invalid shard id {after}.")
    return ListPlace(call.now_ms, stream.name, stream.id, index, kind, time_ms)


def _filtered(layout: Layout, place: ListPlace) -> list[Shard]:
    kind, time_ms = place.filter_type, place.filter_ms
    if kind == "AT_LATEST":
        return [shard for shard in layout.shards if shard.open]
    if kind == "AFTER_SHARD_ID":
        return list(layout.shards)
    alive = [shard for shard in layout.shards if shard.closed_ms is None or shard.closed_ms > time_ms]
    if kind in ("AT_TRIM_HORIZON", "AT_TIMESTAMP"):
        return [shard for shard in alive if shard.opened_ms <= time_ms]
    return alive
