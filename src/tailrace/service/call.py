"""A call: what was asked of a service, by whom, when, and the transaction in which it is decided.

An operation is a deterministic function of it: no I/O, no clock, no dice but these.
"""

import random
import uuid
from typing import Any

import msgspec

from tailrace.engine.clock import milliseconds
from tailrace.engine.transaction import Transaction
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal


class Call(msgspec.Struct, frozen=True):
    """One operation being carried out. Members of ``params`` carry botocore's names; timestamps are epoch seconds."""

    service: str
    operation: str
    params: dict[str, Any]
    principal: Principal
    region: str
    account: str
    request_id: str
    now: float
    cloud: Cloud
    staged: Transaction | None

    @property
    def transaction(self) -> Transaction:
        """The transaction to read and stage in; an async operation has none and begins its own."""
        if self.staged is None:
            raise RuntimeError(f"{self.service} {self.operation} is async: begin a transaction in call.cloud.store")
        return self.staged

    @property
    def now_ms(self) -> int:
        """The instant of the call in milliseconds since the epoch."""
        return milliseconds(self.now)

    @property
    def random(self) -> random.Random:
        """The only dice."""
        return self.cloud.random

    def uuid(self) -> str:
        """Answer a new random uuid."""
        return str(uuid.UUID(int=self.cloud.random.getrandbits(128), version=4))

    def arn(self, service: str, resource: str) -> str:
        """Answer the ARN of a resource in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def key(self, name: str) -> str:
        """Answer the row key of a regional resource."""
        return f"{self.region}/{name}"

    def do(
        self, service: str, operation: str, params: dict[str, Any], principal: Principal | None = None
    ) -> dict[str, Any]:
        """Call another operation through the door, within this transaction; AwsError when it refuses."""
        return self.cloud.call(
            service, operation, params, principal or self.principal, region=self.region, transaction=self.transaction
        )
