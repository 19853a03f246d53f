"""What can be changed about a stream that isn't about its shards: capacity mode and the biggest record."""

from typing import Any

import msgspec

from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import HOUR_MS, STREAMS, find
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

SWITCHES_A_DAY_MAX = 2


@SERVICE.operation("UpdateStreamMode")
def update_stream_mode(call: Call) -> dict[str, Any]:
    """Switch between provisioned and on-demand; the shards stay as they are."""
    stream, mode = find(call), call.params["StreamModeDetails"]["StreamMode"]
    if mode == stream.mode:
        return {}
    recent = tuple(time_ms for time_ms in stream.switched_ms if time_ms > call.now_ms - 24 * HOUR_MS)
    if len(recent) >= SWITCHES_A_DAY_MAX:
        raise AwsError(
            "LimitExceededException",
            f"Stream {stream.name} under account {stream.account} has been switched between capacity modes "
            f"{SWITCHES_A_DAY_MAX} times in the last 24 hours; no more is allowed now.",
        )
    changed = msgspec.structs.replace(stream, mode=mode, switched_ms=(*recent, call.now_ms))
    STREAMS.put(call.transaction, stream.key, changed)
    return {}


@SERVICE.operation("UpdateMaxRecordSize")
def update_max_record_size(call: Call) -> dict[str, Any]:
    """Set how big a record may be, partition key included."""
    stream = find(call)
    changed = msgspec.structs.replace(stream, max_record_kib=call.params["MaxRecordSizeInKiB"])
    STREAMS.put(call.transaction, stream.key, changed)
    return {}
