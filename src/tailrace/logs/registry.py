"""CloudWatch Logs among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.logs.group import arn_of, name_in
from tailrace.service.service import Permission, Service

SERVICE = Service("logs")
_BY_ARN = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs: a group's ARN ends with ``:log-stream:`` even when no stream is meant."""
    action = f"logs:{operation}"
    if operation in _BY_ARN:
        return [(action, params["resourceArn"])]
    group = name_in(params)
    arn = arn_of(region, account, group or "")
    return [(action, f"{arn}:log-stream:{params.get('logStreamName', '')}")]
