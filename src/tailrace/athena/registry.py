"""The registry of Athena's operations, and what the caller needs for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tailrace.service.service import Permission, Service

SERVICE = Service("athena")


@SERVICE.permissions
def _permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Operations on a workgroup need it; those on the id of a query name no workgroup."""
    root = f"arn:aws:athena:{region}:{account}"
    if "WorkGroup" in params or operation in _OF_WORKGROUPS:
        name = params.get("WorkGroup") or params.get("Name") or "primary"
        return [(f"athena:{operation}", f"{root}:workgroup/{name}")]
    if "CatalogName" in params:
        return [(f"athena:{operation}", f"{root}:datacatalog/{params['CatalogName']}")]
    return [(f"athena:{operation}", str(params.get("ResourceARN", "*")))]


_OF_WORKGROUPS = frozenset(
    ("CreateWorkGroup", "StartQueryExecution", "ListQueryExecutions", "CreateNamedQuery", "ListNamedQueries")
)
