"""GetShardIterator: from the five ways to name a place in a shard to a position in its log."""

from typing import Any

from tailrace.kinesis import sequence
from tailrace.kinesis.layout import Shard, shard_id, shard_index
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import LAYOUTS, STREAMS, Stream, invalid, named
from tailrace.kinesis.token import ShardIterator, sealed
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_NUMBERED = frozenset({"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"})
_UNNUMBERED = frozenset({"TRIM_HORIZON", "LATEST"})
_MUST = (
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
    "(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {} and {} StartingSequenceNumber."
)


@SERVICE.operation("GetShardIterator")
def get_shard_iterator(call: Call) -> dict[str, Any]:
    """Answer an iterator, good for five minutes."""
    stream, shard = _shard(call)
    after = _after(call, stream, shard)
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")
    place = ShardIterator(call.now_ms, call.region, stream.name, stream.id, shard.index, after)
    return {"ShardIterator": sealed(place)}


def missing_shard(index: int, name: str, account: str) -> AwsError:
    """Answer AWS's error for a shard that isn't there, or not any more."""
    message = f"Shard {shard_id(index)} in stream {name} under account {account} does not exist"
    return AwsError("ResourceNotFoundException", message)


def _shard(call: Call) -> tuple[Stream, Shard]:
    name = named(call.params, call.region, call.account)
    index = shard_index(call.params["ShardId"])
    if index is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Could not find shard {call.params['ShardId']} in stream {name} under account {call.account}.",
        )
    stream = STREAMS.get(call.transaction, call.key(name))
    layout = LAYOUTS.get(call.transaction, call.key(name))
    shard = layout.shard(index) if layout is not None else None
    if stream is None or shard is None:
        raise missing_shard(index, name, call.account)
    if shard.closed_ms is not None and shard.closed_ms <= stream.horizon_ms(call.now_ms):
        raise missing_shard(index, name, call.account)
    return stream, shard


def _after(call: Call, stream: Stream, shard: Shard) -> int:
    kind, number = call.params["ShardIteratorType"], call.params.get("StartingSequenceNumber")
    log = call.transaction.log(stream.log_id(shard))
    if number is not None and kind in _UNNUMBERED:
        raise invalid(_MUST.format(kind, "also a"))
    if number is None and kind in _NUMBERED:
        raise invalid(_MUST.format(kind, "no"))
    if kind == "TRIM_HORIZON":
        return 0
    if kind == "LATEST":
        return call.transaction.head(log.id)
    if kind == "AT_TIMESTAMP":
        return log.at_time(_timestamp_ms(call)) - 1
    position = _position(stream, shard, str(number))
    return min(position if kind == "AFTER_SEQUENCE_NUMBER" else position - 1, log.head)


def _timestamp_ms(call: Call) -> int:
    timestamp: float | None = call.params.get("Timestamp")
    if timestamp is None:
        raise invalid(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
            "Current request has no timestamp parameter."
        )
    timestamp_ms = round(timestamp * 1000)
    if timestamp_ms > call.now_ms:
        raise invalid(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {timestamp_ms}, currentTimestampInMillis: {call.now_ms}"
        )
    return timestamp_ms


def _position(stream: Stream, shard: Shard, text: str) -> int:
    number = sequence.parse(text)
    used = (
        f"StartingSequenceNumber {text} used in GetShardIterator on shard {shard.shard_id} "
        f"in stream {stream.name} under account {stream.account} is invalid"
    )
    if number is None:
        raise invalid(f"{used}.")
    if number.shard != shard.index:
        raise invalid(
            f"Invalid StartingSequenceNumber. It encodes {shard_id(number.shard)}, "
            f"while it was used in a call to a shard with {shard.shard_id}"
        )
    if number.created_s != shard.created_s:
        raise invalid(f"{used} because it did not come from this stream.")
    return number.sequence
