"""CreateLogGroup, DescribeLogGroups, DeleteLogGroup, retention and tags."""

from typing import Any

import msgspec

from tailrace.logs import event
from tailrace.logs.group import GROUPS, STREAMS, Group, find_group, invalid, stream_key, streams_of
from tailrace.logs.page import page
from tailrace.logs.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
_UNBUILT = {
    "kmsKeyId": "encryption with a key of your own",
    "deletionProtectionEnabled": "deletion protection",
}
_TAGS_MAX = 50


@SERVICE.operation("CreateLogGroup")
def create_log_group(call: Call) -> dict[str, Any]:
    """Create a log group."""
    name = call.params["logGroupName"]
    for member, what in _UNBUILT.items():
        if call.params.get(member):
            raise invalid(f"Tailrace does not carry out {what} of log groups yet ({member}).")
    if GROUPS.get(call.transaction, call.key(name)) is not None:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    group = Group(
        name=name,
        region=call.region,
        account=call.account,
        id=call.random.getrandbits(63),
        created_ms=call.now_ms,
        tags=dict(call.params.get("tags", {})),
    )
    return _put(call, group)


@SERVICE.operation("DescribeLogGroups")
def describe_log_groups(call: Call) -> dict[str, Any]:
    """Answer the groups whose names begin with a prefix, or hold a text."""
    prefix, pattern = call.params.get("logGroupNamePrefix"), call.params.get("logGroupNamePattern")
    if prefix and pattern:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    found = [group for _, group in GROUPS.scan(call.transaction, call.key(prefix or ""))]
    return page(call, "logGroups", [(group.name, _shown(group)) for group in found if (pattern or "") in group.name])


@SERVICE.operation("DeleteLogGroup")
def delete_log_group(call: Call) -> dict[str, Any]:
    """Delete a group with all its streams and events."""
    group = find_group(call)
    for stream in streams_of(call, group):
        event.drop(call.transaction, group, stream)
        STREAMS.delete(call.transaction, stream_key(group, stream.name))
    GROUPS.delete(call.transaction, group.key)
    return {}


@SERVICE.operation("PutRetentionPolicy")
def put_retention_policy(call: Call) -> dict[str, Any]:
    """Say how many days events are kept."""
    group, days = find_group(call), call.params["retentionInDays"]
    if days not in _RETENTION_DAYS:
        known = ", ".join(map(str, _RETENTION_DAYS))
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{known}]"
        )
    return _put(call, msgspec.structs.replace(group, retention_days=days))


@SERVICE.operation("DeleteRetentionPolicy")
def delete_retention_policy(call: Call) -> dict[str, Any]:
    """Keep events for ever, up to what this machine keeps of a group."""
    return _put(call, msgspec.structs.replace(find_group(call), retention_days=None))


@SERVICE.operation("TagResource")
@SERVICE.operation("TagLogGroup")
def tag(call: Call) -> dict[str, Any]:
    """Add tags to a group or change their values."""
    group = find_group(call)
    tags = {**group.tags, **call.params["tags"]}
    if len(tags) > _TAGS_MAX:
        raise AwsError("TooManyTagsException", f"A resource can have no more than {_TAGS_MAX} tags.")
    return _put(call, msgspec.structs.replace(group, tags=tags))


@SERVICE.operation("UntagResource")
@SERVICE.operation("UntagLogGroup")
def untag(call: Call) -> dict[str, Any]:
    """Remove tags from a group."""
    group, keys = find_group(call), call.params.get("tagKeys") or call.params.get("tags", ())
    return _put(call, msgspec.structs.replace(group, tags={k: v for k, v in group.tags.items() if k not in keys}))


@SERVICE.operation("ListTagsForResource")
@SERVICE.operation("ListTagsLogGroup")
def list_tags(call: Call) -> dict[str, Any]:
    """Answer a group's tags."""
    return {"tags": find_group(call).tags}


def _put(call: Call, group: Group) -> dict[str, Any]:
    GROUPS.put(call.transaction, group.key, group)
    return {}


def _shown(group: Group) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logGroupName": group.name,
        "creationTime": group.created_ms,
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "storedBytes": group.size_bytes,
        "logGroupClass": "STANDARD",
        "logGroupArn": group.arn,
    }
    if group.retention_days is not None:
        shown["retentionInDays"] = group.retention_days
    return shown
