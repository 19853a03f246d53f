"""Tags of a delivery stream."""

from typing import Any

import msgspec

from tailrace.firehose.registry import SERVICE
from tailrace.firehose.stream import DELIVERY_STREAMS, find, invalid
from tailrace.service.call import Call

TAGS_MAX = 50


@SERVICE.operation("TagDeliveryStream")
def tag_delivery_stream(call: Call) -> dict[str, Any]:
    """Add tags; those with the same key are replaced."""
    stream = find(call)
    tags = checked(stream.tags, call.params["Tags"])
    DELIVERY_STREAMS.put(call.transaction, stream.key, msgspec.structs.replace(stream, tags=tags))
    return {}


@SERVICE.operation("UntagDeliveryStream")
def untag_delivery_stream(call: Call) -> dict[str, Any]:
    """Remove tags by key; missing ones are no error."""
    stream = find(call)
    tags = {key: value for key, value in stream.tags.items() if key not in set(call.params["TagKeys"])}
    DELIVERY_STREAMS.put(call.transaction, stream.key, msgspec.structs.replace(stream, tags=tags))
    return {}


@SERVICE.operation("ListTagsForDeliveryStream")
def list_tags_for_delivery_stream(call: Call) -> dict[str, Any]:
    """Answer a page of tags by key."""
    tags, after = find(call).tags, call.params.get("ExclusiveStartTagKey", "")
    limit = call.params.get("Limit", TAGS_MAX)
    listed = [{"Key": key, "Value": tags[key]} for key in sorted(tags) if key > after]
    return {"Tags": listed[:limit], "HasMoreTags": len(listed) > limit}


def checked(before: dict[str, str], added: list[dict[str, str]]) -> dict[str, str]:
    """Answer tags with those added. Raises InvalidArgumentException when there are too many."""
    tags = {**before, **{tag["Key"]: tag.get("Value", "") for tag in added}}
    if len(tags) > TAGS_MAX:
        raise invalid(f"A delivery stream cannot have more than {TAGS_MAX} tags.")
    return tags
