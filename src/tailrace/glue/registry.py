"""Glue among the services: its operations register here, and this says which permissions each needs.

A call on a table needs its action on the catalog, the database and the table (Glue guide, resource ARNs).
"""

from collections.abc import Sequence
from typing import Any

from tailrace.service.service import Permission, Service

SERVICE = Service("glue")

_WITH_ROLE = frozenset({"CreateCrawler", "UpdateCrawler"})
_ALL_TABLES = frozenset({"GetTables", "DeleteDatabase", "BatchDeleteTable"})


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    action = f"glue:{operation}"
    pairs = [(action, resource) for resource in _resources(operation, params, f"arn:aws:glue:{region}:{account}:")]
    if operation in _WITH_ROLE and "Role" in params:
        pairs.append(("iam:PassRole", role_arn(params["Role"], account)))
    return pairs


def role_arn(role: str, account: str) -> str:
    """Answer the ARN of a crawler's role, which may be given by its name with its path."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role.lstrip('/')}"


def _resources(operation: str, params: dict[str, Any], base: str) -> list[str]:
    if "Crawler" in operation or operation == "ListCrawls":
        name = params.get("Name") or params.get("CrawlerName")
        return [f"{base}crawler/{name}" if name else "*"]
    if "ResourceArn" in params:
        return [params["ResourceArn"]]
    if "Classifier" in operation:
        return ["*"]
    database = _database(operation, params)
    if database is None:
        return [f"{base}catalog", f"{base}database/*"] if operation == "GetDatabases" else [f"{base}catalog"]
    resources = [f"{base}catalog", f"{base}database/{database}"]
    table = params.get("TableName") or (params.get("Name") if "Table" in operation else None)
    table = table or params.get("TableInput", {}).get("Name")
    if table:
        return [*resources, f"{base}table/{database}/{table.lower()}"]
    return [*resources, f"{base}table/{database}/*"] if operation in _ALL_TABLES else resources


def _database(operation: str, params: dict[str, Any]) -> str | None:
    if "DatabaseName" in params:
        return str(params["DatabaseName"]).lower()
    if operation == "CreateDatabase":
        return str(params["DatabaseInput"].get("Name", "")).lower()
    return str(params["Name"]).lower() if operation.endswith("Database") else None
