"""Dead letters: what is told of records that a pipe gives up, without their data (recorded from real pipes, 2024)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from tailrace.engine.transaction import Transaction
from tailrace.pipes.pipe import Pipe
from tailrace.pipes.source import Source
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


def letter(pipe: Pipe, source: Source, condition: str, records: Sequence[bytes], now_ms: int) -> dict[str, Any]:
    """Answer the message about records that followed each other in one shard."""
    first, last = orjson.loads(records[0]), orjson.loads(records[-1])
    return {
        "context": {"partnerResourceArn": pipe.arn, "condition": condition},
        "version": "1.0",
        "timestamp": iso(now_ms),
        source.letter_member: {
            "shardId": source.shard_id,
            "startSequenceNumber": source.sequence_number(first),
            "endSequenceNumber": source.sequence_number(last),
            "approximateArrivalOfFirstRecord": source.arrival(first),
            "approximateArrivalOfLastRecord": source.arrival(last),
            "batchSize": len(records),
            "streamArn": pipe.source,
        },
    }


def send(
    cloud: Cloud, transaction: Transaction, pipe: Pipe, role: Principal, queue: str, message: Mapping[str, Any]
) -> None:
    """Stage a message in a queue, as the pipe's role. Raises AwsError when the role may not or the queue is gone."""
    _, _, _, region, account, name = queue.split(":")
    params = {"QueueUrl": f"{cloud.endpoint}/{account}/{name}", "MessageBody": orjson.dumps(message).decode()}
    cloud.call("sqs", "SendMessage", params, role, region=region, transaction=transaction)


def iso(time_ms: int) -> str:
    """Answer an instant as ISO 8601 with milliseconds."""
    instant = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"
