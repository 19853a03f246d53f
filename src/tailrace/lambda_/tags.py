"""TagResource, UntagResource, ListTags: of functions, named by their ARN."""

from typing import Any

import msgspec

from tailrace.lambda_.errors import invalid
from tailrace.lambda_.function import FUNCTIONS, Function, find
from tailrace.lambda_.naming import read
from tailrace.lambda_.registry import SERVICE
from tailrace.service.call import Call

_TAGS_MAX = 50


@SERVICE.operation("TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags or change their values."""
    function = _tagged(call)
    tags = {**function.tags, **call.params["Tags"]}
    if len(tags) > _TAGS_MAX:
        raise invalid(f"Number of tags exceeds resource tag limit of {_TAGS_MAX}.")
    return _put(call, function, tags)


@SERVICE.operation("UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Remove tags."""
    function = _tagged(call)
    return _put(call, function, {k: v for k, v in function.tags.items() if k not in call.params["TagKeys"]})


@SERVICE.operation("ListTags")
def list_tags(call: Call) -> dict[str, Any]:
    """Answer a function's tags."""
    return {"Tags": _tagged(call).tags}


def _tagged(call: Call) -> Function:
    reference = read(call.params["Resource"], call.region, call.account)
    if reference.qualifier is not None:
        raise invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
    return find(call.transaction, reference)


def _put(call: Call, function: Function, tags: dict[str, str]) -> dict[str, Any]:
    FUNCTIONS.put(call.transaction, function.key, msgspec.structs.replace(function, tags=tags))
    return {}
