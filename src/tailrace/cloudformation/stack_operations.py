"""The operations that change stacks directly: created, updated, deleted, rolled back, protected."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tailrace.cloudformation import capability
from tailrace.cloudformation.change_set import NO_UPDATES, foresee, of_stack_key, remove
from tailrace.cloudformation.definition import define, source, template_of, transformed
from tailrace.cloudformation.deployment import schedule
from tailrace.cloudformation.errors import capabilities_missing, invalid, stack_exists, stack_unknown, wrong_state
from tailrace.cloudformation.patience import stack_at_rest
from tailrace.cloudformation.plan import place_of
from tailrace.cloudformation.registry import SERVICE
from tailrace.cloudformation.stack import (
    DELETED,
    REVIEW,
    Caller,
    Definition,
    StackRow,
    find,
    lookup,
    move,
    new_id,
    put,
)
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call

INITIATED = "User Initiated"
_UPDATABLE = frozenset(
    {"CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"}
)
_NOT_DELETABLE = frozenset(
    {"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"}
    | {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}
)


def check_updatable(stack: StackRow) -> None:
    """Refuse a stack that can't be updated now. Raises ValidationError."""
    if stack.status not in _UPDATABLE:
        raise wrong_state(stack.id, stack.status)


def begin_creation(
    call: Call, transaction: Transaction, stack: StackRow, definition: Definition, settings: Mapping[str, Any]
) -> None:
    """Stage that a stack is being created, and the job that does it."""
    changes = {"definition": definition, "operation": call.uuid(), **settings}
    schedule(call.cloud, transaction, move(transaction, stack, "CREATE_IN_PROGRESS", INITIATED, call.now_ms, **changes))


def begin_update(
    call: Call, transaction: Transaction, stack: StackRow, definition: Definition, settings: Mapping[str, Any]
) -> None:
    """Stage that a stack is being updated, and the job that does it. Raises ValidationError when it can't be now."""
    check_updatable(stack)
    changes = {"definition": definition, "previous": stack.definition, "operation": call.uuid(), **settings}
    changes["updated_ms"] = call.now_ms
    schedule(call.cloud, transaction, move(transaction, stack, "UPDATE_IN_PROGRESS", INITIATED, call.now_ms, **changes))


@SERVICE.operation("CreateStack")
async def create_stack(call: Call) -> dict[str, Any]:
    """Begin to create a stack."""
    params, store = call.params, call.cloud.store
    name = params["StackName"]
    if lookup(store.begin(), call.region, name) is not None:
        raise stack_exists(name)
    if "OnFailure" in params and params.get("DisableRollback"):
        raise invalid("You can specify either DisableRollback or OnFailure, but not both.")
    definition = define(call, await source(call))
    timeout = params.get("TimeoutInMinutes")
    stack = StackRow(
        id=new_id(call.region, call.account, name, call.uuid()),
        name=name,
        region=call.region,
        status="CREATE_IN_PROGRESS",
        created_ms=call.now_ms,
        definition=definition,
        caller=Caller.of(call.principal),
        token=params.get("ClientRequestToken"),
        on_failure="DO_NOTHING" if params.get("DisableRollback") else params.get("OnFailure", "ROLLBACK"),
        timeout_minutes=timeout,
        deadline_ms=None if timeout is None else call.now_ms + timeout * 60_000,
        protected=bool(params.get("EnableTerminationProtection", False)),
        retain_except_on_create=bool(params.get("RetainExceptOnCreate", False)),
    )
    definition = await _finished(call, stack, definition)
    transaction = store.begin()
    if lookup(transaction, call.region, name) is not None:
        raise stack_exists(name)
    begin_creation(call, transaction, stack, definition, {})
    await store.commit(transaction)
    await stack_at_rest(call.cloud, stack.key)
    return {"StackId": stack.id}


@SERVICE.operation("UpdateStack")
async def update_stack(call: Call) -> dict[str, Any]:
    """Begin to update a stack; refused when nothing would change."""
    params, store = call.params, call.cloud.store
    stack = find(store.begin(), call.region, params["StackName"])
    check_updatable(stack)
    definition = define(call, await source(call, stack.definition), stack.definition)
    definition = await _finished(call, stack, definition)
    current = find(store.begin(), call.region, stack.id)
    if foresee(call.cloud, current, definition) is None:
        raise invalid(NO_UPDATES)
    settings = {
        "token": params.get("ClientRequestToken"),
        "on_failure": "DO_NOTHING" if params.get("DisableRollback") else "ROLLBACK",
        "retain_except_on_create": bool(params.get("RetainExceptOnCreate", False)),
        "caller": Caller.of(call.principal),
        "change_set_id": None,
    }
    transaction = store.begin()
    begin_update(call, transaction, current, definition, settings)
    await store.commit(transaction)
    await stack_at_rest(call.cloud, stack.key)
    return {"StackId": stack.id}


async def _finished(call: Call, stack: StackRow, definition: Definition) -> Definition:
    finished = await transformed(call.cloud, definition, place_of(stack, definition, call.account))
    capability.require(finished, template_of(finished))
    if finished.transforms and capability.AUTO_EXPAND not in finished.capabilities:
        raise capabilities_missing([capability.AUTO_EXPAND])
    return finished


@SERVICE.operation("DeleteStack")
async def delete_stack(call: Call) -> dict[str, Any]:
    """Begin to delete a stack; one that isn't there is no error."""
    transaction = call.cloud.store.begin()
    stack = lookup(transaction, call.region, call.params["StackName"])
    if stack is None or stack.status in (DELETED, "DELETE_IN_PROGRESS"):
        return {}
    _begin_deletion(call, transaction, stack)
    await call.cloud.store.commit(transaction)
    await stack_at_rest(call.cloud, stack.key)
    return {}


def _begin_deletion(call: Call, transaction: Transaction, stack: StackRow) -> None:
    if stack.protected:
        raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if stack.status in _NOT_DELETABLE:
        raise invalid(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
    retained = list(call.params.get("RetainResources", ()))
    if retained and stack.status != "DELETE_FAILED":
        text = "Specify which resources to retain only when the stack is in the DELETE_FAILED state."
        raise invalid(f"Invalid operation on stack [{stack.id}]. {text}")
    for row in of_stack_key(transaction, stack.key):
        remove(transaction, row)
    if stack.status == REVIEW:
        move(transaction, stack, DELETED, INITIATED, call.now_ms, deleted_ms=call.now_ms)
        return
    changes = {
        "operation": call.uuid(),
        "retained": retained,
        "token": call.params.get("ClientRequestToken"),
        "caller": Caller.of(call.principal),
        "undoing": False,
        "definition": msgspec.structs.replace(
            stack.definition, role_arn=call.params.get("RoleARN") or stack.definition.role_arn
        ),
    }
    begun = move(transaction, stack, "DELETE_IN_PROGRESS", INITIATED, call.now_ms, **changes)
    schedule(call.cloud, transaction, begun)


@SERVICE.operation("CancelUpdateStack")
def cancel_update_stack(call: Call) -> dict[str, Any]:
    """Turn a running update back."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    if stack.status != "UPDATE_IN_PROGRESS":
        raise invalid(f"CancelUpdateStack cannot be called from current stack status {stack.status}")
    _roll_back(call, stack, "UPDATE_ROLLBACK_IN_PROGRESS")
    return {}


@SERVICE.operation("ContinueUpdateRollback")
def continue_update_rollback(call: Call) -> dict[str, Any]:
    """Go on with a rollback that failed, once what stood in its way has been mended."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise wrong_state(stack.id, stack.status, "continued")
    if call.params.get("ResourcesToSkip"):
        raise invalid("Tailrace does not skip resources of a rollback yet.")
    _roll_back(call, stack, "UPDATE_ROLLBACK_IN_PROGRESS")
    return {}


# where a rollback that was switched off can still be asked for, and what it leads to
_ROLLBACKS = {"CREATE_FAILED": "ROLLBACK_IN_PROGRESS", "UPDATE_FAILED": "UPDATE_ROLLBACK_IN_PROGRESS"}


@SERVICE.operation("RollbackStack")
def rollback_stack(call: Call) -> dict[str, Any]:
    """Roll back a stack that was left as it failed."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    if stack.status not in _ROLLBACKS:
        raise wrong_state(stack.id, stack.status, "rolled back")
    _roll_back(call, stack, _ROLLBACKS[stack.status])
    return {"StackId": stack.id}


def _roll_back(call: Call, stack: StackRow, status: str) -> None:
    caller = Caller.of(call.principal)
    moved = move(call.transaction, stack, status, INITIATED, call.now_ms, caller=caller)
    schedule(call.cloud, call.transaction, moved)


@SERVICE.operation("UpdateTerminationProtection")
def update_termination_protection(call: Call) -> dict[str, Any]:
    """Protect a stack from being deleted, or no longer."""
    stack = find(call.transaction, call.region, call.params["StackName"], stack_unknown)
    put(call.transaction, msgspec.structs.replace(stack, protected=call.params["EnableTerminationProtection"]))
    return {"StackId": stack.id}
