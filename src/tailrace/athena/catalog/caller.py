"""Who a query runs for: calls to Glue and S3 go through the door as this caller, so its permissions decide."""

from __future__ import annotations

from typing import Any

import msgspec

from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal

CATALOG = "awsdatacatalog"


class Caller(msgspec.Struct, frozen=True):
    """A principal in a region."""

    cloud: Cloud
    principal: Principal
    region: str

    def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Carry out a sync operation as the caller. AwsError when it refuses."""
        return self.cloud.call(service, operation, params, self.principal, region=self.region)

    async def request(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Carry out any operation as the caller and wait until its effects are on disk."""
        return await self.cloud.request(service, operation, params, self.principal, region=self.region)
