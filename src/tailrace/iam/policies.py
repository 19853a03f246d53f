"""Managed policies of the account and their versions, and those of AWS to look at."""

from collections import Counter
from typing import Any
from urllib.parse import quote

import msgspec

from tailrace.iam import managed, tag
from tailrace.iam.attachments import bounded_by, users_of
from tailrace.iam.document import parse_identity, size_of
from tailrace.iam.entity import (
    KINDS,
    POLICIES,
    ROLE,
    USER,
    Managed,
    Version,
    already,
    changed,
    conflict,
    exceeded,
    new_id,
    no_such,
)
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.service.call import Call

CHARS_MAX = 6144
VERSIONS_MAX = 5


@SERVICE.operation("CreatePolicy")
def create_policy(call: Call) -> dict[str, Any]:
    """Create a managed policy; its document is version v1."""
    params, name, path = call.params, call.params["PolicyName"], call.params.get("Path", "/")
    if any(policy.name.lower() == name.lower() for _, policy in POLICIES.scan(call.transaction)):
        raise already(f"A policy called {name} already exists. Duplicate names are not allowed.")
    version = _version(call, 1)
    policy = Managed(
        name=name,
        path=path,
        id=new_id(call.random, "ANPA"),
        arn=f"arn:aws:iam::{call.account}:policy{path}{name}",
        created=int(call.now),
        updated=int(call.now),
        default=version.id,
        versions=(version,),
        description=params.get("Description"),
        tags=tag.merged("Policy", {}, params.get("Tags", [])),
    )
    _put(call, policy)
    shown = _listed(policy, 0, 0)
    return {"Policy": shown | ({"Tags": tag.shown(policy.tags)} if policy.tags else {})}


@SERVICE.operation("GetPolicy")
def get_policy(call: Call) -> dict[str, Any]:
    """Answer a managed policy without its document."""
    policy = managed.find(call.transaction, call.params["PolicyArn"])
    attached = sum(1 for _ in users_of(call.transaction, policy.arn))
    bounding = sum(1 for _ in bounded_by(call.transaction, policy.arn))
    shown = {**_listed(policy, attached, bounding), "Tags": tag.shown(policy.tags)}
    return {"Policy": shown if policy.description is None else {**shown, "Description": policy.description}}


@SERVICE.operation("ListPolicies")
def list_policies(call: Call) -> dict[str, Any]:
    """Answer a page of managed policies by ARN."""
    params, prefix = call.params, call.params.get("PathPrefix", "/")
    bounds = params.get("PolicyUsageFilter") == "PermissionsBoundary"
    entities = [entity for kind in KINDS for _, entity in kind.rows.scan(call.transaction)]
    attached = Counter(arn for entity in entities for arn in entity.attached)
    bounding = Counter(entity.boundary for kind in (ROLE, USER) for _, entity in kind.rows.scan(call.transaction))
    used = bounding if bounds else attached
    found = (
        (arn, policy)
        for arn, policy in managed.scan(call.transaction, params.get("Scope", "All"))
        if policy.path.startswith(prefix) and (used[arn] or not (bounds or params.get("OnlyAttached")))
    )
    return paged("Policies", found, params, lambda policy: _listed(policy, attached[policy.arn], bounding[policy.arn]))


@SERVICE.operation("DeletePolicy")
def delete_policy(call: Call) -> dict[str, Any]:
    """Delete a managed policy that nothing uses and that has one version."""
    policy = managed.own(call.transaction, call.params["PolicyArn"])
    if any(users_of(call.transaction, policy.arn)) or any(bounded_by(call.transaction, policy.arn)):
        raise conflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    POLICIES.delete(call.transaction, policy.arn)
    changed(call)
    return {}


@SERVICE.operation("CreatePolicyVersion")
def create_policy_version(call: Call) -> dict[str, Any]:
    """Add a version, in force at once if so asked."""
    policy = managed.own(call.transaction, call.params["PolicyArn"])
    if len(policy.versions) >= VERSIONS_MAX:
        raise exceeded(
            f"A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new version, you must "
            "delete an existing version."
        )
    version = _version(call, policy.made + 1)
    default = version.id if call.params.get("SetAsDefault") else policy.default
    policy = msgspec.structs.replace(
        policy, versions=(*policy.versions, version), made=policy.made + 1, default=default, updated=int(call.now)
    )
    _put(call, policy)
    shown = _listed_version(policy, version)
    return {"PolicyVersion": shown}


@SERVICE.operation("GetPolicyVersion")
def get_policy_version(call: Call) -> dict[str, Any]:
    """Answer a version with its document."""
    policy = managed.find(call.transaction, call.params["PolicyArn"])
    version = _find_version(policy, call.params["VersionId"])
    return {"PolicyVersion": {**_listed_version(policy, version), "Document": quote(version.document, safe="")}}


@SERVICE.operation("ListPolicyVersions")
def list_policy_versions(call: Call) -> dict[str, Any]:
    """Answer a page of versions, the newest first."""
    policy = managed.find(call.transaction, call.params["PolicyArn"])
    newest_first = [(f"{place:03d}", version) for place, version in enumerate(reversed(policy.versions))]
    return paged("Versions", newest_first, call.params, lambda version: _listed_version(policy, version))


@SERVICE.operation("SetDefaultPolicyVersion")
def set_default_policy_version(call: Call) -> dict[str, Any]:
    """Put a version in force."""
    policy = managed.own(call.transaction, call.params["PolicyArn"])
    version = _find_version(policy, call.params["VersionId"])
    _put(call, msgspec.structs.replace(policy, default=version.id, updated=int(call.now)))
    return {}


@SERVICE.operation("DeletePolicyVersion")
def delete_policy_version(call: Call) -> dict[str, Any]:
    """Delete a version that isn't in force."""
    policy = managed.own(call.transaction, call.params["PolicyArn"])
    version = _find_version(policy, call.params["VersionId"])
    if version.id == policy.default:
        raise conflict("Cannot delete the default version of a policy.")
    kept = tuple(each for each in policy.versions if each.id != version.id)
    _put(call, msgspec.structs.replace(policy, versions=kept))
    return {}


def _version(call: Call, number: int) -> Version:
    text = call.params["PolicyDocument"]
    parse_identity(text)
    if size_of(text) > CHARS_MAX:
        raise exceeded(f"Cannot exceed quota for PolicySize: {CHARS_MAX}")
    return Version(id=f"v{number}", document=text, created=int(call.now))


def _find_version(policy: Managed, version_id: str) -> Version:
    found = next((version for version in policy.versions if version.id == version_id), None)
    if found is None:
        text = f"Policy {policy.arn} version {version_id} does not exist or is not attachable."
        raise no_such(text)
    return found


def _put(call: Call, policy: Managed) -> None:
    POLICIES.put(call.transaction, policy.arn, policy)
    changed(call)


def _listed(policy: Managed, attached: int, bounding: int) -> dict[str, Any]:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": bounding,
        "IsAttachable": True,
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    }


def _listed_version(policy: Managed, version: Version) -> dict[str, Any]:
    return {"VersionId": version.id, "IsDefaultVersion": version.id == policy.default, "CreateDate": version.created}
