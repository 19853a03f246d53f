"""Firehose among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.firehose.stream import arn_of
from tailrace.service.service import Permission, Service

SERVICE = Service("firehose")

_HANDING_OVER = frozenset({"CreateDeliveryStream", "UpdateDestination"})


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    name = params.get("DeliveryStreamName")
    resource = "*" if name is None else arn_of(region, account, name)
    roles = sorted(_roles(params)) if operation in _HANDING_OVER else []
    return [(f"firehose:{operation}", resource), *(("iam:PassRole", role) for role in roles)]


def _roles(given: Any) -> set[str]:
    """Answer every role that a request hands over, however deep it is named."""
    if isinstance(given, dict):
        named = {given["RoleARN"]} if "RoleARN" in given else set[str]()
        if given.get("ParameterName") == "RoleArn":
            named.add(given["ParameterValue"])
        return named.union(*(_roles(value) for value in given.values()))
    if isinstance(given, list):
        return set[str]().union(*(_roles(value) for value in given))
    return set()
