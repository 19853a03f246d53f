"""CreateLogStream, DescribeLogStreams, DeleteLogStream."""

from typing import Any

import msgspec

from tailrace.logs import event
from tailrace.logs.group import GROUPS, STREAMS, Group, Stream, find_group, find_stream, invalid, stream_key, streams_of
from tailrace.logs.page import page
from tailrace.logs.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError


@SERVICE.operation("CreateLogStream")
def create_log_stream(call: Call) -> dict[str, Any]:
    """Create a stream in a group."""
    group, name = find_group(call), call.params["logStreamName"]
    if STREAMS.get(call.transaction, stream_key(group, name)) is not None:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
    stream = Stream(name=name, id=call.random.getrandbits(63), created_ms=call.now_ms)
    STREAMS.put(call.transaction, stream_key(group, name), stream)
    return {}


@SERVICE.operation("DescribeLogStreams")
def describe_log_streams(call: Call) -> dict[str, Any]:
    """Answer a group's streams, by name or by the time of their last event."""
    group, params = find_group(call), call.params
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and params.get("logStreamNamePrefix"):
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    streams = streams_of(call, group, params.get("logStreamNamePrefix", ""))
    if by_time:
        streams.sort(key=lambda stream: (stream.last_ms or 0, stream.name))
    if params.get("descending"):
        streams.reverse()
    return page(call, "logStreams", [(stream.name, _shown(group, stream)) for stream in streams])


@SERVICE.operation("DeleteLogStream")
def delete_log_stream(call: Call) -> dict[str, Any]:
    """Delete a stream with its events."""
    group = find_group(call)
    stream = find_stream(call, group)
    event.drop(call.transaction, group, stream)
    STREAMS.delete(call.transaction, stream_key(group, stream.name))
    after = msgspec.structs.replace(group, size_bytes=group.size_bytes - stream.size_bytes)
    GROUPS.put(call.transaction, group.key, after)
    return {}


def _shown(group: Group, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created_ms,
        "firstEventTimestamp": stream.first_ms,
        "lastEventTimestamp": stream.last_ms,
        "lastIngestionTime": stream.ingested_ms,
        "uploadSequenceToken": f"{stream.next_number:056d}",
        "arn": f"{group.arn}:log-stream:{stream.name}",
        "storedBytes": 0,  # CloudWatch stopped counting by stream in 2019
    }
    return {member: value for member, value in shown.items() if value is not None}
