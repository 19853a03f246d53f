"""Pipes among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.service.service import Permission, Service

SERVICE = Service("pipes")
_PASSES_ROLE = {"CreatePipe", "UpdatePipe"}


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    if "resourceArn" in params:
        resource = params["resourceArn"]
    else:
        resource = f"arn:aws:pipes:{region}:{account}:pipe/{params['Name']}" if "Name" in params else "*"
    needed = [(f"pipes:{operation}", resource)]
    if operation in _PASSES_ROLE:
        needed.append(("iam:PassRole", params["RoleArn"]))
    return needed
