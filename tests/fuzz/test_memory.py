"""Requests that are refused leave nothing behind: the server's memory doesn't grow with names that nobody knows.

Each kind of request carries, all together, three times as much as the memory may grow by; so whoever keeps them, or
what was read from them, goes beyond it every time. What goes beyond it once is the breathing of the allocator.
"""

import json
from collections.abc import Callable, Iterator

import pytest

from fuzz.operations import authorization
from fuzz.storm import Storm
from fuzz.target import Target
from fuzz.test_bytes import MIB, form_request, json_request, request

GROWTH_MB_MAX = 8.0
EACH_BYTES = 8_000
REQUESTS = int(3 * GROWTH_MB_MAX * MIB / EACH_BYTES)
ROUNDS = 3
CONDITION_TERMS = 100  # a condition of so many takes some 60 KB as long as it is kept
TARGET = "DynamoDB_20120810."


def new(number: int, size: int = EACH_BYTES) -> str:
    """Answer a text that was never there before, in letters that any name allows."""
    return f"a{number:07}".ljust(size, "x")


def signed_by(key: str, region: str = "us-east-1") -> dict[str, str]:
    credential = f"Credential={key}/20260101/{region}/dynamodb/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}


def about(service: str, target: str, member: str, size: int) -> Callable[[int], bytes]:
    """Answer the maker of a request that names something in a member; of the longest name, the body is filled up."""
    return lambda number: json_request(
        service, json.dumps({member: new(number, size), "Unknown": new(number)}).encode(), target
    )


def condition(number: int) -> bytes:
    text = " AND ".join(f"a{number}x{term}=:a" for term in range(CONDITION_TERMS))
    params = {
        "TableName": "table",
        "Key": {"id": {"S": "a"}},
        "UpdateExpression": "SET x = :a",
        "ConditionExpression": text,
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    }
    return json_request("dynamodb", json.dumps(params).encode(), f"{TARGET}UpdateItem")


KINDS: dict[str, Callable[[int], bytes]] = {
    "targets": lambda number: json_request("dynamodb", b"{}", TARGET + new(number)),
    "access keys": lambda number: request("POST", "/", signed_by(new(number)), b"{}"),
    "temporary keys": lambda number: request("POST", "/", signed_by(f"ASIA{new(number)}"), b"{}"),
    "regions": lambda number: request("POST", "/", signed_by("a", new(number)), b"{}"),
    "headers": lambda number: request("GET", "/none", {f"x{new(number)}": "a"}),
    "buckets": lambda number: request("GET", f"/{new(number)}/key", {}),
    "keys": lambda number: request("GET", f"/bucket/{new(number, 1000)}", {"x": new(number)}),
    "actions": lambda number: form_request("iam", f"Action={new(number)}&Version=2010-05-08".encode()),
    "fields": lambda number: form_request("iam", f"Action=GetUser&Version=2010-05-08&{new(number)}=a".encode()),
    "tables": about("dynamodb", f"{TARGET}DescribeTable", "TableName", 200),
    "streams": about("kinesis", "Kinesis_20131202.DescribeStreamSummary", "StreamName", 100),
    "queues": about("sqs", "AmazonSQS.GetQueueAttributes", "QueueUrl", 500),
    "log groups": about("logs", "Logs_20140328.DescribeLogStreams", "logGroupName", 500),
    "databases": about("glue", "AWSGlue.GetTables", "DatabaseName", 200),
    "SQL": about("athena", "AmazonAthena.StartQueryExecution", "QueryString", EACH_BYTES),
    "metrics": about("cloudwatch", "GraniteServiceVersion20100801.ListMetrics", "MetricName", 200),
    "functions": lambda number: request(
        "POST",
        f"/2015-03-31/functions/{new(number, 60)}/invocations",
        {"Authorization": authorization("lambda")},
        json.dumps(new(number)).encode(),
    ),
    "admin paths": lambda number: request("GET", f"/_tailrace/{new(number)}", {}),
    "conditions": condition,
}


def growths_mb(target: Target, kind: str) -> Iterator[float]:
    """Send requests of a kind, always new ones, and answer by how much the memory has grown; again and again."""
    count = REQUESTS // 8 if kind == "conditions" else REQUESTS
    for first in range(0, ROUNDS * count, count):
        before = target.memory_mb()
        assert target.pipelined(map(KINDS[kind], range(first, first + count))) == count
        yield target.memory_mb() - before


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_is_not_kept(storm: Storm, target: Target, kind: str) -> None:
    assert any(grown < GROWTH_MB_MAX for grown in growths_mb(target, kind))
