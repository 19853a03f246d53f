"""Roles come, are described, changed and go."""

from typing import Any
from urllib.parse import quote

import msgspec

from tailrace.iam import managed, tag, trust
from tailrace.iam.document import parse_trust, size_of
from tailrace.iam.entity import ROLE, ROLES, Role, already, conflict, delete, exceeded, find_role, new_id, put
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.service.call import Call

TRUST_CHARS_MAX = 2048
MUST_DETACH = "Cannot delete entity, must detach all policies first."
MUST_DELETE = "Cannot delete entity, must delete policies first."


@SERVICE.operation("CreateRole")
def create_role(call: Call) -> dict[str, Any]:
    """Create a role."""
    params, name = call.params, call.params["RoleName"]
    if ROLES.get(call.transaction, name.lower()) is not None:
        raise already(f"Role with name {name} already exists.")
    boundary = params.get("PermissionsBoundary")
    if boundary is not None:
        managed.attachable(call.transaction, boundary)
    role = Role(
        name=name,
        path=params.get("Path", "/"),
        id=new_id(call.random, ROLE.id_prefix),
        created=int(call.now),
        trust=params["AssumeRolePolicyDocument"],
        trusted_ids=_trusted_ids(call, params["AssumeRolePolicyDocument"]),
        description=params.get("Description"),
        session_s_max=params.get("MaxSessionDuration", 3600),
        boundary=boundary,
        tags=tag.merged("Role", {}, params.get("Tags", [])),
    )
    put(call, ROLE, role)
    shown = _listed(call, role)
    del shown["MaxSessionDuration"]
    return {"Role": shown | _particulars(role)}


@SERVICE.operation("GetRole")
def get_role(call: Call) -> dict[str, Any]:
    """Answer a role."""
    role = find_role(call.transaction, call.params["RoleName"])
    return {"Role": {**_listed(call, role), **_particulars(role), "RoleLastUsed": {}}}


@SERVICE.operation("ListRoles")
def list_roles(call: Call) -> dict[str, Any]:
    """Answer a page of roles by name."""
    prefix = call.params.get("PathPrefix", "/")
    found = (pair for pair in ROLES.scan(call.transaction) if pair[1].path.startswith(prefix))
    return paged("Roles", found, call.params, lambda role: _listed(call, role))


@SERVICE.operation("UpdateRole")
def update_role(call: Call) -> dict[str, Any]:
    """Change a role's description and how long its sessions may last."""
    role = find_role(call.transaction, call.params["RoleName"])
    description = call.params.get("Description", role.description)
    session_s_max = call.params.get("MaxSessionDuration", role.session_s_max)
    put(call, ROLE, msgspec.structs.replace(role, description=description, session_s_max=session_s_max))
    return {}


@SERVICE.operation("UpdateRoleDescription")
def update_role_description(call: Call) -> dict[str, Any]:
    """Change a role's description."""
    role = find_role(call.transaction, call.params["RoleName"])
    role = msgspec.structs.replace(role, description=call.params["Description"])
    put(call, ROLE, role)
    return {"Role": _listed(call, role)}


@SERVICE.operation("UpdateAssumeRolePolicy")
def update_assume_role_policy(call: Call) -> dict[str, Any]:
    """Change who may assume a role."""
    role = find_role(call.transaction, call.params["RoleName"])
    text = call.params["PolicyDocument"]
    put(call, ROLE, msgspec.structs.replace(role, trust=text, trusted_ids=_trusted_ids(call, text)))
    return {}


@SERVICE.operation("DeleteRole")
def delete_role(call: Call) -> dict[str, Any]:
    """Delete a role that has no policies any more."""
    role = find_role(call.transaction, call.params["RoleName"])
    if role.attached:
        raise conflict(MUST_DETACH)
    if role.inline:
        raise conflict(MUST_DELETE)
    delete(call, ROLE, role)
    return {}


@SERVICE.operation("ListInstanceProfilesForRole")
def list_instance_profiles_for_role(call: Call) -> dict[str, Any]:
    """Answer the instance profiles of a role: there are none, for there are no instances."""
    find_role(call.transaction, call.params["RoleName"])
    return {"InstanceProfiles": [], "IsTruncated": False}


def _trusted_ids(call: Call, text: str) -> dict[str, str]:
    parsed = parse_trust(text)
    if size_of(text) > TRUST_CHARS_MAX:
        raise exceeded(f"Cannot exceed quota for ACLSizePerRole: {TRUST_CHARS_MAX}")
    return trust.identify(call.transaction, call.account, parsed)


def _listed(call: Call, role: Role) -> dict[str, Any]:
    shown = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": ROLE.arn(call.account, role),
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": quote(trust.shown(call.transaction, call.account, role), safe=""),
        "MaxSessionDuration": role.session_s_max,
    }
    return shown if role.description is None else {**shown, "Description": role.description}


def _particulars(role: Role) -> dict[str, Any]:
    shown: dict[str, Any] = {"Tags": tag.shown(role.tags)} if role.tags else {}
    if role.boundary is not None:
        shown["PermissionsBoundary"] = managed.boundary_shown(role.boundary)
    return shown
