"""GetShardIterator: a place in a shard, as a token that anybody can carry for 15 minutes, over restarts too."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import msgspec

from tailrace.dynamodb.errors import validation
from tailrace.dynamodb.record import position_of
from tailrace.dynamodb.registry import STREAMS
from tailrace.dynamodb.stream import RETENTION_MS, ShardRow
from tailrace.dynamodb.streams import named_stream
from tailrace.engine.log import Log
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

LIFE_MS = 15 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Iterator:
    """A place in a shard: behind a position, or at the trim horizon wherever that is when it is used."""

    arn: str
    shard_id: str
    after: int  # -1 is the trim horizon
    issued_ms: int

    def token(self) -> str:
        """Write it as a token; it begins with the stream's ARN, as AWS's do."""
        place = msgspec.json.encode([self.shard_id, self.after, self.issued_ms])
        return f"{self.arn}|1|{urlsafe_b64encode(place).decode()}"


@STREAMS.operation("GetShardIterator")
def get_shard_iterator(call: Call) -> dict[str, Any]:
    """Answer an iterator for a place in a shard."""
    stream = named_stream(call)
    shard_id = call.params["ShardId"]
    shard = next((shard for shard in stream.shards if shard.shard_id == shard_id), None)
    if shard is None:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Shard: {shard_id} not found")
    return {"ShardIterator": Iterator(stream.arn, shard_id, _after(call, shard), call.now_ms).token()}


def read_token(token: str) -> Iterator:
    """Read a token. Raises ValidationException for what none is."""
    arn, _, rest = token.partition("|")
    try:
        shard_id, after, issued_ms = msgspec.json.decode(
            urlsafe_b64decode(rest.partition("|")[2]), type=tuple[str, int, int]
        )
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise validation("Invalid ShardIterator") from None
    return Iterator(arn, shard_id, after, issued_ms)


def oldest_kept(log: Log, now_ms: int) -> int:
    """Answer the first position that a reader may still have: records live a day, whenever they are removed."""
    first = log.time_of(log.tail)
    if first is None or first >= now_ms - RETENTION_MS:
        return log.tail
    return log.at_time(now_ms - RETENTION_MS)


def trimmed() -> AwsError:
    """Answer the error of a place whose record is gone."""
    return AwsError(
        "TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard."
    )


def _after(call: Call, shard: ShardRow) -> int:
    """Answer the position that an iterator stands behind. Raises AwsError."""
    kind, number = call.params["ShardIteratorType"], call.params.get("SequenceNumber")
    log = call.transaction.log(shard.log_id)
    if kind == "TRIM_HORIZON":
        return -1
    if kind == "LATEST":
        return log.head
    if kind == "AT_TIMESTAMP":
        return _after_timestamp(call, log)
    if number is None:
        raise validation(f"The SequenceNumber parameter is required when ShardIteratorType is {kind}")
    if not number.isdigit() or not number.isascii():
        raise validation(f"Invalid SequenceNumber: {number}")
    position = position_of(shard, number)
    # The number that an empty shard begins with belongs to the record that will come.
    if position > max(log.head, 1):
        raise validation(f"Invalid SequenceNumber: {number}")
    after = position - 1 if kind == "AT_SEQUENCE_NUMBER" else position
    if after + 1 < oldest_kept(log, call.now_ms):
        raise trimmed()
    return after


def _after_timestamp(call: Call, log: Log) -> int:
    timestamp = call.params.get("Timestamp")
    if timestamp is None:
        raise validation("The Timestamp parameter is required when ShardIteratorType is AT_TIMESTAMP")
    if timestamp > call.now:
        raise validation("The Timestamp parameter cannot be in the future")
    position = log.at_time(round(timestamp * 1000))
    return -1 if position <= oldest_kept(log, call.now_ms) else position - 1
