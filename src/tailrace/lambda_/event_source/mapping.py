"""A mapping: its row, how it is described, and how it stands in the ledger."""

from typing import Any

import msgspec

from tailrace.engine.ledger import Hop
from tailrace.engine.rows import Rows
from tailrace.lambda_.errors import not_found
from tailrace.service.call import Call

ENABLED, DISABLED = "Enabled", "Disabled"
NOTHING_YET, FINE, FAILED = "No records processed", "OK", "PROBLEM: Function call failed"


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A stream and the function that gets its records; ``function`` is its ARN as it was given."""

    uuid: str
    region: str
    account: str
    source: str
    function: str
    position: str
    position_s: float | None = None
    enabled: bool = True
    batch_size: int = 100
    window_s: int = 0
    bisects: bool = False
    age_s_max: int = -1
    retries_max: int = -1
    on_failure: str | None = None
    reports_items: bool = False
    tags: dict[str, str] = {}
    modified_s: float = 0.0
    result: str = NOTHING_YET

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.region}/{self.uuid}"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"

    @property
    def hop(self) -> Hop:
        """The mapping as the ledger shows it."""
        name = self.function.split(":function:")[-1]
        return Hop(kind="event-source-mapping", name=name, region=self.region, source=self.source, target=self.function)

    @property
    def consumers(self) -> str:
        """What the ids of its consumers begin with."""
        return f"lambda/{self.key}/"

    def consumer_id(self, log_id: str) -> str:
        """Answer the id of the consumer of one of the source's logs."""
        return f"{self.consumers}{log_id}"


MAPPINGS = Rows("lambda/mappings", Mapping)


def find(call: Call) -> Mapping:
    """Answer the mapping that a call names. Raises ResourceNotFoundException."""
    mapping = MAPPINGS.get(call.transaction, call.key(call.params["UUID"]))
    if mapping is None:
        raise not_found("The resource you requested does not exist.")
    return mapping


def shown(mapping: Mapping, state: str | None = None) -> dict[str, Any]:
    """Answer a mapping as AWS describes it; a state that it goes through is given."""
    answer: dict[str, Any] = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "EventSourceArn": mapping.source,
        "FunctionArn": mapping.function,
        "StartingPosition": mapping.position,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window_s,
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": mapping.bisects,
        "MaximumRecordAgeInSeconds": mapping.age_s_max,
        "MaximumRetryAttempts": mapping.retries_max,
        "TumblingWindowInSeconds": 0,
        "DestinationConfig": {"OnFailure": {"Destination": mapping.on_failure} if mapping.on_failure else {}},
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.reports_items else [],
        "LastModified": mapping.modified_s,
        "LastProcessingResult": mapping.result,
        "State": state or (ENABLED if mapping.enabled else DISABLED),
        "StateTransitionReason": "User action",
    }
    if mapping.position_s is not None:
        answer["StartingPositionTimestamp"] = mapping.position_s
    return answer
