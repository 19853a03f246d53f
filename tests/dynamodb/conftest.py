"""What the tests of DynamoDB share: tables in a cloud of this process, and calls without a wire."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Call = Callable[..., Any]
IndexSpec = tuple[Any, ...]  # name, hash attribute, range attribute or None, projection, included attributes

KEYS = {
    "hash": [("pk", "S", "HASH")],
    "number": [("pk", "N", "HASH")],
    "binary": [("pk", "B", "HASH")],
    "composite": [("pk", "S", "HASH"), ("sk", "S", "RANGE")],
    "numbered": [("pk", "S", "HASH"), ("sk", "N", "RANGE")],
    "blobbed": [("pk", "S", "HASH"), ("sk", "B", "RANGE")],
}


def _definition(
    name: str,
    keys: str = "hash",
    attributes: dict[str, str] | None = None,
    gsi: Sequence[IndexSpec] = (),
    lsi: Sequence[IndexSpec] = (),
    stream: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    defined = {**{attribute: kind for attribute, kind, _ in KEYS[keys]}, **(attributes or {})}
    params: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [{"AttributeName": attribute, "KeyType": kind} for attribute, _, kind in KEYS[keys]],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in defined.items()],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if gsi:
        params["GlobalSecondaryIndexes"] = [_index(*spec) for spec in gsi]
    if lsi:
        params["LocalSecondaryIndexes"] = [_index(*spec) for spec in lsi]
    if stream is not None:
        params["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream}
    return {**params, **options}


def _index(
    name: str, hash_key: str, range_key: str | None = None, projection: str = "ALL", included: Sequence[str] = ()
) -> dict[str, Any]:
    schema = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key is not None:
        schema.append({"AttributeName": range_key, "KeyType": "RANGE"})
    told: dict[str, Any] = {"ProjectionType": projection}
    if included:
        told["NonKeyAttributes"] = list(included)
    return {"IndexName": name, "KeySchema": schema, "Projection": told}


def _plain(answer: Any) -> Any:
    return orjson.loads(orjson.dumps(answer))


@pytest.fixture
def definition() -> Call:
    """The parameters of a CreateTable: ``definition("orders", "composite", gsi=[("by-day", "day")])``."""
    return _definition


@pytest.fixture
def ddb(cloud: LocalCloud) -> Call:
    """Call DynamoDB in this process and answer what the wire would carry: ``ddb("PutItem", TableName=…)``."""
    root = Principal.root(cloud.account)

    def call(operation: str, **params: Any) -> Any:
        return _plain(cloud.call("dynamodb", operation, params, root, region="us-east-1"))

    return call


@pytest.fixture
def streams(cloud: LocalCloud) -> Call:
    """Call DynamoDB Streams in this process."""
    root = Principal.root(cloud.account)

    def call(operation: str, **params: Any) -> Any:
        return _plain(cloud.call("dynamodbstreams", operation, params, root, region="us-east-1"))

    return call


@pytest.fixture
def refusal(ddb: Call) -> Call:
    """Call an operation that must refuse and answer the text: ``refusal("PutItem", …)``."""

    def call(operation: str, code: str = "ValidationException", **params: Any) -> str:
        with pytest.raises(AwsError) as refused:
            ddb(operation, **params)
        assert refused.value.code == code, refused.value
        return refused.value.message

    return call


@pytest.fixture
def table(ddb: Call) -> Callable[..., str]:
    """Make a table and answer its name: ``table("composite", stream="NEW_IMAGE")``."""
    names = iter(range(1000))

    def make(keys: str = "hash", **options: Any) -> str:
        name = f"table-{next(names)}"
        ddb("CreateTable", **_definition(name, keys, **options))
        return name

    return make


@pytest.fixture
def records(ddb: Call, streams: Call) -> Call:
    """Answer all change records of a table's open stream: ``records("orders")``."""

    def read(name: str) -> list[dict[str, Any]]:
        arn = ddb("DescribeTable", TableName=name)["Table"]["LatestStreamArn"]
        shards = streams("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
        found: list[dict[str, Any]] = []
        for shard in shards:
            where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = streams("GetShardIterator", **where)["ShardIterator"]
            found += streams("GetRecords", ShardIterator=iterator)["Records"]
        return found

    return read
