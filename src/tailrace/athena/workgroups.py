"""The operations on workgroups."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.athena import workgroup
from tailrace.athena.errors import invalid
from tailrace.athena.named_queries import QUERIES
from tailrace.athena.page import opened, paged
from tailrace.athena.prepared_statements import STATEMENTS
from tailrace.athena.registry import SERVICE
from tailrace.athena.workgroup import ENGINE, PRIMARY, ROWS, WorkGroup, filled, find, keep
from tailrace.service.call import Call

_PAGE_MAX = 50
# the part of ConfigurationUpdates that removes -> what it removes
_REMOVALS = {
    "RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery",
    "RemoveCustomerContentEncryptionConfiguration": "CustomerContentEncryptionConfiguration",
}
_RESULT_REMOVALS = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}


@SERVICE.operation("CreateWorkGroup")
def create_work_group(call: Call) -> dict[str, Any]:
    """Make a workgroup."""
    name = call.params["Name"]
    if workgroup.get(call.transaction, call.region, name) is not None:
        raise invalid("WorkGroup is already created")
    group = WorkGroup(
        name=name,
        created=round(call.now, 3),
        configuration=filled(call.params.get("Configuration") or {}),
        description=call.params.get("Description", ""),
        tags={tag["Key"]: tag.get("Value", "") for tag in call.params.get("Tags", ())},
    )
    keep(call, group)
    return {}


@SERVICE.operation("GetWorkGroup")
def get_work_group(call: Call) -> dict[str, Any]:
    """Answer a workgroup."""
    group = find(call, call.params["WorkGroup"])
    answer = {"Name": group.name, "State": group.state, "Configuration": group.configuration}
    return {"WorkGroup": {**answer, "Description": group.description, "CreationTime": group.created}}


@SERVICE.operation("ListWorkGroups")
def list_work_groups(call: Call) -> dict[str, Any]:
    """Answer workgroups by name, a page at a time."""
    limit = min(call.params.get("MaxResults", _PAGE_MAX), _PAGE_MAX)
    after = opened(call.params.get("NextToken"))
    return paged("WorkGroups", _all(call, after), limit, _summary)


@SERVICE.operation("UpdateWorkGroup")
def update_work_group(call: Call) -> dict[str, Any]:
    """Change a workgroup's description, state and configuration."""
    group = find(call, call.params["WorkGroup"])
    changed = msgspec.structs.replace(
        group,
        description=call.params.get("Description", group.description),
        state=call.params.get("State", group.state),
        configuration=_updated(group.configuration, call.params.get("ConfigurationUpdates") or {}),
    )
    keep(call, changed)
    return {}


@SERVICE.operation("DeleteWorkGroup")
def delete_work_group(call: Call) -> dict[str, Any]:
    """Delete a workgroup; one that holds saved queries or statements only when asked to delete them too."""
    name = call.params["WorkGroup"]
    if name == PRIMARY:
        raise invalid("The primary WorkGroup can't be deleted.")
    if ROWS.get(call.transaction, call.key(name)) is None:
        return {}
    queries = [key for key, query in QUERIES.scan(call.transaction, call.key("")) if query.workgroup == name]
    statements = [key for key, _ in STATEMENTS.scan(call.transaction, call.key(f"{name}/"))]
    if (queries or statements) and not call.params.get("RecursiveDeleteOption", False):
        raise invalid(f"WorkGroup {name} is not empty")
    for key in queries:
        QUERIES.delete(call.transaction, key)
    for key in statements:
        STATEMENTS.delete(call.transaction, key)
    ROWS.delete(call.transaction, call.key(name))
    return {}


@SERVICE.operation("ListEngineVersions")
def list_engine_versions(call: Call) -> dict[str, Any]:
    """Answer the engine versions that can be chosen."""
    effective = ENGINE["EffectiveEngineVersion"]
    versions = [{"SelectedEngineVersion": name, "EffectiveEngineVersion": effective} for name in ("AUTO", effective)]
    return {"EngineVersions": versions}


def _all(call: Call, after: str) -> Iterator[tuple[str, WorkGroup]]:
    """Answer (key, workgroup) in order of names, the primary one in its place even when nobody has changed it."""
    listed = dict(ROWS.scan(call.transaction, call.key("")))
    key = call.key(PRIMARY)
    if key not in listed:
        listed[key] = find(call, PRIMARY)
    for each in sorted(listed):
        if each > after:
            yield each, listed[each]


def _summary(group: WorkGroup) -> dict[str, Any]:
    return {
        "Name": group.name,
        "State": group.state,
        "Description": group.description,
        "CreationTime": group.created,
        "EngineVersion": group.configuration["EngineVersion"],
    }


def _updated(configuration: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    changed = {**configuration, **updates}
    for removal, name in _REMOVALS.items():
        if changed.pop(removal, False):
            changed.pop(name, None)
    result_updates = changed.pop("ResultConfigurationUpdates", None)
    if result_updates is not None:
        result = {**configuration.get("ResultConfiguration", {}), **result_updates}
        for removal, name in _RESULT_REMOVALS.items():
            if result.pop(removal, False):
                result.pop(name, None)
        changed["ResultConfiguration"] = result
    return filled(changed)
