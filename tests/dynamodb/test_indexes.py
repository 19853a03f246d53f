"""Secondary indexes: what is in them after every kind of write, what may be asked of them, made and dropped online."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.service.principal import Principal

Call = Callable[..., Any]
Table = Callable[..., str]


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def ask(call: Call, name: str, index: str, condition: str, values: dict[str, Any], **params: Any) -> Any:
    return call(
        "Query",
        TableName=name,
        IndexName=index,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        **params,
    )


def described(call: Call, name: str, index: str) -> Any:
    table = call("DescribeTable", TableName=name)["Table"]
    indexes = [*table.get("GlobalSecondaryIndexes", []), *table.get("LocalSecondaryIndexes", [])]
    return next((found for found in indexes if found["IndexName"] == index), None)


def test_an_index_follows_its_items(ddb: Call, table: Table) -> None:
    name = table(attributes={"g": "S", "r": "N"}, gsi=[("gsi", "g", "r")])
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "g": s("x"), "r": n(2), "v": n(1)})
    ddb("PutItem", TableName=name, Item={"pk": s("b"), "g": s("x"), "r": n(10)})
    ddb("PutItem", TableName=name, Item={"pk": s("c"), "g": s("x"), "r": n(2)})
    ddb("PutItem", TableName=name, Item={"pk": s("sparse"), "g": s("x")})

    def keys() -> list[str]:
        found = ask(ddb, name, "gsi", "g = :g", {":g": s("x")})["Items"]
        assert described(ddb, name, "gsi")["ItemCount"] == ddb("Scan", TableName=name, IndexName="gsi")["Count"]
        return [item["pk"]["S"] for item in found]

    assert sorted(keys()[:2]) == ["a", "c"]
    assert keys()[2:] == ["b"]
    ddb(
        "UpdateItem",
        TableName=name,
        Key={"pk": s("a")},
        UpdateExpression="SET r = :r",
        ExpressionAttributeValues={":r": n(99)},
    )
    assert keys() == ["c", "b", "a"]
    ddb("UpdateItem", TableName=name, Key={"pk": s("b")}, UpdateExpression="REMOVE r")
    assert keys() == ["c", "a"]
    ddb("PutItem", TableName=name, Item={"pk": s("c"), "g": s("y"), "r": n(1)})
    assert keys() == ["a"]
    ddb("DeleteItem", TableName=name, Key={"pk": s("a")})
    assert keys() == []


@pytest.mark.parametrize(
    ("projection", "included", "expected"),
    [
        ("ALL", (), {"pk", "g", "v", "w"}),
        ("KEYS_ONLY", (), {"pk", "g"}),
        ("INCLUDE", ("w",), {"pk", "g", "w"}),
    ],
)
def test_an_index_holds_what_it_projects(
    ddb: Call, table: Table, projection: str, included: Any, expected: set[str]
) -> None:
    name = table(attributes={"g": "S"}, gsi=[("gsi", "g", None, projection, included)])
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "g": s("x"), "v": n(1), "w": n(2)})
    answer = ask(ddb, name, "gsi", "g = :g", {":g": s("x")})
    assert set(answer["Items"][0]) == expected
    assert set(ddb("Scan", TableName=name, IndexName="gsi")["Items"][0]) == expected


def test_a_global_index_reads_no_more_than_it_has(ddb: Call, table: Table, refusal: Call) -> None:
    name = table(attributes={"g": "S"}, gsi=[("gsi", "g", None, "KEYS_ONLY")])
    invalid = "One or more parameter values were invalid: "
    for params, text in (
        ({"ConsistentRead": True}, "Consistent reads are not supported on global secondary indexes"),
        ({"ProjectionExpression": "v"}, f"{invalid}Global secondary index gsi does not project [v]"),
        (
            {"Select": "ALL_ATTRIBUTES"},
            f"{invalid}Select type ALL_ATTRIBUTES is not supported for global secondary index gsi because its "
            "projection "
            "type is not ALL",
        ),
    ):
        assert ask(refusal, name, "gsi", "g = :g", {":g": s("x")}, **params) == text
        assert refusal("Scan", TableName=name, IndexName="gsi", **params) == text


def test_a_local_index_fetches_what_it_has_not(ddb: Call, table: Table) -> None:
    name = table("composite", attributes={"l": "N"}, lsi=[("lsi", "pk", "l", "KEYS_ONLY")])
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "sk": s("b"), "l": n(1), "v": n(5)})
    values = {":p": s("a")}
    assert ask(ddb, name, "lsi", "pk = :p", values, ConsistentRead=True)["Items"] == [
        {"l": n(1), "pk": s("a"), "sk": s("b")}
    ]
    answer = ask(ddb, name, "lsi", "pk = :p", values, Select="ALL_ATTRIBUTES", ReturnConsumedCapacity="INDEXES")
    assert answer["Items"][0]["v"] == n(5)
    assert answer["ConsumedCapacity"] == {
        "TableName": name,
        "CapacityUnits": 1.0,
        "Table": {"CapacityUnits": 0.5},
        "LocalSecondaryIndexes": {"lsi": {"CapacityUnits": 0.5}},
    }
    assert ask(ddb, name, "lsi", "pk = :p", values, ProjectionExpression="v")["Items"] == [{"v": n(5)}]


@pytest.fixture
def composed(ddb: Call) -> str:
    """A table whose global index has a key of one hash and four range attributes."""
    names = ["pk", "h", "a", "b", "c", "d"]
    schema = [{"AttributeName": name, "KeyType": "HASH" if name == "h" else "RANGE"} for name in names[1:]]
    ddb(
        "CreateTable",
        TableName="composed",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{"IndexName": "gsi", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}],
    )
    for row in (
        "p1 T live b r1",
        "p2 T live a r2",
        "p3 T live a r1",
        "p4 T draft c r1",
        "p5 F live a r0",
        "p6 T live - r1",
    ):
        found = {
            name: s(text) for name, text in zip(["pk", "a", "b", "c", "d"], row.split(), strict=True) if text != "-"
        }
        ddb("PutItem", TableName="composed", Item={"h": s("o1"), **found})
    return "composed"


COMPOSED_VALUES = {":h": "o1", ":a": "T", ":b": "live", ":c": "a", ":d": "r", ":x": "r1", ":y": "r1"}


# Measured against eu-west-2, eu-central-1 and us-east-1 in October 2026 (dynamodb-conformance multiAttributeGsiKey).
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("h = :h", ["p5", "p4", "p3", "p2", "p1"]),
        ("h = :h AND a = :a", ["p4", "p3", "p2", "p1"]),
        ("h = :h AND a = :a AND b = :b", ["p3", "p2", "p1"]),
        ("h = :h AND a = :a AND b = :b AND c = :c", ["p3", "p2"]),
        ("h = :h AND a = :a AND b = :b AND c > :c", ["p1"]),
        ("h = :h AND a = :a AND b = :b AND c = :c AND begins_with(d, :d)", ["p3", "p2"]),
        ("h = :h AND a = :a AND b = :b AND c = :c AND d BETWEEN :x AND :y", ["p3"]),
        ("h = :h AND a = :a AND b < :b", ["p4"]),
        ("b = :b AND h = :h AND a = :a", ["p3", "p2", "p1"]),
    ],
)
def test_a_key_of_many_attributes(ddb: Call, composed: str, condition: str, expected: list[str]) -> None:
    values = {name: s(text) for name, text in COMPOSED_VALUES.items() if name in condition}
    for backwards in (False, True):
        found = ask(ddb, composed, "gsi", condition, values, ScanIndexForward=not backwards)["Items"]
        assert [item["pk"]["S"] for item in found] == (expected[::-1] if backwards else expected)


def test_pages_of_a_key_of_many_attributes(ddb: Call, composed: str) -> None:
    values = {":h": s("o1"), ":a": s("T")}
    answer = ask(ddb, composed, "gsi", "h = :h AND a = :a", values, Limit=2)
    assert set(answer["LastEvaluatedKey"]) == {"pk", "h", "a", "b", "c", "d"}
    rest = ask(ddb, composed, "gsi", "h = :h AND a = :a", values, ExclusiveStartKey=answer["LastEvaluatedKey"])
    assert [item["pk"]["S"] for item in rest["Items"]] == ["p2", "p1"]


@pytest.mark.parametrize(
    ("condition", "gap", "present"),
    [
        ("h = :h AND a = :a AND c = :c", "b", "c"),
        ("h = :h AND a = :a AND b > :b AND c = :c", "b", "c"),
        ("h = :h AND b = :b", "a", "b"),
    ],
)
def test_gaps_in_a_key_of_many_attributes(composed: str, refusal: Call, condition: str, gap: str, present: str) -> None:
    values = {name: s(text) for name, text in COMPOSED_VALUES.items() if name in condition}
    assert ask(refusal, composed, "gsi", condition, values) == (
        f"RANGE key attributes {gap} must have equality conditions specified in the query because a condition is "
        f"present on key attribute {present}"
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "y", None]), st.sampled_from([1, 2, None])),
        max_size=25,
    )
)
def test_an_index_always_agrees_with_the_table(ddb: Call, table: Table, writes: list[Any]) -> None:
    name = table(attributes={"g": "S", "r": "N"}, gsi=[("gsi", "g", "r"), ("keys", "g", None, "KEYS_ONLY")])
    for pk, g, r in writes:
        if g is None and r is None:
            ddb("DeleteItem", TableName=name, Key={"pk": s(pk)})
            continue
        item = {"pk": s(pk), **({"g": s(g)} if g else {}), **({"r": n(r)} if r else {})}
        ddb("PutItem", TableName=name, Item=item)
    items = ddb("Scan", TableName=name)["Items"]
    for index, wanted in (
        ("gsi", [item for item in items if "g" in item and "r" in item]),
        ("keys", [{"pk": item["pk"], "g": item["g"]} for item in items if "g" in item]),
    ):
        found = ddb("Scan", TableName=name, IndexName=index)["Items"]
        assert sorted(map(repr, map(sorted, [i.items() for i in found]))) == sorted(
            map(repr, map(sorted, [i.items() for i in wanted]))
        )
        told = described(ddb, name, index)
        assert told["ItemCount"] == len(wanted)
        assert (told["IndexSizeBytes"] == 0) == (not wanted)


async def make_online(open_cloud: Any, definition: Call, steps: Any) -> None:
    async with open_cloud() as cloud:
        root = Principal.root(cloud.account)

        async def call(operation: str, **params: Any) -> Any:
            return await cloud.request("dynamodb", operation, params, root, region="us-east-1")

        await steps(cloud, call)


async def until_settled(cloud: Any, call: Any, name: str) -> Any:
    """Let jobs run until the table's indexes are as they will stay."""
    import asyncio

    for _ in range(2000):
        table = (await call("DescribeTable", TableName=name))["Table"]
        if all(index["IndexStatus"] == "ACTIVE" for index in table.get("GlobalSecondaryIndexes", [])):
            return table
        await asyncio.sleep(0)
    raise AssertionError("the index did not settle")


def test_an_index_is_made_and_dropped_online(open_cloud: Any, definition: Call) -> None:
    import asyncio

    async def steps(cloud: Any, call: Any) -> None:
        await call("CreateTable", **definition("orders"))
        for at in range(1200):
            await call("PutItem", TableName="orders", Item={"pk": s(f"o-{at}"), "day": s(f"d{at % 3}")})
        await call("PutItem", TableName="orders", Item={"pk": s("odd"), "day": n(1)})
        create = {
            "IndexName": "by-day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
        answer = await call(
            "UpdateTable",
            TableName="orders",
            AttributeDefinitions=[{"AttributeName": "day", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[{"Create": create}],
        )
        told = answer["TableDescription"]["GlobalSecondaryIndexes"][0]
        assert (told["IndexStatus"], told["Backfilling"]) == ("CREATING", True)
        await call("DeleteItem", TableName="orders", Key={"pk": s("o-0")})
        await call("PutItem", TableName="orders", Item={"pk": s("late"), "day": s("d0")})
        table = await until_settled(cloud, call, "orders")
        assert table["GlobalSecondaryIndexes"][0]["ItemCount"] == 1200
        assert {"AttributeName": "day", "AttributeType": "S"} in table["AttributeDefinitions"]
        counted = await call("Scan", TableName="orders", IndexName="by-day", Select="COUNT")
        assert counted["Count"] == 1200
        await call("UpdateTable", TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-day"}}])
        table = await until_settled(cloud, call, "orders")
        assert "GlobalSecondaryIndexes" not in table
        assert table["AttributeDefinitions"] == [{"AttributeName": "pk", "AttributeType": "S"}]

    asyncio.run(make_online(open_cloud, definition, steps))
