"""Tags of workgroups."""

from typing import Any

import msgspec

from tailrace.athena.errors import not_found
from tailrace.athena.registry import SERVICE
from tailrace.athena.workgroup import WorkGroup, get, keep
from tailrace.service.call import Call


@SERVICE.operation("TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags."""
    group = _tagged(call)
    added = {tag["Key"]: tag.get("Value", "") for tag in call.params["Tags"]}
    keep(call, msgspec.structs.replace(group, tags={**group.tags, **added}))
    return {}


@SERVICE.operation("UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away."""
    group = _tagged(call)
    left = {key: value for key, value in group.tags.items() if key not in call.params["TagKeys"]}
    keep(call, msgspec.structs.replace(group, tags=left))
    return {}


@SERVICE.operation("ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Answer the tags."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tagged(call).tags.items()]}


def _tagged(call: Call) -> WorkGroup:
    arn = call.params["ResourceARN"]
    kind, _, name = arn.rpartition(":")[2].partition("/")
    group = get(call.transaction, call.region, name) if kind == "workgroup" else None
    if group is None:
        raise not_found(f"Resource {arn} was not found.", arn)
    return group
