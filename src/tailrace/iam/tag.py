"""Tags of roles, users and managed policies. Keys keep their case and are told apart without it."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tailrace.iam import managed
from tailrace.iam.entity import POLICIES, ROLE, USER, Kind, changed, exceeded, find, put
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_TAGS_MAX = 50


def merged(noun: str, before: dict[str, str], added: Sequence[dict[str, str]]) -> dict[str, str]:
    """Answer tags with those added. Raises InvalidInput for a key given twice, LimitExceeded."""
    keys = {tag["Key"].lower() for tag in added}
    if len(keys) < len(added):
        raise AwsError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    kept = {key: value for key, value in before.items() if key.lower() not in keys}
    tags = {**kept, **{tag["Key"]: tag["Value"] for tag in added}}
    if len(tags) > _TAGS_MAX:
        raise exceeded(f"Cannot exceed quota for TagsPer{noun}: {_TAGS_MAX}")
    return tags


def shown(tags: dict[str, str]) -> list[dict[str, str]]:
    """Answer tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _without(tags: dict[str, str], gone: Sequence[str]) -> dict[str, str]:
    keys = {key.lower() for key in gone}
    return {key: value for key, value in tags.items() if key.lower() not in keys}


def _register(kind: Kind) -> None:
    @SERVICE.operation(f"Tag{kind.noun}")
    def tag(call: Call) -> dict[str, Any]:
        return _change(call, lambda tags: merged(kind.noun, tags, call.params["Tags"]))

    @SERVICE.operation(f"Untag{kind.noun}")
    def untag(call: Call) -> dict[str, Any]:
        return _change(call, lambda tags: _without(tags, call.params["TagKeys"]))

    @SERVICE.operation(f"List{kind.noun}Tags")
    def list_tags(call: Call) -> dict[str, Any]:
        return _page(call, find(call.transaction, kind, call.params[kind.parameter]).tags)

    def _change(call: Call, change: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, Any]:
        found = find(call.transaction, kind, call.params[kind.parameter])
        put(call, kind, msgspec.structs.replace(found, tags=change(found.tags)))
        return {}


for _kind in (ROLE, USER):
    _register(_kind)


@SERVICE.operation("TagPolicy")
def tag_policy(call: Call) -> dict[str, Any]:
    """Add tags to a managed policy."""
    return _change_policy(call, lambda tags: merged("Policy", tags, call.params["Tags"]))


@SERVICE.operation("UntagPolicy")
def untag_policy(call: Call) -> dict[str, Any]:
    """Remove tags of a managed policy."""
    return _change_policy(call, lambda tags: _without(tags, call.params["TagKeys"]))


@SERVICE.operation("ListPolicyTags")
def list_policy_tags(call: Call) -> dict[str, Any]:
    """Answer a page of a managed policy's tags."""
    return _page(call, managed.find(call.transaction, call.params["PolicyArn"]).tags)


def _change_policy(call: Call, change: Callable[[dict[str, str]], dict[str, str]]) -> dict[str, Any]:
    found = managed.own(call.transaction, call.params["PolicyArn"])
    POLICIES.put(call.transaction, found.arn, msgspec.structs.replace(found, tags=change(found.tags)))
    changed(call)
    return {}


def _page(call: Call, tags: dict[str, str]) -> dict[str, Any]:
    pairs = [(key, {"Key": key, "Value": tags[key]}) for key in sorted(tags)]
    return paged("Tags", pairs, call.params, lambda pair: pair)
