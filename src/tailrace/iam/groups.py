"""Groups of users come and go; users join and leave."""

from typing import Any

import msgspec

from tailrace.iam.entity import (
    GROUP,
    GROUPS,
    USER,
    USERS,
    Group,
    already,
    conflict,
    delete,
    find_group,
    find_user,
    new_id,
    put,
)
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.iam.roles import MUST_DELETE, MUST_DETACH
from tailrace.iam.users import listed as listed_user
from tailrace.service.call import Call


@SERVICE.operation("CreateGroup")
def create_group(call: Call) -> dict[str, Any]:
    """Create a group."""
    name = call.params["GroupName"]
    if GROUPS.get(call.transaction, name.lower()) is not None:
        raise already(f"Group with name {name} already exists.")
    unique = new_id(call.random, GROUP.id_prefix)
    group = Group(name=name, path=call.params.get("Path", "/"), id=unique, created=int(call.now))
    put(call, GROUP, group)
    return {"Group": _listed(call, group)}


@SERVICE.operation("GetGroup")
def get_group(call: Call) -> dict[str, Any]:
    """Answer a group with a page of its users."""
    group = find_group(call.transaction, call.params["GroupName"])
    members = (pair for pair in USERS.scan(call.transaction) if group.name.lower() in pair[1].groups)
    page = paged("Users", members, call.params, lambda user: listed_user(call, user))
    return {"Group": _listed(call, group), **page}


@SERVICE.operation("ListGroups")
def list_groups(call: Call) -> dict[str, Any]:
    """Answer a page of groups by name."""
    prefix = call.params.get("PathPrefix", "/")
    found = (pair for pair in GROUPS.scan(call.transaction) if pair[1].path.startswith(prefix))
    return paged("Groups", found, call.params, lambda group: _listed(call, group))


@SERVICE.operation("DeleteGroup")
def delete_group(call: Call) -> dict[str, Any]:
    """Delete a group that has neither users nor policies any more."""
    group = find_group(call.transaction, call.params["GroupName"])
    if any(group.name.lower() in user.groups for _, user in USERS.scan(call.transaction)):
        raise conflict("Cannot delete entity, must remove users from group first.")
    if group.attached:
        raise conflict(MUST_DETACH)
    if group.inline:
        raise conflict(MUST_DELETE)
    delete(call, GROUP, group)
    return {}


@SERVICE.operation("AddUserToGroup")
def add_user_to_group(call: Call) -> dict[str, Any]:
    """Let a user join a group; joining twice changes nothing."""
    group = find_group(call.transaction, call.params["GroupName"])
    user = find_user(call.transaction, call.params["UserName"])
    joined = tuple(sorted({*user.groups, group.name.lower()}))
    put(call, USER, msgspec.structs.replace(user, groups=joined))
    return {}


@SERVICE.operation("RemoveUserFromGroup")
def remove_user_from_group(call: Call) -> dict[str, Any]:
    """Let a user leave a group; leaving twice changes nothing."""
    group = find_group(call.transaction, call.params["GroupName"])
    user = find_user(call.transaction, call.params["UserName"])
    left = tuple(name for name in user.groups if name != group.name.lower())
    put(call, USER, msgspec.structs.replace(user, groups=left))
    return {}


@SERVICE.operation("ListGroupsForUser")
def list_groups_for_user(call: Call) -> dict[str, Any]:
    """Answer a page of a user's groups."""
    user = find_user(call.transaction, call.params["UserName"])
    joined = [(name, find_group(call.transaction, name)) for name in user.groups]
    return paged("Groups", joined, call.params, lambda group: _listed(call, group))


def _listed(call: Call, group: Group) -> dict[str, Any]:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": GROUP.arn(call.account, group),
        "CreateDate": group.created,
    }
