"""IAM among the services: its operations register here, and this says which permissions each needs.

ARNs are made of what the request names; a path that the request doesn't carry is taken to be ``/``.
"""

from collections.abc import Sequence
from typing import Any

from tailrace.service.service import Permission, Service

SERVICE = Service("iam")
INTERNAL = frozenset({"AssumeRole", "IssueSession", "FindAccessKey"})
_RESOURCES = (
    ("PolicyArn", "{}"),
    ("RoleName", "arn:aws:iam::{account}:role{path}{}"),
    ("UserName", "arn:aws:iam::{account}:user{path}{}"),
    ("GroupName", "arn:aws:iam::{account}:group{path}{}"),
    ("PolicyName", "arn:aws:iam::{account}:policy{path}{}"),
)


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    if operation in INTERNAL:
        return []
    # A policy is attached to something, and what it is attached to is the resource.
    members = _RESOURCES[1:] + _RESOURCES[:1] if operation.startswith(("Attach", "Detach")) else _RESOURCES
    for member, form in members:
        if member in params:
            path = params.get("Path", "/")
            return [(f"iam:{operation}", form.format(params[member], account=account, path=path))]
    return [(f"iam:{operation}", "*")]
