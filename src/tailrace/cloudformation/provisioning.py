"""One resource of a stack brought to what the template asks for: created, updated in place, replaced, or left alone.

What is about to be done is on disk before it is done, so that a deployment that was cut off goes on where it was.
"""

import msgspec

from tailrace.cloudformation.plan import Plan
from tailrace.cloudformation.progress import Progress, token_of
from tailrace.cloudformation.resource_row import COMPLETE, GONE, Body, ResourceRow
from tailrace.cloudformation.resources.failure import ResourceFailure
from tailrace.cloudformation.resources.naming import generated
from tailrace.cloudformation.resources.registry import TYPES
from tailrace.wire.errors import AwsError

CREATE, UPDATE, REPLACE = "create", "update", "replace"
_INITIATED = "Resource creation Initiated"
_NEEDS_ANOTHER = "Requested update requires the creation of a new physical resource; hence creating one."


class Provisioning:
    """Bring the resources of one plan into being, one after the other."""

    def __init__(self, progress: Progress, plan: Plan) -> None:
        self._progress = progress
        self._plan = plan

    async def bring(self, logical_id: str) -> ResourceRow | None:
        """Bring one resource to what is asked for; answer its row when that failed."""
        row = self._progress.row(logical_id)
        operation = self._plan.stack.operation
        if row is not None and row.operation == operation:
            if row.status in COMPLETE:
                return None
            if row.status.endswith("_FAILED"):
                return row
            return await self._carry_out(msgspec.structs.replace(row, attempts=row.attempts + 1))
        there = row is not None and row.status not in GONE and row.body.physical_id
        return await self._begin(logical_id, row if there else None)

    async def _begin(self, logical_id: str, row: ResourceRow | None) -> ResourceRow | None:
        resource = self._plan.template.resources[logical_id]
        blank = ResourceRow(
            stack_key=self._progress.key,
            logical_id=logical_id,
            type=resource.type,
            status="",
            at_ms=0,
            operation=self._plan.stack.operation,
            step=CREATE,
            attempts=1,
        )
        try:
            target = self._plan.wanted(logical_id)
            TYPES[resource.type].check(logical_id, target.properties)
        except (AwsError, ResourceFailure) as error:
            fresh = (
                blank if row is None else msgspec.structs.replace(blank, step=UPDATE, body=row.body, former=row.body)
            )
            return self._failed(fresh, ResourceFailure(error.message))
        if row is None:
            return await self._carry_out(self._start_creation(blank, target))
        step = self._step(row, target)
        if step is None:
            self._leave(row, target)
            return None
        begun = msgspec.structs.replace(blank, step=step, body=row.body, former=row.body, target=target)
        if step == UPDATE:
            return await self._carry_out(self._progress.mark(begun, "UPDATE_IN_PROGRESS"))
        return await self._start_replacement(begun, row.body, target)

    def _step(self, row: ResourceRow, target: Body) -> str | None:
        kind = TYPES[row.type]
        names = kind.changes(row.body.properties, target.properties)
        if any(kind.replaces(name, row.body.properties, target.properties) for name in names):
            return REPLACE
        return UPDATE if names or row.body.tags != target.tags or row.body.partial else None

    def _leave(self, row: ResourceRow, target: Body) -> None:
        """Keep a resource as it is; what is not a property may differ all the same."""
        policies = {
            name: getattr(target, name)
            for name in ("deletion_policy", "update_replace_policy", "metadata", "depends_on")
        }
        body = msgspec.structs.replace(row.body, **policies)
        if body != row.body:
            self._progress.keep(msgspec.structs.replace(row, body=body))

    def _start_creation(self, row: ResourceRow, target: Body) -> ResourceRow:
        named = msgspec.structs.replace(row, target=target, candidate=self._name(row, target))
        return self._progress.mark(named, "CREATE_IN_PROGRESS")

    async def _start_replacement(self, row: ResourceRow, former: Body, target: Body) -> ResourceRow | None:
        custom = TYPES[row.type].custom_name(target.properties)
        if custom is not None and custom == TYPES[row.type].custom_name(former.properties):
            text = (
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {custom} and update the stack again."
            )
            return self._failed(row, ResourceFailure(text))
        self._progress.tell(row, "UPDATE_IN_PROGRESS", _NEEDS_ANOTHER, former.physical_id)
        named = msgspec.structs.replace(
            row, status="UPDATE_IN_PROGRESS", candidate=self._name(row, target), body=Body()
        )
        self._progress.keep(named)
        return await self._carry_out(named)

    def _name(self, row: ResourceRow, target: Body) -> str:
        kind = TYPES[row.type]
        custom = kind.custom_name(target.properties)
        if custom is not None:
            return custom
        suffix = kind.new_suffix(target.properties)
        dice = self._progress.cloud.random
        return generated(self._plan.stack.name, row.logical_id, dice, kind.naming, suffix)

    async def _carry_out(self, row: ResourceRow) -> ResourceRow | None:
        if row.attempts > 1:
            self._progress.keep(row)
        done: list[ResourceRow] = []

        async def step() -> None:
            done.append(await (self._update(row) if row.step == UPDATE else self._create(row)))

        failed = await self._progress.attempt(row, step)
        if failed is not None:
            return self._failed(self._progress.row(row.logical_id) or row, failed)
        self._plan.bodies[row.logical_id] = done[0].body
        return None

    async def _create(self, row: ResourceRow) -> ResourceRow:
        kind, target = TYPES[row.type], _target(row)
        work = self._progress.work(row, target, again=row.attempts > 1)
        work.physical_id = await kind.created(work)
        verb = "CREATE" if row.step == CREATE else "UPDATE"
        made = msgspec.structs.replace(
            target, physical_id=work.physical_id, reference=kind.reference(work), partial=True
        )
        row = self._progress.mark(row, f"{verb}_IN_PROGRESS", _INITIATED, body=made)
        await kind.completed(work)
        finished = msgspec.structs.replace(made, attributes=await kind.read(work), partial=False)
        return self._progress.mark(row, f"{verb}_COMPLETE", body=finished)

    async def _update(self, row: ResourceRow) -> ResourceRow:
        kind, target = TYPES[row.type], _target(row)
        former = row.former or row.body
        work = self._progress.work(row, target, former, again=row.attempts > 1)
        if former.partial:
            work.attributes = await kind.read(work)
        await kind.updated(work)
        finished = msgspec.structs.replace(
            target, physical_id=former.physical_id, reference=former.reference, attributes=await kind.read(work)
        )
        return self._progress.mark(row, "UPDATE_COMPLETE", body=finished)

    def _failed(self, row: ResourceRow, failed: ResourceFailure) -> ResourceRow:
        verb = "CREATE" if row.step == CREATE else "UPDATE"
        return self._progress.mark(row, f"{verb}_FAILED", failed.reason(token_of(self._plan.stack, row)))


def _target(row: ResourceRow) -> Body:
    assert row.target is not None, f"{row.logical_id} is being changed into nothing"
    return row.target
