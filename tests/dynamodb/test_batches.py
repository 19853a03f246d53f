"""BatchWriteItem and BatchGetItem."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
Table = Callable[..., str]

MISMATCH = "The provided key element does not match the schema"
DUPLICATES = "Provided list of item keys contains duplicates"


def s(text: str) -> dict[str, str]:
    return {"S": text}


def put(**item: Any) -> dict[str, Any]:
    return {"PutRequest": {"Item": item}}


def delete(**key: Any) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": key}}


def test_a_batch_puts_and_deletes_in_many_tables(ddb: Call, table: Table, records: Call) -> None:
    one, other = table(stream="NEW_AND_OLD_IMAGES"), table("composite")
    ddb("PutItem", TableName=one, Item={"pk": s("gone")})
    answer = ddb(
        "BatchWriteItem",
        RequestItems={
            one: [put(pk=s("a")), put(pk=s("b"), x={"N": "01"}), delete(pk=s("gone")), delete(pk=s("never"))],
            other: [put(pk=s("a"), sk=s("b"))],
        },
    )
    assert answer == {"UnprocessedItems": {}}
    assert ddb("GetItem", TableName=one, Key={"pk": s("b")})["Item"]["x"] == {"N": "1"}
    assert ddb("GetItem", TableName=one, Key={"pk": s("gone")}) == {}
    assert ddb("Scan", TableName=other)["Count"] == 1
    assert [record["eventName"] for record in records(one)] == ["INSERT", "INSERT", "INSERT", "REMOVE"]


@pytest.mark.parametrize(
    ("requests", "text"),
    [
        ([put(pk=s("a")), delete(pk=s("a"))], DUPLICATES),
        ([put(pk={"N": "5"})], MISMATCH),
        ([put(pk={"L": [s("x")]})], MISMATCH),
        ([put(other=s("x"))], MISMATCH),
        ([delete(other=s("x"))], MISMATCH),
        (
            [put(pk=s(""))],
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
            "contain an empty string value. Key: pk",
        ),
        ([put(pk=s("a"), x={"N": ""})], "The parameter cannot be converted to a numeric value"),
        (
            [put(pk=s("a"), x={"SS": ["b", "a", "b"]})],
            "One or more parameter values were invalid: Input collection [b, a, b] contains duplicates.",
        ),
        ([put(pk=s("a"), x=s("x" * 409_600))], "Item size has exceeded the maximum allowed size"),
        (
            [put(pk=s("a"), i={"N": "1"})],
            "One or more parameter values were invalid: Type mismatch for Index Key i "
            "Expected: S Actual: N IndexName: by-i",
        ),
        (
            [{}],
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
            "datatypes",
        ),
    ],
)
def test_one_bad_request_refuses_the_batch(
    ddb: Call, table: Table, refusal: Call, records: Call, requests: list[Any], text: str
) -> None:
    name = table(stream="KEYS_ONLY", attributes={"i": "S"}, gsi=[("by-i", "i")])
    assert refusal("BatchWriteItem", RequestItems={name: [put(pk=s("good")), *requests]}) == text
    assert ddb("Scan", TableName=name)["Count"] == 0
    assert records(name) == []


def test_a_batch_has_25_requests_in_all(table: Table, refusal: Call) -> None:
    one, other = table(), table()
    requests = {one: [put(pk=s(str(at))) for at in range(13)], other: [put(pk=s(str(at))) for at in range(13)]}
    assert refusal("BatchWriteItem", RequestItems=requests) == "Too many items requested for the BatchWriteItem call"


@pytest.mark.parametrize("operation", ["BatchWriteItem", "BatchGetItem"])
def test_a_missing_table_is_not_found(refusal: Call, operation: str) -> None:
    wanted = [put(pk=s("a"))] if operation == "BatchWriteItem" else {"Keys": [{"pk": s("a")}]}
    text = refusal(operation, code="ResourceNotFoundException", RequestItems={"nowhere": wanted})
    assert text == "Requested resource not found"


def test_a_batch_gets_what_is_there(ddb: Call, table: Table) -> None:
    one, other = table(), table("composite")
    ddb("BatchWriteItem", RequestItems={one: [put(pk=s(k), v=s(k)) for k in "abc"], other: [put(pk=s("a"), sk=s("b"))]})
    answer = ddb(
        "BatchGetItem",
        RequestItems={
            one: {"Keys": [{"pk": s("a")}, {"pk": s("zzz")}, {"pk": s("c")}], "ProjectionExpression": "v"},
            other: {"Keys": [{"pk": s("a"), "sk": s("b")}], "ConsistentRead": True},
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert sorted(item["v"]["S"] for item in answer["Responses"][one]) == ["a", "c"]
    assert answer["Responses"][other] == [{"pk": s("a"), "sk": s("b")}]
    assert answer["UnprocessedKeys"] == {}
    assert [entry["CapacityUnits"] for entry in answer["ConsumedCapacity"]] == [1.5, 1.0]


def test_a_response_stops_before_16_megabytes(ddb: Call, table: Table) -> None:
    name = table()
    for at in range(45):
        ddb("PutItem", TableName=name, Item={"pk": s(str(at)), "x": s("x" * 400_000)})
    wanted: Any = {name: {"Keys": [{"pk": s(str(at))} for at in range(45)], "ConsistentRead": True}}
    found = []
    while wanted:
        answer = ddb("BatchGetItem", RequestItems=wanted)
        found += [item["pk"]["S"] for item in answer["Responses"][name]]
        wanted = answer["UnprocessedKeys"]
    assert sorted(map(int, found)) == list(range(45))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"Keys": [{"pk": s("a")}, {"pk": s("a")}]}, DUPLICATES),
        ({"Keys": [{"pk": {"N": "1"}}]}, MISMATCH),
        ({"Keys": [{"pk": {"N": "x"}}]}, "The parameter cannot be converted to a numeric value: x"),
        (
            {"Keys": [{"pk": s("a")}], "ProjectionExpression": "a, a"},
            "Invalid ProjectionExpression: Two document paths "
            "overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
        ),
        (
            {"Keys": [{"pk": s("a")}], "ProjectionExpression": "a", "AttributesToGet": ["a"]},
            "Can not use both expression "
            "and non-expression parameters in the same request: Non-expression parameters: "
            "{AttributesToGet} Expression "
            "parameters: {ProjectionExpression}",
        ),
    ],
)
def test_a_bad_read_refuses_the_batch(table: Table, refusal: Call, wanted: Any, text: str) -> None:
    assert refusal("BatchGetItem", RequestItems={table(): wanted}) == text


def test_differently_written_numbers_are_no_duplicates_to_read(ddb: Call, table: Table) -> None:
    name = table("number")
    ddb("PutItem", TableName=name, Item={"pk": {"N": "1"}})
    answer = ddb("BatchGetItem", RequestItems={name: {"Keys": [{"pk": {"N": "1"}}, {"pk": {"N": "1.0"}}]}})
    assert answer["Responses"][name] == [{"pk": {"N": "1"}}] * 2


def test_a_hundred_keys_in_all(table: Table, refusal: Call) -> None:
    keys = {"Keys": [{"pk": s(str(at))} for at in range(51)]}
    text = refusal("BatchGetItem", RequestItems={table(): keys, table(): keys})
    assert text == "Too many items requested for the BatchGetItem call"
