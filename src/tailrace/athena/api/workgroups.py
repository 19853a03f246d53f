"""Workgroups: where results go, and whether clients may say otherwise. ``primary`` is always there."""

from __future__ import annotations

from typing import Any

import msgspec

from tailrace.athena.api.page import page, place_of
from tailrace.athena.api.problem import invalid
from tailrace.athena.catalog.location import parse_location
from tailrace.athena.execution.prepared_row import PREPARED
from tailrace.athena.execution.query import history
from tailrace.athena.registry import SERVICE
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call

PRIMARY = "primary"
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_PAGE = 50


class WorkGroup(msgspec.Struct, frozen=True):
    """A workgroup; ``configuration`` is in Athena's form."""

    name: str
    state: str
    description: str
    configuration: dict[str, Any]
    created_ms: int


WORKGROUPS = Rows("athena/workgroups", WorkGroup)


def _default(enforced: bool) -> dict[str, Any]:
    return {
        "ResultConfiguration": {},
        "EnforceWorkGroupConfiguration": enforced,
        "PublishCloudWatchMetricsEnabled": enforced,
        "RequesterPaysEnabled": False,
        "EngineVersion": ENGINE,
        "EnableMinimumEncryptionConfiguration": False,
    }


def find(transaction: Transaction, region: str, name: str) -> WorkGroup:
    """Answer a workgroup. InvalidRequestException when there is none."""
    found = WORKGROUPS.get(transaction, f"{region}/{name}")
    if found is None and name == PRIMARY:
        return WorkGroup(PRIMARY, "ENABLED", "", _default(False), 0)
    if found is None:
        raise invalid(f"WorkGroup {name} is not found.")
    return found


def arn_of(call: Call, name: str) -> str:
    """Answer a workgroup's ARN."""
    return call.arn("athena", f"workgroup/{name}")


@SERVICE.operation("CreateWorkGroup")
def create_work_group(call: Call) -> dict[str, Any]:
    """Make a workgroup."""
    from tailrace.athena.api.tags import put_tags

    name = call.params["Name"]
    if name == PRIMARY or WORKGROUPS.get(call.transaction, call.key(name)) is not None:
        raise invalid("WorkGroup is already created")
    configuration = {**_default(True), **call.params.get("Configuration", {})}
    configuration["EngineVersion"] = ENGINE
    _check(configuration)
    made = WorkGroup(name, "ENABLED", call.params.get("Description", ""), configuration, call.now_ms)
    WORKGROUPS.put(call.transaction, call.key(name), made)
    put_tags(call, arn_of(call, name), call.params.get("Tags", []))
    return {}


def _check(configuration: dict[str, Any]) -> None:
    location = configuration.get("ResultConfiguration", {}).get("OutputLocation")
    if location and parse_location(location) is None:
        raise invalid("outputLocation is not a valid S3 path.")


@SERVICE.operation("GetWorkGroup")
def get_work_group(call: Call) -> dict[str, Any]:
    """Answer a workgroup."""
    found = find(call.transaction, call.region, call.params["WorkGroup"])
    answer: dict[str, Any] = {
        "Name": found.name,
        "State": found.state,
        "Description": found.description,
        "Configuration": found.configuration,
    }
    if found.created_ms:
        answer["CreationTime"] = found.created_ms / 1000
    return {"WorkGroup": answer}


@SERVICE.operation("ListWorkGroups")
def list_work_groups(call: Call) -> dict[str, Any]:
    """Answer the workgroups by name."""
    after = place_of(call.params.get("NextToken"))
    rows = dict(WORKGROUPS.scan(call.transaction, prefix=f"{call.region}/"))
    rows.setdefault(call.key(PRIMARY), find(call.transaction, call.region, PRIMARY))
    following = ((key, rows[key]) for key in sorted(rows) if key > after)
    found, token = page(following, call.params.get("MaxResults", _PAGE))
    answer: dict[str, Any] = {"WorkGroups": [_summary(each) for each in found]}
    return answer if token is None else {**answer, "NextToken": token}


def _summary(workgroup: WorkGroup) -> dict[str, Any]:
    summary = {
        "Name": workgroup.name,
        "State": workgroup.state,
        "Description": workgroup.description,
        "EngineVersion": ENGINE,
    }
    return {**summary, "CreationTime": workgroup.created_ms / 1000} if workgroup.created_ms else summary


@SERVICE.operation("UpdateWorkGroup")
def update_work_group(call: Call) -> dict[str, Any]:
    """Change a workgroup."""
    found = find(call.transaction, call.region, call.params["WorkGroup"])
    configuration = _updated(found.configuration, call.params.get("ConfigurationUpdates", {}))
    _check(configuration)
    changed = msgspec.structs.replace(
        found,
        description=call.params.get("Description", found.description),
        state=call.params.get("State", found.state),
        configuration=configuration,
    )
    WORKGROUPS.put(call.transaction, call.key(found.name), changed)
    return {}


def _updated(configuration: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    changed = dict(configuration)
    rest = dict(updates)
    results = rest.pop("ResultConfigurationUpdates", None)
    if rest.pop("RemoveBytesScannedCutoffPerQuery", False):
        changed.pop("BytesScannedCutoffPerQuery", None)
    if rest.pop("RemoveCustomerContentEncryptionConfiguration", False):
        changed.pop("CustomerContentEncryptionConfiguration", None)
    rest.pop("EngineVersion", None)
    if results is not None:
        changed["ResultConfiguration"] = _updated_results(changed.get("ResultConfiguration", {}), results)
    return {**changed, **rest}


def _updated_results(configuration: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    changed = dict(configuration)
    for name, value in updates.items():
        if name.startswith("Remove"):
            if value:
                changed.pop(name.removeprefix("Remove"), None)
        else:
            changed[name] = value
    return changed


@SERVICE.operation("DeleteWorkGroup")
def delete_work_group(call: Call) -> dict[str, Any]:
    """Remove a workgroup; one with queries only when RecursiveDeleteOption says so."""
    from tailrace.athena.api.named_queries import delete_of_workgroup, has_named_queries

    name = call.params["WorkGroup"]
    if name == PRIMARY:
        raise invalid("The primary workgroup cannot be deleted")
    find(call.transaction, call.region, name)
    prepared = list(PREPARED.scan(call.transaction, prefix=f"{call.region}/{name}/"))
    used = bool(prepared) or has_named_queries(call, name)
    used = used or next(history(call.transaction, call.region, name), None) is not None
    if used and not call.params.get("RecursiveDeleteOption", False):
        raise invalid(f"WorkGroup {name} is not empty")
    for key, _ in prepared:
        PREPARED.delete(call.transaction, key)
    delete_of_workgroup(call, name)
    WORKGROUPS.delete(call.transaction, call.key(name))
    return {}


@SERVICE.operation("ListEngineVersions")
def list_engine_versions(call: Call) -> dict[str, Any]:
    """Answer the engines there are."""
    return {"EngineVersions": [ENGINE, {**ENGINE, "SelectedEngineVersion": ENGINE["EffectiveEngineVersion"]}]}
