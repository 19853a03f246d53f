"""Change sets as they are remembered, and how one finds out what it would do: a job that transforms and compares."""

import logging
from typing import Any

import msgspec

from tailrace.cloudformation import capability, exports
from tailrace.cloudformation.changes import Comparison, Foreseen
from tailrace.cloudformation.definition import template_of, transformed
from tailrace.cloudformation.errors import change_set_missing, invalid, stack_unknown
from tailrace.cloudformation.plan import Plan, place_of
from tailrace.cloudformation.resource_row import GONE, of_stack
from tailrace.cloudformation.stack import REVIEW, STACKS, Caller, Definition, StackRow, find
from tailrace.engine.job import Job
from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

_logger = logging.getLogger(__name__)
JOB = "cloudformation/change-set"
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
NO_UPDATES = "No updates are to be performed."


class ChangeSetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change set. ``execution`` is UNAVAILABLE, AVAILABLE or, once it was executed, EXECUTED."""

    id: str
    name: str
    stack_key: str
    stack_id: str
    stack_name: str
    type: str
    status: str = "CREATE_PENDING"
    reason: str | None = None
    execution: str = "UNAVAILABLE"
    created_ms: int
    description: str | None = None
    definition: Definition
    caller: Caller
    changes: list[dict[str, Any]] = []
    on_stack_failure: str | None = None
    nested: bool = False
    import_existing: bool = False

    @property
    def key(self) -> str:
        """The key of the row."""
        return f"{self.stack_key}/{self.id.rpartition('/')[2]}"


CHANGE_SETS = Rows("cloudformation/change-sets", ChangeSetRow)
_IDS = Space("cloudformation/change-set-ids")


def put(transaction: Transaction, row: ChangeSetRow) -> None:
    """Remember a change set; its id leads to it."""
    CHANGE_SETS.put(transaction, row.key, row)
    transaction.put(_IDS, row.id.encode(), row.key.encode())


def remove(transaction: Transaction, row: ChangeSetRow) -> None:
    """Forget a change set."""
    CHANGE_SETS.delete(transaction, row.key)
    transaction.delete(_IDS, row.id.encode())


def of_stack_key(transaction: Transaction, stack_key: str) -> list[ChangeSetRow]:
    """Answer a stack's change sets."""
    return [row for _, row in CHANGE_SETS.scan(transaction, f"{stack_key}/")]


def locate(
    transaction: Transaction, region: str, name_or_id: str, stack_name: str | None
) -> tuple[StackRow, ChangeSetRow]:
    """Answer a change set and its stack, by the set's id, or by its name and the stack's."""
    if name_or_id.startswith("arn:"):
        key = transaction.get(_IDS, name_or_id.encode())
        found = None if key is None else CHANGE_SETS.get(transaction, key.decode())
        if found is None:
            raise change_set_missing(name_or_id)
        return find(transaction, region, found.stack_id, stack_unknown), found
    if stack_name is None:
        raise invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
    stack = find(transaction, region, stack_name, stack_unknown)
    for row in of_stack_key(transaction, stack.key):
        if row.name == name_or_id:
            return stack, row
    raise change_set_missing(name_or_id)


def register(cloud: Cloud) -> None:
    """Say who evaluates change sets."""

    async def run(job: Job) -> None:
        await _evaluate(cloud, job.id)

    cloud.jobs.register(JOB, run)


async def _evaluate(cloud: Cloud, key: str) -> None:
    row = CHANGE_SETS.get(cloud.store.begin(), key)
    if row is None or row.status not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        return
    try:
        evaluated = await _compared(cloud, row)
    except AwsError as error:
        evaluated = msgspec.structs.replace(row, status="FAILED", reason=error.message)
    except Exception as error:
        _logger.exception("change set %s could not be evaluated", row.id)
        evaluated = msgspec.structs.replace(row, status="FAILED", reason=f"Internal Failure: {error}")
    transaction = cloud.store.begin()
    # It may have been deleted meanwhile.
    if CHANGE_SETS.get(transaction, key) is None:
        return
    put(transaction, evaluated)
    await cloud.store.commit(transaction)


async def _compared(cloud: Cloud, row: ChangeSetRow) -> ChangeSetRow:
    stack = STACKS.get(cloud.store.begin(), row.stack_key)
    assert stack is not None, f"change set {row.id} has no stack"
    definition = row.definition
    if not definition.processed:
        definition = await transformed(cloud, definition, place_of(stack, definition, cloud.account))
        capability.require(definition, template_of(definition))
    changes = foresee(cloud, stack, definition)
    if changes is None:
        reason = NO_UPDATES if definition.transforms else NO_CHANGES
        return msgspec.structs.replace(row, definition=definition, status="FAILED", reason=reason)
    return msgspec.structs.replace(
        row, definition=definition, status="CREATE_COMPLETE", execution="AVAILABLE", changes=changes
    )


def foresee(cloud: Cloud, stack: StackRow, definition: Definition) -> list[dict[str, Any]] | None:
    """Answer what a definition would change about a stack, or None when it wouldn't change anything."""
    transaction = cloud.store.begin()
    rows = {name: row for name, row in of_stack(transaction, stack.key).items() if row.status not in GONE}
    foreseen = Foreseen({name: row.body for name, row in rows.items()})
    plan = Plan.of(
        stack,
        definition,
        cloud.account,
        rows,
        lambda name: exports.value(transaction, stack.region, name),
        foreseen,
    )
    retyped = [
        name for name, row in rows.items() if name in plan.graph and plan.template.resources[name].type != row.type
    ]
    if retyped:
        raise invalid(
            "Update of resource type is not permitted. The new template modifies resource type of the following "
            f"resources: [{', '.join(retyped)}]"
        )
    is_new = stack.status == REVIEW
    before = None if is_new else template_of(stack.definition)
    changes = Comparison(plan, foreseen, rows, before, {} if is_new else stack.definition.parameters).changes()
    if not changes and not is_new and _same_outputs(stack, plan):
        return None
    return changes


def _same_outputs(stack: StackRow, plan: Plan) -> bool:
    try:
        return plan.outputs() == stack.outputs
    except AwsError:
        return False
