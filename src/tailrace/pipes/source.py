"""The sources of pipes: which logs they have, and what a record of theirs looks like to filters, templates and targets.

A DynamoDB record is in its log as the event that a pipe passes on; a Kinesis record becomes one here.
"""

import base64
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from tailrace.engine.block import Entry
from tailrace.engine.transaction import Transaction
from tailrace.pipes.pipe import Pipe
from tailrace.pipes.settings import source_kind
from tailrace.service.cloud import Cloud
from tailrace.service.kinesis_record import decode, number_base, sequence_number
from tailrace.service.principal import Principal

_CALLS = {"dynamodb": ("dynamodbstreams", "StreamArn"), "kinesis": ("kinesis", "StreamARN")}


@dataclass(frozen=True, slots=True)
class ShardLog:
    """One shard and its log; ``closed`` says that it won't grow, ``parents`` which shards go before it."""

    shard_id: str
    log_id: str
    closed: bool
    parents: tuple[str, ...]
    start: str | None


@dataclass(frozen=True, slots=True)
class SourceLogs:
    """All shards of a source, and the log that tells when there are others, if there ever can be."""

    shards: tuple[ShardLog, ...]
    layout_log: str | None


class Source(ABC):
    """One shard's records as events."""

    letter_member: str

    def __init__(self, pipe: Pipe, shard: ShardLog) -> None:
        self.shard_id = shard.shard_id

    @abstractmethod
    def event(self, entry: Entry) -> bytes:
        """Answer an entry of the log as the JSON of an event."""

    def seen(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer a decoded event as filters and templates see it."""
        return event

    @abstractmethod
    def sequence_number(self, event: dict[str, Any]) -> str:
        """Answer an event's sequence number."""

    @abstractmethod
    def arrival(self, event: dict[str, Any]) -> str:
        """Answer when an event's record came in, as dead letters write it."""


class DynamoDBSource(Source):
    """A shard of a table's stream."""

    letter_member = "DDBStreamBatchInfo"

    def event(self, entry: Entry) -> bytes:
        """Answer an entry of the log as the JSON of an event."""
        return entry.data

    def sequence_number(self, event: dict[str, Any]) -> str:
        """Answer an event's sequence number."""
        number: str = event["dynamodb"]["SequenceNumber"]
        return number

    def arrival(self, event: dict[str, Any]) -> str:
        """Answer when an event's record came in: whole seconds."""
        instant = datetime.fromtimestamp(event["dynamodb"]["ApproximateCreationDateTime"], UTC)
        return f"{instant:%Y-%m-%dT%H:%M:%S}Z"


class KinesisSource(Source):
    """A shard of a Kinesis stream."""

    letter_member = "KinesisBatchInfo"

    def __init__(self, pipe: Pipe, shard: ShardLog) -> None:
        super().__init__(pipe, shard)
        self._base = number_base(shard.start or "0")
        self._common = {
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": pipe.role,
            "awsRegion": pipe.region,
            "eventSourceARN": pipe.source,
        }

    def event(self, entry: Entry) -> bytes:
        """Answer an entry of the log as the JSON of an event."""
        key, data = decode(entry.data)
        number = str(sequence_number(self._base, entry.sequence, entry.time_ms))
        return orjson.dumps(
            {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": number,
                "data": base64.b64encode(data).decode(),
                "approximateArrivalTimestamp": entry.time_ms / 1000,
                "eventID": f"{self.shard_id}:{number}",
                **self._common,
            }
        )

    def seen(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer a decoded event with its data decoded as well, if that is JSON."""
        try:
            return {**event, "data": orjson.loads(base64.b64decode(event["data"]))}
        except ValueError:
            return event

    def sequence_number(self, event: dict[str, Any]) -> str:
        """Answer an event's sequence number."""
        number: str = event["sequenceNumber"]
        return number

    def arrival(self, event: dict[str, Any]) -> str:
        """Answer when an event's record came in: milliseconds."""
        time_ms = round(event["approximateArrivalTimestamp"] * 1000)
        instant = datetime.fromtimestamp(time_ms // 1000, UTC)
        return f"{instant:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


_SOURCES: dict[str, type[Source]] = {"dynamodb": DynamoDBSource, "kinesis": KinesisSource}


def source_of(pipe: Pipe, shard: ShardLog) -> Source:
    """Answer one shard of a pipe's source."""
    return _SOURCES[source_kind(pipe.source)](pipe, shard)


def logs_of(cloud: Cloud, transaction: Transaction, pipe: Pipe, role: Principal) -> SourceLogs:
    """Answer the logs of a pipe's source, as the pipe's role. Raises AwsError when it may not read them."""
    service, member = _CALLS[source_kind(pipe.source)]
    region = pipe.source.split(":")[3]
    found = cloud.call(service, "ShardLogs", {member: pipe.source}, role, region=region, transaction=transaction)
    shards = tuple(
        ShardLog(
            shard["ShardId"],
            shard["LogId"],
            shard.get("Closed", False),
            tuple(shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in shard),
            shard.get("StartingSequenceNumber"),
        )
        for shard in found["Shards"]
    )
    return SourceLogs(shards, found.get("LayoutLogId"))
