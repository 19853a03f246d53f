"""The operations on change sets: made, looked at, executed, deleted."""

from typing import Any

import msgspec

from tailrace.cloudformation import capability, sam
from tailrace.cloudformation.change_set import (
    JOB,
    ChangeSetRow,
    locate,
    of_stack_key,
    put,
    remove,
)
from tailrace.cloudformation.definition import define, source, template_of, transformed
from tailrace.cloudformation.errors import invalid, stack_unknown, wrong_state
from tailrace.cloudformation.paging import page
from tailrace.cloudformation.parameters import shown
from tailrace.cloudformation.patience import change_set_evaluated, stack_at_rest
from tailrace.cloudformation.plan import place_of
from tailrace.cloudformation.registry import SERVICE
from tailrace.cloudformation.stack import REVIEW, Caller, Definition, StackRow, find, lookup, move, new_id
from tailrace.cloudformation.stack_operations import INITIATED, begin_creation, begin_update, check_updatable
from tailrace.cloudformation.template_operations import declared_parameters
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_CHANGES_PAGE = 100


@SERVICE.operation("CreateChangeSet")
async def create_change_set(call: Call) -> dict[str, Any]:
    """Make a change set; what it would do is found out in the background. CREATE makes a stack in review first."""
    kind = call.params.get("ChangeSetType", "UPDATE")
    if kind == "IMPORT":
        raise invalid("Tailrace does not import resources into stacks yet.")
    store = call.cloud.store
    stack = _target(call, store.begin(), kind)
    previous = None if stack is None or stack.status == REVIEW else stack.definition
    definition = define(call, await source(call, previous), previous)
    reviewed = stack or _in_review(call, definition)
    if sam.TRANSFORM not in definition.transforms:
        definition = await transformed(call.cloud, definition, place_of(reviewed, definition, call.account))
        capability.require(definition, template_of(definition))
    transaction = store.begin()
    if stack is None:
        # Somebody else may have made it while the template was being read.
        reviewed = _target(call, transaction, kind) or move(transaction, reviewed, REVIEW, INITIATED, call.now_ms)
    row = _row(call, reviewed, kind, definition)
    if any(each.name == row.name for each in of_stack_key(transaction, reviewed.key)):
        raise AwsError("AlreadyExistsException", f"ChangeSet [{row.name}] already exists")
    put(transaction, row)
    call.cloud.jobs.schedule(transaction, JOB, row.key, {})
    await store.commit(transaction)
    await change_set_evaluated(call.cloud, row.key)
    return {"Id": row.id, "StackId": row.stack_id}


def _target(call: Call, transaction: Transaction, kind: str) -> StackRow | None:
    """Answer the stack that a change set is for; None when it is for one that isn't there yet."""
    name = call.params["StackName"]
    if kind == "CREATE":
        stack = lookup(transaction, call.region, name)
        if stack is not None and stack.status != REVIEW:
            text = f"Stack [{name}] already exists and cannot be created again with the changeSet"
            raise invalid(f"{text} [{call.params['ChangeSetName']}].")
        return stack
    stack = find(transaction, call.region, name, stack_unknown)
    check_updatable(stack)
    return stack


def _in_review(call: Call, definition: Definition) -> StackRow:
    name = call.params["StackName"]
    return StackRow(
        id=new_id(call.region, call.account, name, call.uuid()),
        name=name,
        region=call.region,
        status=REVIEW,
        created_ms=call.now_ms,
        definition=definition,
        caller=Caller.of(call.principal),
        token=call.params.get("ClientToken"),
    )


def _row(call: Call, stack: StackRow, kind: str, definition: Definition) -> ChangeSetRow:
    name = call.params["ChangeSetName"]
    return ChangeSetRow(
        id=call.arn("cloudformation", f"changeSet/{name}/{call.uuid()}"),
        name=name,
        stack_key=stack.key,
        stack_id=stack.id,
        stack_name=stack.name,
        type=kind,
        created_ms=call.now_ms,
        description=call.params.get("Description"),
        definition=definition,
        caller=Caller.of(call.principal),
        on_stack_failure=call.params.get("OnStackFailure"),
        nested=bool(call.params.get("IncludeNestedStacks", False)),
        import_existing=bool(call.params.get("ImportExistingResources", False)),
    )


def _located(call: Call, transaction: Transaction) -> tuple[StackRow, ChangeSetRow]:
    return locate(transaction, call.region, call.params["ChangeSetName"], call.params.get("StackName"))


@SERVICE.operation("DescribeChangeSet")
def describe_change_set(call: Call) -> dict[str, Any]:
    """Answer a change set with a page of its changes."""
    stack, row = _located(call, call.transaction)
    changes, following = page(call, row.changes, _CHANGES_PAGE)
    definition = row.definition
    answer = {
        **_summary(stack, row),
        "Parameters": shown(declared_parameters(definition), definition.parameters),
        "NotificationARNs": definition.notification_arns,
        "RollbackConfiguration": {},
        "Capabilities": definition.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in definition.tags.items()],
        "Changes": changes,
        "NextToken": following,
        "OnStackFailure": row.on_stack_failure,
    }
    return {name: value for name, value in answer.items() if value is not None}


def _summary(stack: StackRow, row: ChangeSetRow) -> dict[str, Any]:
    summary = {
        "ChangeSetName": row.name,
        "ChangeSetId": row.id,
        "StackId": row.stack_id,
        "StackName": row.stack_name,
        "Description": row.description,
        "CreationTime": row.created_ms / 1000,
        "ExecutionStatus": _execution(stack, row),
        "Status": row.status,
        "StatusReason": row.reason,
        "IncludeNestedStacks": row.nested,
        "ImportExistingResources": row.import_existing,
    }
    return {name: value for name, value in summary.items() if value is not None}


def _execution(stack: StackRow, row: ChangeSetRow) -> str:
    if row.execution != "EXECUTED":
        return row.execution
    if stack.change_set_id != row.id or stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return "EXECUTE_COMPLETE"
    return "EXECUTE_IN_PROGRESS" if stack.in_progress else "EXECUTE_FAILED"


@SERVICE.operation("ListChangeSets")
def list_change_sets(call: Call) -> dict[str, Any]:
    """Answer a page of a stack's change sets, the oldest first."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    rows = sorted(of_stack_key(call.transaction, stack.key), key=lambda row: row.created_ms)
    waiting = [_summary(stack, row) for row in rows if row.execution != "EXECUTED"]
    summaries, following = page(call, waiting, _CHANGES_PAGE)
    return {"Summaries": summaries} | ({"NextToken": following} if following else {})


@SERVICE.operation("DeleteChangeSet")
def delete_change_set(call: Call) -> dict[str, Any]:
    """Delete a change set; one that is gone is no error if its stack is there."""
    try:
        _, row = _located(call, call.transaction)
    except AwsError as error:
        if error.code != "ChangeSetNotFound":
            raise
        return {}
    if row.execution == "EXECUTED":
        raise _unusable(row, "EXECUTE_COMPLETE", "deleted")
    remove(call.transaction, row)
    return {}


@SERVICE.operation("ExecuteChangeSet")
async def execute_change_set(call: Call) -> dict[str, Any]:
    """Begin what a change set describes; the stack's other change sets no longer apply and are deleted."""
    transaction = call.cloud.store.begin()
    stack, row = _located(call, transaction)
    _begin(call, transaction, stack, row)
    await call.cloud.store.commit(transaction)
    await stack_at_rest(call.cloud, stack.key)
    return {}


def _begin(call: Call, transaction: Transaction, stack: StackRow, row: ChangeSetRow) -> None:
    if row.execution != "AVAILABLE":
        raise _unusable(row, row.execution, "executed")
    definition = msgspec.structs.replace(row.definition, role_arn=row.definition.role_arn or stack.definition.role_arn)
    settings = {
        "change_set_id": row.id,
        "token": call.params.get("ClientRequestToken"),
        "on_failure": _on_failure(call, row),
        "retain_except_on_create": bool(call.params.get("RetainExceptOnCreate", False)),
        "caller": row.caller,
    }
    if stack.status == REVIEW:
        begin_creation(call, transaction, stack, definition, settings)
    elif row.type == "CREATE":
        raise wrong_state(stack.id, stack.status)
    else:
        begin_update(call, transaction, stack, definition, settings)
    for other in of_stack_key(transaction, stack.key):
        if other.id != row.id:
            remove(transaction, other)
    put(transaction, msgspec.structs.replace(row, execution="EXECUTED"))


def _on_failure(call: Call, row: ChangeSetRow) -> str:
    if call.params.get("DisableRollback"):
        return "DO_NOTHING"
    return row.on_stack_failure or "ROLLBACK"


def _unusable(row: ChangeSetRow, execution: str, verb: str) -> AwsError:
    text = f"ChangeSet [{row.id}] cannot be {verb} in its current execution status of [{execution}]"
    return AwsError("InvalidChangeSetStatus", text)
