"""Resources of a stack taken away: in reverse order, kept where the template says so, with what replacements left."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from tailrace.cloudformation import dependencies
from tailrace.cloudformation.progress import Progress, token_of
from tailrace.cloudformation.resource_row import GONE, Body, ResourceRow
from tailrace.cloudformation.resources.registry import TYPES
from tailrace.wire.errors import AwsError


@dataclass(frozen=True, slots=True)
class Removal:
    """How a stack's resources are taken away.

    ``undoing_creation``: RetainExceptOnCreate does not keep them then; ``forced``: nor does Retain. ``kept``: logical
    ids of those that stay all the same.
    """

    progress: Progress
    undoing_creation: bool = False
    forced: bool = False
    kept: Container[str] = ()

    async def remove(self, rows: Mapping[str, ResourceRow]) -> list[str]:
        """Remove resources, each before what it depends on; answer the logical ids of those that could not be."""
        failed: list[str] = []
        needed: set[str] = set()
        for logical_id in backwards(rows):
            row = rows[logical_id]
            if row.status in GONE:
                continue
            if logical_id in needed or not await self._remove(row):
                # What a resource that is still there depends on has to stay as well.
                needed.update(row.body.depends_on)
                if logical_id not in needed:
                    failed.append(logical_id)
        return failed

    async def _remove(self, row: ResourceRow) -> bool:
        if row.superseded is not None and not await self.discard(row):
            return False
        if not row.body.physical_id:
            self.progress.mark(row, "DELETE_COMPLETE", body=Body())
            return True
        if row.logical_id in self.kept or self._is_retained(row.body.deletion_policy):
            self.progress.mark(row, "DELETE_SKIPPED")
            return True
        failed = await self._delete(row, row.body)
        if failed is not None:
            self.progress.mark(row, "DELETE_FAILED", failed)
            return False
        self.progress.keep(
            msgspec.structs.replace(row, status="DELETE_COMPLETE", reason=None, former=None, target=None)
        )
        return True

    async def discard(self, row: ResourceRow) -> bool:
        """Remove what a replacement left behind; the resource itself stays."""
        left = row.superseded
        if left is None:
            return True
        if left.physical_id and self._is_retained(left.update_replace_policy):
            self.progress.tell(row, "DELETE_SKIPPED", None, left.physical_id)
        elif left.physical_id and (failed := await self._delete(row, left)) is not None:
            self.progress.tell(row, "DELETE_FAILED", failed, left.physical_id)
            return False
        self.progress.keep(msgspec.structs.replace(row, superseded=None))
        return True

    async def _delete(self, row: ResourceRow, body: Body) -> str | None:
        """Delete a physical resource and answer why that failed."""
        self.progress.tell(row, "DELETE_IN_PROGRESS", None, body.physical_id)

        async def step() -> None:
            await TYPES[row.type].deleted(self.progress.work(row, body))

        failed = await self.progress.attempt(row, step)
        if failed is None:
            self.progress.tell(row, "DELETE_COMPLETE", None, body.physical_id)
            return None
        return failed.reason(token_of(self.progress.stack, row))

    def _is_retained(self, policy: str) -> bool:
        if policy == "RetainExceptOnCreate":
            return not self.undoing_creation
        return policy == "Retain" and not self.forced


def backwards(rows: Mapping[str, ResourceRow]) -> list[str]:
    """Answer the logical ids so that each comes before what it depends on."""
    graph: dict[str, Iterable[str]] = {name: _depends_on(row) for name, row in rows.items()}
    try:
        return dependencies.in_order(graph)[::-1]
    except AwsError:  # an update that stopped half-way may have left a circle of old and new
        return list(rows)[::-1]


def _depends_on(row: ResourceRow) -> list[str]:
    return (row.body if row.body.physical_id or row.target is None else row.target).depends_on
