"""Which permissions each operation needs, and on what."""

from typing import Any

import pytest

from tailrace.dynamodb.registry import SERVICE, STREAMS

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table"
STREAM = f"{TABLE}/orders/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("PutItem", {"TableName": "orders"}, [("PutItem", "orders")]),
        ("GetItem", {"TableName": f"{TABLE}/orders"}, [("GetItem", "orders")]),
        ("Query", {"TableName": "orders", "IndexName": "gsi"}, [("Query", "orders/index/gsi")]),
        ("BatchWriteItem", {"RequestItems": {"a": [], "b": []}}, [("BatchWriteItem", "a"), ("BatchWriteItem", "b")]),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
            [("PutItem", "a"), ("ConditionCheckItem", "b")],
        ),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "a"}}]}, [("GetItem", "a")]),
        ("TagResource", {"ResourceArn": f"{TABLE}/orders"}, [("TagResource", "orders")]),
    ],
)
def test_tables(operation: str, params: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    required = SERVICE.required(operation, params, "us-east-1", "123456789012")
    assert list(required) == [(f"dynamodb:{action}", f"{TABLE}/{resource}") for action, resource in expected]


def test_what_has_no_resource_needs_all() -> None:
    assert SERVICE.required("ListTables", {}, "us-east-1", "1") == [("dynamodb:ListTables", "*")]


@pytest.mark.parametrize(
    ("operation", "params", "actions"),
    [
        ("DescribeStream", {"StreamArn": STREAM}, ["DescribeStream"]),
        ("GetShardIterator", {"StreamArn": STREAM}, ["GetShardIterator"]),
        ("GetRecords", {"ShardIterator": f"{STREAM}|1|abc"}, ["GetRecords"]),
        ("ShardLogs", {"StreamArn": STREAM}, ["DescribeStream", "GetShardIterator", "GetRecords"]),
    ],
)
def test_streams(operation: str, params: dict[str, Any], actions: list[str]) -> None:
    required = STREAMS.required(operation, params, "us-east-1", "123456789012")
    assert list(required) == [(f"dynamodb:{action}", STREAM) for action in actions]


def test_the_wire_never_reaches_shard_logs() -> None:
    assert STREAMS.operations["ShardLogs"].internal
