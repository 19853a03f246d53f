"""How far a deployment is, on disk: each step of a resource is remembered before it is taken, and once it is done."""

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from tailrace.cloudformation.definition import template_of
from tailrace.cloudformation.event import record
from tailrace.cloudformation.parameters import is_hidden
from tailrace.cloudformation.resource_row import RESOURCES, Body, ResourceRow, of_stack
from tailrace.cloudformation.resources.failure import ResourceFailure
from tailrace.cloudformation.resources.resource import Work
from tailrace.cloudformation.stack import STACKS, StackRow, move
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_logger = logging.getLogger(__name__)
_SERVICE_PRINCIPAL = "cloudformation.amazonaws.com"


@dataclass(slots=True)
class Progress:
    """One stack under deployment."""

    cloud: Cloud
    key: str

    @property
    def stack(self) -> StackRow:
        """The stack as it now is."""
        stack = STACKS.get(self.cloud.store.begin(), self.key)
        assert stack is not None, f"stack {self.key} has a deployment and no row"
        return stack

    def rows(self) -> dict[str, ResourceRow]:
        """The stack's resources as they now are."""
        return of_stack(self.cloud.store.begin(), self.key)

    def row(self, logical_id: str) -> ResourceRow | None:
        """A resource as it now is."""
        return RESOURCES.get(self.cloud.store.begin(), f"{self.key}/{logical_id}")

    def commit(self, stage: Callable[[Transaction], None]) -> None:
        """Stage something and commit it. It is on disk before any later step of the deployment is."""
        transaction = self.cloud.store.begin()
        try:
            stage(transaction)
        except BaseException:
            transaction.abort()
            raise
        self.cloud.store.commit(transaction)

    def principal(self) -> Principal:
        """Answer for whom the resources are changed: the stack's role, or whoever asked. Raises ResourceFailure."""
        stack = self.stack
        caller = stack.caller.principal()
        if stack.definition.role_arn is None:
            return caller
        try:
            return self.cloud.assume_role(
                stack.definition.role_arn, _SERVICE_PRINCIPAL, "AWSCloudFormation", region=stack.region
            )
        except AwsError as error:
            raise ResourceFailure(f"Role {stack.definition.role_arn} is invalid or cannot be assumed") from error

    def move(self, expected: str, status: str, reason: str | None = None, **changes: Any) -> None:
        """Bring the stack from one state into another, unless somebody else has moved it meanwhile."""

        def stage(transaction: Transaction) -> None:
            stack = STACKS.get(transaction, self.key)
            if stack is not None and stack.status == expected:
                move(transaction, stack, status, reason, self.cloud.clock.now_ms(), **changes)

        self.commit(stage)

    def mark(self, row: ResourceRow, status: str, reason: str | None = None, **changes: Any) -> ResourceRow:
        """Bring a resource into a state and record the event; answer the row as it now is."""
        now_ms = self.cloud.clock.now_ms()
        marked = msgspec.structs.replace(row, status=status, reason=reason, at_ms=now_ms, **changes)

        def stage(transaction: Transaction) -> None:
            RESOURCES.put(transaction, marked.key, marked)
            self._record(transaction, marked, status, reason, marked.body.physical_id)

        self.commit(stage)
        return marked

    def tell(self, row: ResourceRow, status: str, reason: str | None, physical_id: str) -> None:
        """Record an event of a resource that is no longer, or not yet, what the row names."""
        self.commit(lambda transaction: self._record(transaction, row, status, reason, physical_id))

    def _record(
        self, transaction: Transaction, row: ResourceRow, status: str, reason: str | None, physical_id: str
    ) -> None:
        stack = self.stack
        record(
            transaction,
            stack_key=self.key,
            stack_id=stack.id,
            stack_name=stack.name,
            logical_id=row.logical_id,
            physical_id=physical_id,
            type=row.type,
            status=status,
            reason=reason,
            properties=_shown_properties(stack, row),
            token=stack.token,
            now_ms=self.cloud.clock.now_ms(),
        )

    def put(self, transaction: Transaction, row: ResourceRow, **changes: Any) -> None:
        """Stage a resource with changes."""
        RESOURCES.put(transaction, row.key, msgspec.structs.replace(row, **changes))

    def keep(self, row: ResourceRow) -> None:
        """Remember a resource without an event."""
        self.commit(lambda transaction: RESOURCES.put(transaction, row.key, row))

    def drop(self, row: ResourceRow) -> None:
        """Forget a resource."""
        self.commit(lambda transaction: RESOURCES.delete(transaction, row.key))

    def work(self, row: ResourceRow, body: Body, former: Body | None = None, *, again: bool = False) -> Work:
        """Answer the work with a resource: to make ``body`` of nothing, or of ``former``. Raises ResourceFailure."""
        stack = self.stack
        before = former or Body()
        return Work(
            cloud=self.cloud,
            principal=self.principal(),
            region=stack.region,
            stack_name=stack.name,
            logical_id=row.logical_id,
            token=token_of(stack, row),
            physical_id=body.physical_id or before.physical_id or row.candidate,
            properties=body.properties,
            tags=body.tags,
            former={} if before.partial else before.properties,
            former_tags={} if before.partial else before.tags,
            attributes=before.attributes or body.attributes,
            again=again,
        )

    async def attempt(self, row: ResourceRow, step: Callable[[], Any]) -> ResourceFailure | None:
        """Take a step and answer how it failed. A bug in a handler fails the resource, not the deployment."""
        try:
            await step()
        except ResourceFailure as failed:
            return failed
        except AwsError as error:
            return ResourceFailure(error.message)
        except Exception as error:
            _logger.exception("%s of stack %s failed", row.logical_id, self.key)
            return ResourceFailure(f"{type(error).__name__}: {error}", "InternalFailure")
        return None


def token_of(stack: StackRow, row: ResourceRow) -> str:
    """Answer the token of an operation on a resource: the same each time it is attempted."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{stack.operation}/{row.logical_id}/{row.step}"))


def _shown_properties(stack: StackRow, row: ResourceRow) -> str:
    properties = (row.target or row.body).properties
    text = json.dumps(properties, separators=(",", ":"), ensure_ascii=False)
    for name, declared in template_of(stack.definition).parameters.items():
        if is_hidden(declared) and (value := stack.definition.parameters.get(name)):
            text = text.replace(json.dumps(value, ensure_ascii=False)[1:-1], "****")
    return text
