"""A function's own policy: AddPermission, RemovePermission, GetPolicy."""

from typing import Any

import msgspec
import orjson

from tailrace.lambda_.errors import conflict, not_found, stale
from tailrace.lambda_.function import FUNCTIONS, Function, Statement, find
from tailrace.lambda_.naming import Reference, referred
from tailrace.lambda_.registry import SERVICE
from tailrace.service.call import Call

_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}


@SERVICE.operation("AddPermission")
def add_permission(call: Call) -> dict[str, Any]:
    """Add a statement to the function's policy."""
    reference, params = referred(call), call.params
    function = _for_change(call, reference)
    sid = params["StatementId"]
    if any(each.sid == sid and each.qualifier == reference.qualifier for each in function.policy):
        raise conflict(
            f"The statement id ({sid}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    body: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": _principal(params["Principal"]),
        "Action": params["Action"],
        "Resource": reference.qualified,
    }
    condition: dict[str, dict[str, str]] = {}
    for member, (operator, key) in _CONDITIONS.items():
        if member in params:
            condition.setdefault(operator, {})[key] = params[member]
    if condition:
        body["Condition"] = condition
    statement = Statement(sid=sid, qualifier=reference.qualifier, body=body)
    _put(call, function, [*function.policy, statement])
    return {"Statement": orjson.dumps(body).decode()}


@SERVICE.operation("RemovePermission")
def remove_permission(call: Call) -> dict[str, Any]:
    """Remove a statement from the function's policy."""
    reference, sid = referred(call), call.params["StatementId"]
    function = _for_change(call, reference)
    kept = [each for each in function.policy if (each.sid, each.qualifier) != (sid, reference.qualifier)]
    if len(kept) == len(function.policy):
        raise not_found(f"Statement {sid} is not found in resource policy.")
    _put(call, function, kept)
    return {}


@SERVICE.operation("GetPolicy")
def get_policy(call: Call) -> dict[str, Any]:
    """Answer the policy of a function, a version or an alias."""
    reference = referred(call)
    function = find(call.transaction, reference)
    statements = [each.body for each in function.policy if each.qualifier == reference.qualifier]
    if not statements:
        raise not_found("The resource you requested does not exist.")
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": orjson.dumps(document).decode(), "RevisionId": function.policy_revision}


def _for_change(call: Call, reference: Reference) -> Function:
    function = find(call.transaction, reference)
    if call.params.get("RevisionId", function.policy_revision) != function.policy_revision:
        raise stale("GetPolicy")
    return function


def _put(call: Call, function: Function, policy: list[Statement]) -> None:
    after = msgspec.structs.replace(function, policy=policy, policy_revision=call.uuid())
    FUNCTIONS.put(call.transaction, function.key, after)


def _principal(given: str) -> Any:
    if given == "*":
        return given
    if given.endswith(".amazonaws.com"):
        return {"Service": given}
    return {"AWS": f"arn:aws:iam::{given}:root" if given.isdigit() else given}
