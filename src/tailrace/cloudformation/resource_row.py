"""The resources of a stack as they are remembered."""

from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction

COMPLETE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"})
GONE = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What really stands behind a logical id: the physical resource and what it was made from.

    ``partial``: it was created and not finished, so it can't be told which of its properties hold.
    """

    physical_id: str = ""
    reference: str = ""
    properties: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    tags: dict[str, str] = {}
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: dict[str, Any] | None = None
    depends_on: list[str] = []
    partial: bool = False


class ResourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A resource. While an operation changes it, ``step`` says how.

    ``target`` is then what it is to become and ``former`` what it goes back to when that fails; ``superseded`` is what
    a replacement leaves to be removed.
    """

    stack_key: str
    logical_id: str
    type: str
    status: str
    reason: str | None = None
    at_ms: int
    body: Body = Body()
    operation: str = ""
    step: str = ""  # create | update | replace
    attempts: int = 0
    candidate: str = ""  # the name given before the resource exists
    former: Body | None = None
    target: Body | None = None
    superseded: Body | None = None

    @property
    def key(self) -> str:
        """The key of the row."""
        return f"{self.stack_key}/{self.logical_id}"


RESOURCES = Rows("cloudformation/resources", ResourceRow)


def of_stack(transaction: Transaction, stack_key: str) -> dict[str, ResourceRow]:
    """Answer a stack's resources by logical id, those that have been removed included."""
    return {row.logical_id: row for _, row in RESOURCES.scan(transaction, f"{stack_key}/")}
