"""Athena among the services: its operations register here, and this says which permissions each needs."""

from collections.abc import Sequence
from typing import Any

from tailrace.service.service import Permission, Service

SERVICE = Service("athena")

_CATALOG = frozenset({"GetDataCatalog", "ListDatabases", "GetDatabase", "ListTableMetadata", "GetTableMetadata"})


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the action and the workgroup or data catalog that it is for."""
    arn = f"arn:aws:athena:{region}:{account}"
    action = f"athena:{operation}"
    if operation in _CATALOG:
        name = params.get("CatalogName") or params.get("Name") or "AwsDataCatalog"
        return [(action, f"{arn}:datacatalog/{name}")]
    if operation in ("TagResource", "UntagResource", "ListTagsForResource"):
        return [(action, params["ResourceARN"])]
    if operation in ("ListWorkGroups", "ListDataCatalogs", "ListEngineVersions"):
        return [(action, "*")]
    name = params.get("Name") if operation == "CreateWorkGroup" else params.get("WorkGroup", "primary")
    return [(action, f"{arn}:workgroup/{name}")]
