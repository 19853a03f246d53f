"""The streams that mappings read: their shards, their logs, and what a record of theirs looks like to a function.

A DynamoDB record lies in its log as the event that a function gets; a Kinesis record becomes one here.
"""

import base64
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.engine.block import Entry
from tailrace.engine.log import Log
from tailrace.engine.transaction import Transaction
from tailrace.lambda_.errors import invalid
from tailrace.lambda_.event_source.mapping import Mapping
from tailrace.service.cloud import Cloud
from tailrace.service.kinesis_record import decode, number_base, sequence_number
from tailrace.service.principal import Principal

_CALLS = {"dynamodb": ("dynamodbstreams", "StreamArn"), "kinesis": ("kinesis", "StreamARN")}


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard and its log; ``closed`` says that it won't grow, ``parents`` which shards go before it."""

    shard_id: str
    log_id: str
    closed: bool = False
    parents: tuple[str, ...] = ()
    start: str = "0"


@dataclass(frozen=True, slots=True)
class Stream:
    """All shards of a stream, and the log that tells when there are others, if there ever can be."""

    shards: tuple[Shard, ...]
    layout_log: str | None


def service_of(arn: str) -> str:
    """Answer the service of a source. Raises InvalidParameterValueException for one that is not carried out."""
    service = arn.split(":")[2]
    if service not in _CALLS or (service == "dynamodb" and "/stream/" not in arn):
        raise invalid("Unrecognized event source.")
    return service


def read(cloud: Cloud, transaction: Transaction, mapping: Mapping, role: Principal) -> Stream:
    """Answer the shards of a mapping's stream, as the function's role. Raises AwsError when it may not read them."""
    service, member = _CALLS[service_of(mapping.source)]
    params = {member: mapping.source}
    found = cloud.call(service, "ShardLogs", params, role, region=mapping.region, transaction=transaction)
    return Stream(tuple(_shard(each) for each in found["Shards"]), found.get("LayoutLogId"))


def begins_after(log: Log, mapping: Mapping) -> int:
    """Answer the sequence after which a new mapping begins to read a log."""
    if mapping.position == "TRIM_HORIZON":
        return log.tail - 1
    if mapping.position == "AT_TIMESTAMP":
        return log.at_time(round((mapping.position_s or 0) * 1000)) - 1
    return log.head


class Records:
    """The records of one shard as a function gets them."""

    def __init__(self, mapping: Mapping, shard: Shard, role: str) -> None:
        self._kinesis = service_of(mapping.source) == "kinesis"
        self._shard = shard
        self._base = number_base(shard.start)
        self._common = {
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role,
            "awsRegion": mapping.region,
            "eventSourceARN": mapping.source,
        }
        self.member = "KinesisBatchInfo" if self._kinesis else "DDBStreamBatchInfo"

    def event(self, entry: Entry) -> bytes:
        """Answer an entry of the log as JSON."""
        if not self._kinesis:
            return entry.data
        key, data = decode(entry.data)
        number = self.sequence_number(entry)
        record = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": entry.time_ms / 1000,
        }
        return orjson.dumps({"kinesis": record, "eventID": f"{self._shard.shard_id}:{number}", **self._common})

    def sequence_number(self, entry: Entry) -> str:
        """Answer an entry's sequence number."""
        if self._kinesis:
            return str(sequence_number(self._base, entry.sequence, entry.time_ms))
        number: str = orjson.loads(entry.data)["dynamodb"]["SequenceNumber"]
        return number


def _shard(found: dict[str, Any]) -> Shard:
    parents = tuple(found[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in found)
    start = found.get("StartingSequenceNumber", "0")
    return Shard(found["ShardId"], found["LogId"], found.get("Closed", False), parents, start)
