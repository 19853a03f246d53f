"""Firehose among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.firehose.stream import arn_of
from tailrace.service.service import Permission, Service

SERVICE = Service("firehose")


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    name = params.get("DeliveryStreamName")
    return [(f"firehose:{operation}", "*" if name is None else arn_of(region, account, name))]
