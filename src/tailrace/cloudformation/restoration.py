"""The rollback of an update: what it changed is changed back, what it replaced comes back, what it made goes later."""

import msgspec

from tailrace.cloudformation.progress import Progress, token_of
from tailrace.cloudformation.provisioning import CREATE, REPLACE
from tailrace.cloudformation.removal import backwards
from tailrace.cloudformation.resource_row import Body, ResourceRow
from tailrace.cloudformation.resources.registry import TYPES


async def restore(progress: Progress) -> str | None:
    """Bring every resource that the operation touched back; answer the first one that could not be."""
    operation = progress.stack.operation
    rows = progress.rows()
    for logical_id in backwards(rows):
        row = rows[logical_id]
        if row.operation != operation or row.step in ("", CREATE) or row.former is None:
            continue
        if row.step == REPLACE:
            _swap(progress, row, row.former)
        elif not await _change_back(progress, row, row.former):
            return logical_id
    return None


def _swap(progress: Progress, row: ResourceRow, former: Body) -> None:
    # A replacement that never got as far as another physical resource leaves nothing behind.
    superseded = row.body if row.body.physical_id not in ("", former.physical_id) else None
    progress.mark(row, "UPDATE_COMPLETE", body=former, superseded=superseded, step="", former=None, target=None)


async def _change_back(progress: Progress, row: ResourceRow, former: Body) -> bool:
    begun = progress.mark(row, "UPDATE_IN_PROGRESS")
    attempted = msgspec.structs.replace(row.target or row.body, attributes=former.attributes)

    async def step() -> None:
        await TYPES[row.type].updated(progress.work(begun, former, attempted, again=True))

    failed = await progress.attempt(begun, step)
    if failed is not None:
        progress.mark(begun, "UPDATE_FAILED", failed.reason(token_of(progress.stack, begun)))
        return False
    progress.mark(begun, "UPDATE_COMPLETE", body=former, step="", former=None, target=None)
    return True
