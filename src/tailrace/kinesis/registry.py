"""Kinesis among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.kinesis import token
from tailrace.kinesis.stream import arn_of, named
from tailrace.service.service import Permission, Service
from tailrace.wire.errors import AwsError

SERVICE = Service("kinesis")

_ANY = frozenset({"ListStreams", "DescribeLimits"})
_ACTIONS = {
    "ShardLogs": ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards"),
    "AppendRecords": ("PutRecords",),
}


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    resource = "*" if operation in _ANY else _resource(params, region, account)
    return [(f"kinesis:{action}", resource) for action in _ACTIONS.get(operation, (operation,))]


def _resource(params: dict[str, Any], region: str, account: str) -> str:
    place = token.opened(params.get("ShardIterator") or params.get("NextToken") or "")
    if place is not None:
        return arn_of(region, account, place.stream)
    try:
        return arn_of(region, account, named(params, region, account))
    except AwsError:
        return "*"  # the operation itself will say what is wrong with the name
