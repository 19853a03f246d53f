"""A service: its operations by AWS's names, the permissions they need, and what it does when the cloud starts."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

Handler = Callable[[Call], Any]
Permission = tuple[str, str]
Permissions = Callable[[str, dict[str, Any], str, str], Sequence[Permission]]
Start = Callable[[Cloud], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its function, whether it waits (async), whether only other services may call it."""

    name: str
    handler: Handler
    waits: bool
    internal: bool


class Service:
    """Register operations with ``@SERVICE.operation("PutRecord")``; names are botocore's."""

    def __init__(self, name: str, *, iam_prefix: str | None = None) -> None:
        self.name = name
        self.iam_prefix = iam_prefix or name
        self.operations: dict[str, Operation] = {}
        self.starts: list[Start] = []
        self._permissions: Permissions | None = None

    def operation(self, name: str) -> Callable[[Handler], Handler]:
        """Register an operation of AWS's API: a sync function decides, an async one waits for something."""

        def register(handler: Handler) -> Handler:
            self._add(name, handler, internal=False)
            return handler

        return register

    def internal(self, name: str) -> Callable[[Handler], Handler]:
        """Register an operation for the other services only: the wire never reaches it."""

        def register(handler: Handler) -> Handler:
            self._add(name, handler, internal=True)
            return handler

        return register

    def permissions(self, decide: Permissions) -> Permissions:
        """Register which (action, resource ARN) pairs a call needs: (operation, params, region, account) -> pairs."""
        self._permissions = decide
        return decide

    def on_start(self, start: Start) -> Start:
        """Register what is done once when the cloud has started: jobs registered, consumers resumed."""
        self.starts.append(start)
        return start

    def required(self, operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
        """Answer the (action, resource ARN) pairs that a caller needs."""
        if self._permissions is None:
            return [(f"{self.iam_prefix}:{operation}", "*")]
        return self._permissions(operation, params, region, account)

    def _add(self, name: str, handler: Handler, *, internal: bool) -> None:
        if name in self.operations:
            raise ValueError(f"{self.name} registers {name} twice")
        self.operations[name] = Operation(name, handler, inspect.iscoroutinefunction(handler), internal)
