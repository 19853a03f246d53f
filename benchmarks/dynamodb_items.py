"""What writing and reading items costs within the server: microseconds an item through the door, without HTTP.

Each figure stands beside what orjson alone needs to read and write the same requests, in the same run.

python -m benchmarks.dynamodb_items [items]
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import uvloop

from benchmarks.figure import Figure
from benchmarks.report import run
from tailrace.engine.store import Durability
from tailrace.runtime.cloud import LocalCloud
from tailrace.runtime.settings import Settings
from tailrace.service.principal import Principal

BATCH = 25
REGION = "us-east-1"


def order(number: int) -> dict[str, Any]:
    """Answer an item of about 300 bytes."""
    return {
        "pk": {"S": f"customer-{number % 9973:05d}"},
        "sk": {"S": f"order-{number:09d}"},
        "status": {"S": ("pending", "paid", "shipped")[number % 3]},
        "total": {"N": f"{number % 1000}.{number % 100:02d}"},
        "quantity": {"N": str(number % 7 + 1)},
        "product": {"S": f"product-{number % 500:03d}"},
        "gift": {"BOOL": number % 2 == 0},
        "note": {"S": "a note that fills the item to the size that orders have " * 3},
    }


class Bench:
    """One table with a stream and the calls to measure."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.root = Principal.root(cloud.account)
        self.call(
            "CreateTable",
            {
                "TableName": "orders",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            },
        )

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation."""
        return self.cloud.call("dynamodb", operation, params, self.root, region=REGION)

    def figure(self, name: str, bodies: list[bytes], operation: str, items: int, *, answers: bool = False) -> Figure:
        """Measure requests as their bodies: what one item costs in all and JSON alone."""
        alone = _seconds(lambda: [orjson.dumps(orjson.loads(body)) for body in bodies])
        parsed: Iterator[Any] = (orjson.loads(body) for body in bodies)

        def work() -> None:
            for params in parsed:
                answer = self.call(operation, params)
                if answers:
                    orjson.dumps(answer)

        each = 1e6 / items
        return Figure(name, _seconds(work) * each, "us an item", "JSON alone", alone * each)


def _seconds(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _bodies(items: list[dict[str, Any]], shape: Callable[[list[dict[str, Any]]], Any], size: int) -> list[bytes]:
    return [orjson.dumps(shape(items[at : at + size])) for at in range(0, len(items), size)]


def _key(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["pk"], "sk": item["sk"]}


def measure(count: int) -> Iterator[Figure]:
    """Yield everything over a table in memory, with change records."""
    yield from uvloop.run(_measure(count))


async def _measure(count: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", durability=Durability.MEMORY, seed=1)
        bench = Bench(LocalCloud(settings))
        orders = [order(number) for number in range(count)]
        figures = [_batches(bench, "new", orders)]
        for item in orders:
            item["status"] = {"S": "done"}
        figures += [_batches(bench, "changed", orders), _batches(bench, "unchanged", orders)]
        for item in orders:
            item["status"] = {"S": "again"}
        read, found = _bodies(orders[:2000], _query, 1), _found(count)
        return [
            *figures,
            bench.figure("PutItem, changed items", _bodies(orders, _put, 1), "PutItem", count),
            bench.figure("GetItem", _bodies(orders, _get, 1), "GetItem", count, answers=True),
            bench.figure("UpdateItem, SET + ADD", _bodies(orders, _update, 1), "UpdateItem", count),
            bench.figure("Query, a page of a partition", read, "Query", found, answers=True),
        ]


def _batches(bench: Bench, kind: str, orders: list[dict[str, Any]]) -> Figure:
    return bench.figure(f"BatchWriteItem, {kind} items", _bodies(orders, _batch, BATCH), "BatchWriteItem", len(orders))


def _batch(items: list[dict[str, Any]]) -> Any:
    return {"RequestItems": {"orders": [{"PutRequest": {"Item": item}} for item in items]}}


def _put(items: list[dict[str, Any]]) -> Any:
    return {"TableName": "orders", "Item": items[0]}


def _get(items: list[dict[str, Any]]) -> Any:
    return {"TableName": "orders", "Key": _key(items[0])}


def _update(items: list[dict[str, Any]]) -> Any:
    return {
        "TableName": "orders",
        "Key": _key(items[0]),
        "UpdateExpression": "SET #s = :s ADD quantity :one",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":s": {"S": "updated"}, ":one": {"N": "1"}},
    }


def _query(items: list[dict[str, Any]]) -> Any:
    return {
        "TableName": "orders",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": items[0]["pk"]},
    }


def _found(count: int) -> int:
    """Answer how many items the first 2,000 queries find."""
    return sum(1 + (count - 1 - at) // 9973 for at in range(min(count, 2000)))


if __name__ == "__main__":
    sys.exit(run(measure, 20_000))
