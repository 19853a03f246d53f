"""Tags of workgroups and catalogs."""

from __future__ import annotations

from typing import Any

import msgspec

from tailrace.athena.api.problem import invalid, not_found
from tailrace.athena.api.workgroups import find
from tailrace.athena.registry import SERVICE
from tailrace.engine.rows import Rows
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError


class TagSet(msgspec.Struct, frozen=True):
    """The tags of a resource."""

    tags: dict[str, str]


TAGS = Rows("athena/tags", TagSet)
_TAGS_MAX = 50


def _checked(call: Call) -> str:
    arn: str = call.params["ResourceARN"]
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    if not arn.startswith("arn:") or kind not in ("workgroup", "datacatalog"):
        raise invalid(f"Invalid ARN: {arn}")
    if kind == "workgroup":
        try:
            find(call.transaction, call.region, name)
        except AwsError as error:
            raise not_found(error.message, arn) from error
    return arn


def _tags(call: Call, arn: str) -> dict[str, str]:
    found = TAGS.get(call.transaction, arn)
    return {} if found is None else found.tags


def put_tags(call: Call, arn: str, tags: list[dict[str, str]]) -> None:
    """Stage further tags of a resource."""
    merged = {**_tags(call, arn), **{tag["Key"]: tag.get("Value", "") for tag in tags}}
    if len(merged) > _TAGS_MAX:
        raise invalid(f"The number of tags exceeds the limit of {_TAGS_MAX}")
    if merged:
        TAGS.put(call.transaction, arn, TagSet(merged))


@SERVICE.operation("TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags."""
    put_tags(call, _checked(call), call.params["Tags"])
    return {}


@SERVICE.operation("UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Remove tags."""
    arn = _checked(call)
    kept = {key: value for key, value in _tags(call, arn).items() if key not in call.params["TagKeys"]}
    TAGS.put(call.transaction, arn, TagSet(kept))
    return {}


@SERVICE.operation("ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """Answer the tags."""
    tags = _tags(call, _checked(call))
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
