"""Where change records are read from: a Kinesis stream or a table's stream, shard by shard, through boto3."""

import base64
from datetime import datetime
from typing import Any, Protocol

import orjson

from tailrace.cli.connection import Connection, fail

Record = dict[str, Any]


class ChangeSource(Protocol):
    """Shards and their records."""

    def shards(self) -> list[str]:
        """Answer the ids of the shards."""

    def iterator(self, shard: str, start: str | datetime) -> str:
        """Answer where to begin in a shard: TRIM_HORIZON, LATEST or a moment."""

    def read(self, iterator: str) -> tuple[list[Record], str | None, bool]:
        """Answer records, where to go on (None at a shard's end), and whether there are more already."""


class KinesisSource:
    """Read a Kinesis stream."""

    def __init__(self, kinesis: Any, name: str) -> None:
        self._kinesis = kinesis
        self._name = name

    def shards(self) -> list[str]:
        """Answer the ids of the shards."""
        # boto3's paginator repeats the name beside the token, which Kinesis refuses.
        page = self._kinesis.list_shards(StreamName=self._name)
        shards = list(page["Shards"])
        while "NextToken" in page:
            page = self._kinesis.list_shards(NextToken=page["NextToken"])
            shards += page["Shards"]
        return [shard["ShardId"] for shard in shards]

    def iterator(self, shard: str, start: str | datetime) -> str:
        """Answer where to begin in a shard."""
        answer = self._kinesis.get_shard_iterator(StreamName=self._name, ShardId=shard, **_beginning(start))
        return str(answer["ShardIterator"])

    def read(self, iterator: str) -> tuple[list[Record], str | None, bool]:
        """Answer records, where to go on, and whether there are more already."""
        answer = self._kinesis.get_records(ShardIterator=iterator, Limit=1000)
        records = [
            {
                "time": record["ApproximateArrivalTimestamp"],
                "sequenceNumber": record["SequenceNumber"],
                "partitionKey": record["PartitionKey"],
                "data": _data(record["Data"]),
            }
            for record in answer["Records"]
        ]
        return records, answer.get("NextShardIterator"), answer["MillisBehindLatest"] > 0


class TableSource:
    """Read a table's stream."""

    def __init__(self, streams: Any, stream_arn: str) -> None:
        self._streams = streams
        self._arn = stream_arn

    def shards(self) -> list[str]:
        """Answer the ids of the shards."""
        shards: list[str] = []
        more: dict[str, str] = {}
        while True:
            description = self._streams.describe_stream(StreamArn=self._arn, **more)["StreamDescription"]
            shards += [shard["ShardId"] for shard in description["Shards"]]
            if "LastEvaluatedShardId" not in description:
                return shards
            more = {"ExclusiveStartShardId": description["LastEvaluatedShardId"]}

    def iterator(self, shard: str, start: str | datetime) -> str:
        """Answer where to begin in a shard."""
        answer = self._streams.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **_beginning(start))
        return str(answer["ShardIterator"])

    def read(self, iterator: str) -> tuple[list[Record], str | None, bool]:
        """Answer records, where to go on, and whether there are more already."""
        answer = self._streams.get_records(ShardIterator=iterator, Limit=1000)
        records = [
            {
                "time": record["dynamodb"]["ApproximateCreationDateTime"],
                "sequenceNumber": record["dynamodb"]["SequenceNumber"],
                "data": record,
            }
            for record in answer["Records"]
        ]
        return records, answer.get("NextShardIterator"), bool(records)


def find(connection: Connection, name: str) -> ChangeSource:
    """Answer the Kinesis stream of that name, or else the stream of the table; ends the command when there is none."""
    from botocore.exceptions import BotoCoreError, ClientError

    kinesis = connection.client("kinesis")
    try:
        kinesis.describe_stream_summary(StreamName=name)
        return KinesisSource(kinesis, name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            fail(str(error))
    except BotoCoreError as error:
        fail(str(error))
    try:
        table = connection.client("dynamodb").describe_table(TableName=name)["Table"]
    except ClientError as error:
        fail(f"there is neither a Kinesis stream nor a table {name}: {error}")
    if "LatestStreamArn" not in table:
        fail(f"table {name} has no stream; switch one on with StreamSpecification")
    return TableSource(connection.client("dynamodbstreams"), table["LatestStreamArn"])


def _beginning(start: str | datetime) -> dict[str, Any]:
    if isinstance(start, str):
        return {"ShardIteratorType": start}
    return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": start}


def _data(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return base64.b64encode(raw).decode()
