"""Tags of a stream, by both families of operations: those by stream and those by resource ARN."""

import re
from typing import Any

import msgspec

from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.stream import STREAMS, find, invalid
from tailrace.service.call import Call

TAGS_MAX = 50
_FORBIDDEN = re.compile(r"[^\w\s./\-=+@:%]")
_ALLOWED = (
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @."
)


@SERVICE.operation("AddTagsToStream")
@SERVICE.operation("TagResource")
def add_tags(call: Call) -> dict[str, Any]:
    """Add tags to a stream; those with the same key are replaced."""
    stream = find(call)
    tags = checked(stream.name, stream.account, stream.tags, call.params["Tags"])
    STREAMS.put(call.transaction, stream.key, msgspec.structs.replace(stream, tags=tags))
    return {}


@SERVICE.operation("RemoveTagsFromStream")
@SERVICE.operation("UntagResource")
def remove_tags(call: Call) -> dict[str, Any]:
    """Remove tags by key; missing ones are no error."""
    stream = find(call)
    gone = set(call.params["TagKeys"])
    if any(_FORBIDDEN.search(key) for key in gone):
        raise invalid(_ALLOWED)
    tags = {key: value for key, value in stream.tags.items() if key not in gone}
    STREAMS.put(call.transaction, stream.key, msgspec.structs.replace(stream, tags=tags))
    return {}


@SERVICE.operation("ListTagsForStream")
def list_tags_for_stream(call: Call) -> dict[str, Any]:
    """Answer a page of a stream's tags by key."""
    limit, after = call.params.get("Limit", TAGS_MAX), call.params.get("ExclusiveStartTagKey", "")
    tags = [tag for tag in _listed(find(call).tags) if tag["Key"] > after]
    return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}


@SERVICE.operation("ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Answer all tags of a stream."""
    return {"Tags": _listed(find(call).tags)}


def checked(name: str, account: str, before: dict[str, str], added: dict[str, str]) -> dict[str, str]:
    """Answer a stream's tags with those added. Raises InvalidArgumentException for characters and number."""
    if any(_FORBIDDEN.search(text) for pair in added.items() for text in pair):
        raise invalid(_ALLOWED)
    tags = {**before, **added}
    if len(tags) > TAGS_MAX:
        raise invalid(
            f"Failed to add tags to stream {name} under account {account} because a given stream cannot have "
            f"more than {TAGS_MAX} tags associated with it."
        )
    return tags


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
