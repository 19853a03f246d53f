"""ListStreams and DescribeStream, and where Tailrace's own consumers find the logs of a stream's shards."""

import re
from typing import Any

from tailrace.dynamodb.errors import validation
from tailrace.dynamodb.record import sequence_number
from tailrace.dynamodb.registry import STREAMS
from tailrace.dynamodb.stream import ShardRow, StreamRow
from tailrace.dynamodb.streaming import find_stream, streams_of
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_PAGE_MAX = 100
_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[^:]+:[0-9]{12}:table/[^/]+/stream/[^/]+")


@STREAMS.operation("ListStreams")
def list_streams(call: Call) -> dict[str, Any]:
    """Answer the streams of the region or of one table, closed ones of the last day included, a page at a time."""
    limit = call.params.get("Limit") or _PAGE_MAX
    table = call.params.get("TableName")
    found: list[dict[str, Any]] = []
    for stream in streams_of(call.transaction, call.region, table, call.params.get("ExclusiveStartStreamArn") or ""):
        found.append({"StreamArn": stream.arn, "TableName": stream.table, "StreamLabel": stream.label})
        if len(found) == limit:
            return {"Streams": found, "LastEvaluatedStreamArn": stream.arn}
    return {"Streams": found}


@STREAMS.operation("DescribeStream")
def describe_stream(call: Call) -> dict[str, Any]:
    """Tell of a stream and its shards."""
    stream = named_stream(call)
    shards, last = _shards(call, stream)
    answer: dict[str, Any] = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": _status(stream),
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created,
        "TableName": stream.table,
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in stream.keys],
        "Shards": [_describe_shard(call, stream, shard) for shard in shards],
    }
    if last is not None:
        answer["LastEvaluatedShardId"] = last
    return {"StreamDescription": answer}


@STREAMS.internal("ShardLogs")
def shard_logs(call: Call) -> dict[str, Any]:
    """Answer the log of each shard of a stream, for Tailrace's own consumers; ``Status`` says whether it grows."""
    stream = named_stream(call)
    shards = [{"ShardId": shard.shard_id, "LogId": shard.log_id} for shard in stream.shards]
    return {"Shards": shards, "Status": _status(stream)}


def named_stream(call: Call) -> StreamRow:
    """Answer the stream of a request. Raises AwsError when there is none."""
    arn: str = call.params["StreamArn"]
    if _ARN.fullmatch(arn) is None:
        raise validation("Invalid StreamArn")
    stream = find_stream(call.transaction, call.region, arn)
    if stream is None:
        raise stream_missing(arn)
    return stream


def stream_missing(arn: str) -> AwsError:
    """Answer the error of a stream that isn't there."""
    return AwsError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")


def _status(stream: StreamRow) -> str:
    return "ENABLED" if stream.closed_ms is None else "DISABLED"


def _shards(call: Call, stream: StreamRow) -> tuple[list[ShardRow], str | None]:
    """Answer the page of shards asked for, and the last one's id when there are more."""
    wanted = call.params.get("ShardFilter")
    if wanted is not None:
        if wanted.get("Type") != "CHILD_SHARDS" or not wanted.get("ShardId"):
            raise validation("ShardFilter must have the Type CHILD_SHARDS and a ShardId")
        return [], None  # shards here are never split: none has children
    after = call.params.get("ExclusiveStartShardId") or ""
    shards = sorted((shard for shard in stream.shards if shard.shard_id > after), key=lambda shard: shard.shard_id)
    limit = call.params.get("Limit") or _PAGE_MAX
    return shards[:limit], shards[limit - 1].shard_id if len(shards) > limit else None


def _describe_shard(call: Call, stream: StreamRow, shard: ShardRow) -> dict[str, Any]:
    sequences = {"StartingSequenceNumber": sequence_number(shard, 1)}
    if stream.closed_ms is not None:
        head = call.transaction.log(shard.log_id).head
        sequences["EndingSequenceNumber"] = sequence_number(shard, max(head, 1))
    return {"ShardId": shard.shard_id, "SequenceNumberRange": sequences}
