"""GetRecords: the change records behind an iterator, as the API writes them, and the iterator for what follows."""

from typing import Any

import orjson

from tailrace.dynamodb.record import on_wire
from tailrace.dynamodb.registry import STREAMS
from tailrace.dynamodb.shard_iterators import LIFE_MS, Iterator, oldest_kept, read_token, trimmed
from tailrace.dynamodb.streaming import find_stream
from tailrace.dynamodb.streams import stream_missing
from tailrace.service.call import Call
from tailrace.service.fault import Fault
from tailrace.wire.errors import AwsError

_RECORDS_MAX = 1000
_BYTES_MAX = 2**20


@STREAMS.operation("GetRecords")
def get_records(call: Call) -> dict[str, Any]:
    """Answer up to 1,000 records or 1 MB; without a next iterator when the shard is closed and read to its end."""
    iterator = read_token(call.params["ShardIterator"])
    stream = find_stream(call.transaction, call.region, iterator.arn)
    shard = next((shard for shard in stream.shards if shard.shard_id == iterator.shard_id), None) if stream else None
    if stream is None or shard is None:
        raise stream_missing(iterator.arn)
    if call.now_ms - iterator.issued_ms > LIFE_MS or call.cloud.faults.strikes(Fault.DYNAMODB_ITERATOR):
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. It was issued at {iterator.issued_ms} and it is {call.now_ms} now: an iterator lives "
            f"for {LIFE_MS} milliseconds.",
        )
    log = call.transaction.log(shard.log_id)
    oldest = oldest_kept(log, call.now_ms)
    after = oldest - 1 if iterator.after < 0 else iterator.after
    if after + 1 < oldest:
        raise trimmed()
    # A change is told when it is on disk, like its own writer is.
    limit = min(call.params.get("Limit") or _RECORDS_MAX, _RECORDS_MAX, log.durable_head - after)
    entries = log.read(after, limit, _BYTES_MAX) if limit > 0 else []
    after = entries[-1].sequence if entries else after
    answer: dict[str, Any] = {"Records": [orjson.Fragment(on_wire(entry.data, stream.arn)) for entry in entries]}
    if stream.closed_ms is None or after < log.head:
        answer["NextShardIterator"] = Iterator(stream.arn, shard.shard_id, after, call.now_ms).token()
    return answer
