"""The cloud as a service sees it: the door, the store, time, jobs, consumers, files and workers."""

import random
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from tailrace.engine.clock import Clock
from tailrace.engine.consumer import Consumers
from tailrace.engine.faults import Faults
from tailrace.engine.files import Files
from tailrace.engine.job import Jobs
from tailrace.engine.ledger import Ledger
from tailrace.engine.store import Store
from tailrace.engine.transaction import Transaction
from tailrace.service.principal import Principal


class Tasks(Protocol):
    """CPU-heavy or crash-prone work, done in a worker process of its own."""

    def run(self, function: str, payload: dict[str, Any], *, timeout_s: float) -> Awaitable[dict[str, Any]]:
        """Run ``module:function`` on a payload that JSON can carry; cancelling the wait ends the worker."""


class Cloud(Protocol):
    """One account on one machine."""

    account: str
    endpoint: str
    store: Store
    clock: Clock
    jobs: Jobs
    consumers: Consumers
    ledger: Ledger
    files: Files
    workers: Any  # who runs Lambda functions: tailrace.lambda_.execution.Workers, a type no other service may name
    meters: Any  # what counts for CloudWatch: tailrace.cloudwatch.meter.Meter
    faults: Faults
    random: random.Random

    @property
    def tasks(self) -> Tasks:
        """Worker processes for heavy work."""

    def call(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        principal: Principal,
        *,
        region: str,
        transaction: Transaction | None = None,
    ) -> dict[str, Any]:
        """Carry out a sync operation: within the given transaction, undone when it is refused, or in one of its own.

        Raises AwsError when the operation refuses. Without a transaction the effects are visible, and soon durable.
        """

    async def request(
        self, service: str, operation: str, params: dict[str, Any], principal: Principal, *, region: str
    ) -> dict[str, Any]:
        """Carry out any operation and answer when its effects are on disk. Raises AwsError when it refuses."""

    def assume_role(
        self,
        role_arn: str,
        service_principal: str,
        session: str,
        *,
        region: str,
        source_arn: str | None = None,
        transaction: Transaction | None = None,
    ) -> Principal:
        """Answer a session of a role for an AWS service. Raises AwsError AccessDenied when its trust policy forbids."""

    def meter(
        self, region: str, namespace: str, metric: str, dimensions: Mapping[str, str], value: float, unit: str = "Count"
    ) -> None:
        """Count something for CloudWatch."""
