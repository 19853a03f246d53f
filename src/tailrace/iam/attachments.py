"""Managed policies on roles, users and groups: attached, detached, listed; and as bounds of roles and users."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.engine.transaction import Transaction
from tailrace.iam import managed
from tailrace.iam.entity import GROUP, KINDS, ROLE, USER, Kind, exceeded, find, no_such, put
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.service.call import Call

_ATTACHED_MAX = 10


def users_of(transaction: Transaction, arn: str) -> Iterator[tuple[Kind, Any]]:
    """Answer the roles, users and groups to which a policy is attached."""
    for kind in KINDS:
        for _, entity in kind.rows.scan(transaction):
            if arn in entity.attached:
                yield kind, entity


def bounded_by(transaction: Transaction, arn: str) -> Iterator[tuple[Kind, Any]]:
    """Answer the roles and users that a policy bounds."""
    for kind in (ROLE, USER):
        for _, entity in kind.rows.scan(transaction):
            if entity.boundary == arn:
                yield kind, entity


def _register(kind: Kind) -> None:
    noun = kind.noun

    @SERVICE.operation(f"Attach{noun}Policy")
    def attach(call: Call) -> dict[str, Any]:
        owner, arn = find(call.transaction, kind, call.params[kind.parameter]), call.params["PolicyArn"]
        managed.attachable(call.transaction, arn)
        if arn in owner.attached:
            return {}
        if len(owner.attached) >= _ATTACHED_MAX:
            raise exceeded(f"Cannot exceed quota for PoliciesPer{noun}: {_ATTACHED_MAX}")
        put(call, kind, msgspec.structs.replace(owner, attached=(*owner.attached, arn)))
        return {}

    @SERVICE.operation(f"Detach{noun}Policy")
    def detach(call: Call) -> dict[str, Any]:
        owner, arn = find(call.transaction, kind, call.params[kind.parameter]), call.params["PolicyArn"]
        if arn not in owner.attached:
            raise no_such(f"Policy {arn} was not found.")
        kept = tuple(each for each in owner.attached if each != arn)
        put(call, kind, msgspec.structs.replace(owner, attached=kept))
        return {}

    @SERVICE.operation(f"ListAttached{noun}Policies")
    def list_attached(call: Call) -> dict[str, Any]:
        owner, prefix = find(call.transaction, kind, call.params[kind.parameter]), call.params.get("PathPrefix", "/")
        found = [managed.find(call.transaction, arn) for arn in sorted(owner.attached)]
        listed = [(policy.arn, policy) for policy in found if policy.path.startswith(prefix)]
        return paged(
            "AttachedPolicies", listed, call.params, lambda policy: {"PolicyName": policy.name, "PolicyArn": policy.arn}
        )


for _kind in KINDS:
    _register(_kind)


def _register_boundary(kind: Kind) -> None:
    @SERVICE.operation(f"Put{kind.noun}PermissionsBoundary")
    def put_boundary(call: Call) -> dict[str, Any]:
        owner, arn = find(call.transaction, kind, call.params[kind.parameter]), call.params["PermissionsBoundary"]
        managed.attachable(call.transaction, arn)
        put(call, kind, msgspec.structs.replace(owner, boundary=arn))
        return {}

    @SERVICE.operation(f"Delete{kind.noun}PermissionsBoundary")
    def delete_boundary(call: Call) -> dict[str, Any]:
        owner = find(call.transaction, kind, call.params[kind.parameter])
        if owner.boundary is None:
            raise no_such(f"{kind.noun} {owner.name} does not have a permissions boundary.")
        put(call, kind, msgspec.structs.replace(owner, boundary=None))
        return {}


for _kind in (ROLE, USER):
    _register_boundary(_kind)


@SERVICE.operation("ListEntitiesForPolicy")
def list_entities_for_policy(call: Call) -> dict[str, Any]:
    """Answer who has a policy: a page over roles, users and groups together."""
    arn = managed.find(call.transaction, call.params["PolicyArn"]).arn
    bound = call.params.get("PolicyUsageFilter") == "PermissionsBoundary"
    wanted = call.params.get("EntityFilter", "")
    prefix = call.params.get("PathPrefix", "/")
    found = [
        (f"{kind.noun}/{entity.name.lower()}", (kind, entity))
        for kind, entity in (bounded_by if bound else users_of)(call.transaction, arn)
        if wanted in ("", kind.noun) and entity.path.startswith(prefix)
    ]
    page = paged("Found", sorted(found), call.params, lambda pair: pair)
    entities = page.pop("Found")
    members = {ROLE: "PolicyRoles", USER: "PolicyUsers", GROUP: "PolicyGroups"}
    shown: dict[str, Any] = {member: [] for member in members.values()}
    for kind, entity in entities:
        shown[members[kind]].append({kind.parameter: entity.name, f"{kind.noun}Id": entity.id})
    return {**shown, **page}
