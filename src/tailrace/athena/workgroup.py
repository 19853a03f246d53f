"""A workgroup: where results go, whether that binds its users, and how much a query may scan.

``primary`` is always there; it has no place for results until it is given one.
"""

from typing import Any

import msgspec

from tailrace.athena.errors import invalid
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call

PRIMARY = "primary"
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
SCANNED_BYTES_CUTOFF_MIN = 10_000_000


class WorkGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One workgroup. ``configuration`` is the API's WorkGroupConfiguration with its defaults filled in."""

    name: str
    created: float
    configuration: dict[str, Any]
    description: str = ""
    state: str = "ENABLED"
    tags: dict[str, str] = {}

    @property
    def enforced(self) -> bool:
        """Whether the workgroup's settings replace what a request says."""
        return bool(self.configuration.get("EnforceWorkGroupConfiguration", True))

    @property
    def output_location(self) -> str | None:
        """Where results go, if the workgroup says so."""
        location: str | None = self.configuration.get("ResultConfiguration", {}).get("OutputLocation")
        return location

    @property
    def scanned_bytes_cutoff(self) -> int | None:
        """How many bytes one query may scan; None for any number."""
        return self.configuration.get("BytesScannedCutoffPerQuery")


ROWS = Rows("athena/workgroups", WorkGroup)


def get(transaction: Transaction, region: str, name: str) -> WorkGroup | None:
    """Answer a workgroup by its name, the primary one as AWS makes it until it is changed."""
    found = ROWS.get(transaction, f"{region}/{name}")
    if found is None and name == PRIMARY:
        return WorkGroup(name=PRIMARY, created=0.0, configuration=filled({"EnforceWorkGroupConfiguration": False}))
    return found


def find(call: Call, name: str) -> WorkGroup:
    """Answer a workgroup by its name. Raises InvalidRequestException when there is none."""
    found = get(call.transaction, call.region, name)
    if found is None:
        raise invalid(f"WorkGroup {name} is not found.")
    return found


def keep(call: Call, group: WorkGroup) -> None:
    """Stage a workgroup."""
    ROWS.put(call.transaction, call.key(group.name), group)


def filled(configuration: dict[str, Any]) -> dict[str, Any]:
    """Answer a configuration with AWS's defaults for what it does not say. Raises InvalidRequestException."""
    location = configuration.get("ResultConfiguration", {}).get("OutputLocation")
    if location is not None:
        check_location(location)
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and cutoff < SCANNED_BYTES_CUTOFF_MIN:
        raise invalid(f"BytesScannedCutoffPerQuery must be at least {SCANNED_BYTES_CUTOFF_MIN} bytes.")
    selected = configuration.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO")
    if selected not in ("AUTO", "Athena engine version 3"):
        raise invalid(f"Engine version {selected} is not supported; choose AUTO or Athena engine version 3.")
    return {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EnableMinimumEncryptionConfiguration": False,
        **configuration,
        "ResultConfiguration": configuration.get("ResultConfiguration", {}),
        "EngineVersion": {**ENGINE, "SelectedEngineVersion": selected},
    }


def check_location(location: str) -> None:
    """Refuse what is no place in S3."""
    bucket = location.removeprefix("s3://").partition("/")[0]
    if not location.startswith("s3://") or not bucket:
        raise invalid("outputLocation is not a valid S3 path.")
