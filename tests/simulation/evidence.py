"""What a run has left behind, read through the door as users do: the stream, Kinesis, S3, the queue, the table."""

import base64
import gzip
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulation.life import Life
from simulation.pipeline import BUCKET, QUEUE_URL, REGION, STREAM, TABLE, Pipeline
from simulation.values import Image
from tailrace.engine.files import FileSlice
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Event = dict[str, Any]
_CLOCK_SET_BACK_S = 3600.0


@dataclass
class Delivered:
    """One object of rows or of failed records: what the delivery stream put in one transaction has one ``turn``."""

    key: str
    events: list[Event] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    path: Path | None = None


@dataclass
class Evidence:
    """Everything, in the order in which it was written."""

    events: list[Event] = field(default_factory=list)  # the table's stream
    passed: list[list[Event]] = field(default_factory=list)  # Kinesis, by shard
    rows: list[Delivered] = field(default_factory=list)
    errors: list[Delivered] = field(default_factory=list)
    backup: list[Event] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    items: list[Image] = field(default_factory=list)
    wrong_files: list[str] = field(default_factory=list)


async def evidence(life: Life, placed: list[str]) -> Evidence:
    """Collect it."""
    found = Evidence()
    call = life.pipeline.call
    found.events = _events(call)
    found.passed = _passed(call)
    found.items = _items(call)
    found.letters = await _letters(life)
    _objects(life.pipeline, found, placed)
    return found


def _events(call: Any) -> list[Event]:
    arn = call("dynamodb", "DescribeTable", TableName=TABLE)["Table"]["LatestStreamArn"]
    found: list[Event] = []
    for shard in call("dynamodbstreams", "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]:
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = call("dynamodbstreams", "GetShardIterator", **place)["ShardIterator"]
        while True:
            answer = call("dynamodbstreams", "GetRecords", ShardIterator=iterator)
            if not answer["Records"]:
                break
            found += answer["Records"]
            iterator = answer["NextShardIterator"]
    return found


def _passed(call: Any) -> list[list[Event]]:
    found = []
    for shard in call("kinesis", "ListShards", StreamName=STREAM)["Shards"]:
        place = {"StreamName": STREAM, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = call("kinesis", "GetShardIterator", **place)["ShardIterator"]
        records: list[Event] = []
        while iterator is not None:
            answer = call("kinesis", "GetRecords", ShardIterator=iterator)
            records += [json.loads(record["Data"]) for record in answer["Records"]]
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
        found.append(records)
    return found


def _items(call: Any) -> list[Image]:
    found: list[Image] = []
    params: dict[str, Any] = {"TableName": TABLE, "ConsistentRead": True}
    while True:
        page = call("dynamodb", "Scan", **params)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        params["ExclusiveStartKey"] = page["LastEvaluatedKey"]


async def _letters(life: Life) -> list[dict[str, Any]]:
    root, found = Principal.root(life.cloud.account), []
    life.clock.advance(_CLOCK_SET_BACK_S)  # what was sent before the clock was set back is visible from then on
    while True:
        params = {"QueueUrl": QUEUE_URL, "MaxNumberOfMessages": 10, "VisibilityTimeout": 43_200}
        answer = await life.cloud.request("sqs", "ReceiveMessage", params, root, region=REGION)
        messages = answer.get("Messages", [])
        if not messages:
            return found
        found += [json.loads(message["Body"]) for message in messages]


def _objects(pipeline: Pipeline, found: Evidence, placed: list[str]) -> None:
    listed: list[str] = []
    params: dict[str, Any] = {"Bucket": BUCKET}
    while True:
        page = pipeline.call("s3", "ListObjectsV2", **params)
        listed += [each["Key"] for each in page.get("Contents", ())]
        if not page["IsTruncated"]:
            break
        params["ContinuationToken"] = page["NextContinuationToken"]
    for key in sorted(listed, key=placed.index):
        path, data = _body(pipeline, key, found)
        delivered = Delivered(key)
        if key.startswith("backup/"):
            found.backup += _concatenated(data)
        elif key.startswith("errors/"):
            lines = [json.loads(line) for line in data.splitlines()]
            delivered.events = [json.loads(base64.b64decode(line["rawData"])) for line in lines]
            found.errors.append(delivered)
        else:
            lines = _plain(key, data).split(b"\n")[:-1]
            delivered.rows = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
            delivered.path = path
            found.rows.append(delivered)


def _body(pipeline: Pipeline, key: str, found: Evidence) -> tuple[Path | None, bytes]:
    try:
        answer = pipeline.call("s3", "GetObject", Bucket=BUCKET, Key=key)
    except AwsError as error:
        found.wrong_files.append(error.message)
        return None, b""
    body, path, data = answer["Body"], None, b""
    if isinstance(body, FileSlice):
        path = Path(body.path)
        data = path.read_bytes()[body.start : body.start + body.length] if path.exists() else b""
    if len(data) != answer["ContentLength"] or f'"{hashlib.md5(data).hexdigest()}"' != answer["ETag"]:
        found.wrong_files.append(f"the file of {key} is not what its row says")
        return path, b""
    return path, data


def _plain(key: str, data: bytes) -> bytes:
    if key.endswith(".gz"):
        return gzip.decompress(data)
    if key.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.read(archive.namelist()[0])
    return data


def _concatenated(data: bytes) -> list[Event]:
    decoder, text, at, found = json.JSONDecoder(), data.decode(), 0, []
    while at < len(text):
        event, at = decoder.raw_decode(text, at)
        found.append(event)
    return found
