"""Users come, are described, changed and go."""

from typing import Any

import msgspec

from tailrace.iam import managed, tag
from tailrace.iam.entity import USER, USERS, User, already, conflict, delete, find_user, new_id, put
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.iam.roles import MUST_DELETE, MUST_DETACH
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError


@SERVICE.operation("CreateUser")
def create_user(call: Call) -> dict[str, Any]:
    """Create a user."""
    params, name = call.params, call.params["UserName"]
    if USERS.get(call.transaction, name.lower()) is not None:
        raise already(f"User with name {name} already exists.")
    boundary = params.get("PermissionsBoundary")
    if boundary is not None:
        managed.attachable(call.transaction, boundary)
    user = User(
        name=name,
        path=params.get("Path", "/"),
        id=new_id(call.random, USER.id_prefix),
        created=int(call.now),
        boundary=boundary,
        tags=tag.merged("User", {}, params.get("Tags", [])),
    )
    put(call, USER, user)
    return {"User": {**listed(call, user), **_particulars(user)}}


@SERVICE.operation("GetUser")
def get_user(call: Call) -> dict[str, Any]:
    """Answer a user: the one named, or who asks."""
    caller = call.principal
    if "UserName" not in call.params and caller.kind == "root":
        return {"User": {"UserId": call.account, "Arn": caller.arn, "CreateDate": 0}}
    user = named_or_caller(call)
    return {"User": {**listed(call, user), **_particulars(user)}}


@SERVICE.operation("ListUsers")
def list_users(call: Call) -> dict[str, Any]:
    """Answer a page of users by name."""
    prefix = call.params.get("PathPrefix", "/")
    found = (pair for pair in USERS.scan(call.transaction) if pair[1].path.startswith(prefix))
    return paged("Users", found, call.params, lambda user: listed(call, user))


@SERVICE.operation("UpdateUser")
def update_user(call: Call) -> dict[str, Any]:
    """Give a user another name or path."""
    user = find_user(call.transaction, call.params["UserName"])
    name = call.params.get("NewUserName", user.name)
    if name.lower() != user.name.lower():
        if USERS.get(call.transaction, name.lower()) is not None:
            raise already(f"User with name {name} already exists.")
        if user.keys:
            raise AwsError("EntityTemporarilyUnmodifiable", "Delete the access keys before renaming the user.", 409)
        delete(call, USER, user)
    put(call, USER, msgspec.structs.replace(user, name=name, path=call.params.get("NewPath", user.path)))
    return {}


@SERVICE.operation("DeleteUser")
def delete_user(call: Call) -> dict[str, Any]:
    """Delete a user that has nothing any more."""
    user = find_user(call.transaction, call.params["UserName"])
    obstacles = (
        (user.keys, "Cannot delete entity, must delete access keys first."),
        (user.groups, "Cannot delete entity, must remove users from group first."),
        (user.attached, MUST_DETACH),
        (user.inline, MUST_DELETE),
    )
    for present, text in obstacles:
        if present:
            raise conflict(text)
    delete(call, USER, user)
    return {}


def named_or_caller(call: Call) -> User:
    """Answer the user that a request names, else the caller. Raises NoSuchEntity, ValidationError."""
    name = call.params.get("UserName")
    if name is None:
        if call.principal.kind != "user":
            raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
        name = call.principal.arn.rpartition("/")[2]
    return find_user(call.transaction, name)


def listed(call: Call, user: User) -> dict[str, Any]:
    """Answer a user as lists show it."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": USER.arn(call.account, user),
        "CreateDate": user.created,
    }


def _particulars(user: User) -> dict[str, Any]:
    shown: dict[str, Any] = {"Tags": tag.shown(user.tags)} if user.tags else {}
    if user.boundary is not None:
        shown["PermissionsBoundary"] = managed.boundary_shown(user.boundary)
    return shown
