"""Consumed capacity: the arithmetic of reads, writes, indexes and transactions; item collections."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
Table = Callable[..., str]


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def sized(pk: str, size: int) -> dict[str, Any]:
    """Answer an item of a size."""
    return {"pk": s(pk), "x": s("x" * (size - 3 - len(pk)))}


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(4096, True, 1.0), (4097, True, 2.0), (4096, False, 0.5), (9000, False, 1.5), (10, True, 1.0)],
)
def test_reads_count_4_kilobytes(ddb: Call, table: Table, size: int, consistent: bool, units: float) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item=sized("a", size))
    params = {"ConsistentRead": consistent, "ReturnConsumedCapacity": "TOTAL", "ProjectionExpression": "pk"}
    answer = ddb("GetItem", TableName=name, Key={"pk": s("a")}, **params)
    assert answer["ConsumedCapacity"] == {"TableName": name, "CapacityUnits": units}
    missing = ddb("GetItem", TableName=name, Key={"pk": s("b")}, **params)
    assert missing == {"ConsumedCapacity": {"TableName": name, "CapacityUnits": 1.0 if consistent else 0.5}}


def test_a_query_rounds_once(ddb: Call, table: Table) -> None:
    name = table("composite")
    for at in range(10):
        ddb("PutItem", TableName=name, Item={"pk": s("p"), "sk": s(f"{at}"), "x": s("x" * 500)})
    answer = ddb(
        "Query",
        TableName=name,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": s("p"), ":none": s("")},
        FilterExpression="x = :none",
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"] == {"TableName": name, "CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}}


def test_writes_count_1_kilobyte_of_the_larger_item(ddb: Call, table: Table) -> None:
    name = table()

    def cost(operation: str, **params: Any) -> float:
        answer = ddb(operation, TableName=name, ReturnConsumedCapacity="TOTAL", **params)
        units: float = answer["ConsumedCapacity"]["CapacityUnits"]
        return units

    assert cost("PutItem", Item=sized("a", 1024)) == 1.0
    assert cost("PutItem", Item=sized("a", 1025)) == 2.0
    assert cost("PutItem", Item=sized("a", 10)) == 2.0
    assert cost("PutItem", Item=sized("a", 10)) == 1.0
    assert cost("PutItem", Item=sized("a", 5000)) == 5.0
    update = {"UpdateExpression": "SET y = :v", "ExpressionAttributeValues": {":v": n(1)}}
    assert cost("UpdateItem", Key={"pk": s("a")}, **update) == 5.0
    assert cost("DeleteItem", Key={"pk": s("a")}) == 5.0
    assert cost("DeleteItem", Key={"pk": s("a")}) == 1.0


# The measured ladder (dynamodb-conformance indexConsumedCapacity): items under 1 KB.
def test_indexes_cost_what_changes_in_them(ddb: Call, table: Table) -> None:
    name = table(
        "composite",
        attributes={"g": "S", "l": "S"},
        gsi=[("gsi", "g", None, "INCLUDE", ("p",))],
        lsi=[("lsi", "pk", "l", "KEYS_ONLY")],
    )
    key = {"pk": s("a"), "sk": s("b")}

    def cost(operation: str, **params: Any) -> tuple[float, dict[str, Any], dict[str, Any]]:
        told = ddb(operation, TableName=name, ReturnConsumedCapacity="INDEXES", **params)["ConsumedCapacity"]
        arms = [
            {name: entry["CapacityUnits"] for name, entry in told.get(member, {}).items()}
            for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        ]
        assert told["CapacityUnits"] == told["Table"]["CapacityUnits"] + sum(arms[0].values()) + sum(arms[1].values())
        return told["Table"]["CapacityUnits"], arms[0], arms[1]

    def update(expression: str, **values: Any) -> Any:
        params = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
        return cost("UpdateItem", Key=key, UpdateExpression=expression, **params)

    item = {**key, "g": s("x"), "l": s("y"), "p": n(1), "q": n(1)}
    assert cost("PutItem", Item=item) == (1.0, {"gsi": 1.0}, {"lsi": 1.0})
    assert cost("PutItem", Item=item) == (1.0, {}, {})
    assert update("SET q = :v", v=n(2)) == (1.0, {}, {})
    assert update("SET p = :v", v=n(2)) == (1.0, {"gsi": 1.0}, {})
    assert update("SET g = :v", v=s("z")) == (1.0, {"gsi": 2.0}, {})
    assert update("REMOVE g") == (1.0, {"gsi": 1.0}, {})
    assert update("SET l = :v", v=s("z")) == (1.0, {}, {"lsi": 2.0})
    assert cost("DeleteItem", Key=key) == (1.0, {}, {"lsi": 1.0})
    batch = ddb("BatchWriteItem", RequestItems={name: [{"PutRequest": {"Item": item}}]}, ReturnConsumedCapacity="TOTAL")
    assert batch["ConsumedCapacity"] == [{"TableName": name, "CapacityUnits": 3.0}]


def test_item_collections(ddb: Call, table: Table) -> None:
    name = table("composite", attributes={"l": "S"}, lsi=[("lsi", "pk", "l", "KEYS_ONLY")])
    item = {"pk": s("a"), "sk": s("b"), "l": s("c"), "x": s("12345")}
    answer = ddb("PutItem", TableName=name, Item=item, ReturnItemCollectionMetrics="SIZE")
    assert answer["ItemCollectionMetrics"] == {
        "ItemCollectionKey": {"pk": s("a")},
        "SizeEstimateRangeGB": [0.0, 1.0],
    }
    batch = ddb(
        "BatchWriteItem", RequestItems={name: [{"PutRequest": {"Item": item}}]}, ReturnItemCollectionMetrics="SIZE"
    )
    assert batch["ItemCollectionMetrics"][name][0]["ItemCollectionKey"] == {"pk": s("a")}
    plain = table("composite")
    without = ddb("PutItem", TableName=plain, Item=item, ReturnItemCollectionMetrics="SIZE")
    assert without == {}


def test_an_item_collection_has_a_limit(
    ddb: Call, table: Table, refusal: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tailrace.dynamodb.collection.COLLECTION_BYTES_MAX", 2000)
    name = table("composite", attributes={"l": "S"}, lsi=[("lsi", "pk", "l")])
    big = {"pk": s("a"), "l": s("x"), "x": s("x" * 900)}
    ddb("PutItem", TableName=name, Item={**big, "sk": s("1")})
    code = "ItemCollectionSizeLimitExceededException"
    assert refusal("PutItem", code=code, TableName=name, Item={**big, "sk": s("2")}) == "Collection size exceeded."
    ddb("PutItem", TableName=name, Item={**big, "sk": s("1"), "pk": s("other")})
    ddb("DeleteItem", TableName=name, Key={"pk": s("a"), "sk": s("1")})
    ddb("PutItem", TableName=name, Item={**big, "sk": s("2")})
