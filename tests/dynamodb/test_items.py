"""PutItem, GetItem, UpdateItem and DeleteItem: what they do, answer and refuse."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
Table = Callable[..., str]

INVALID = "One or more parameter values were invalid: "
MISMATCH = "The provided key element does not match the schema"
EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
    "string value. Key: pk"
)


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def test_an_item_comes_back_as_it_was_put(ddb: Call, table: Table) -> None:
    name = table("composite")
    item = {
        "pk": s("a"),
        "sk": s("b"),
        "number": n("1e3"),
        "blob": {"B": "AP8="},
        "many": {"M": {"s": {"SS": ["y", "x"]}, "n": {"NS": ["2", "1.50"]}, "b": {"BS": ["AA=="]}}},
        "elements": {"L": [s(""), {"NULL": True}, {"BOOL": False}, {"M": {}}]},
    }
    assert ddb("PutItem", TableName=name, Item=item) == {}
    stored = {**item, "number": n(1000)}
    stored["many"] = {"M": {"s": {"SS": ["y", "x"]}, "n": {"NS": ["2", "1.5"]}, "b": {"BS": ["AA=="]}}}
    key = {"pk": s("a"), "sk": s("b")}
    assert ddb("GetItem", TableName=name, Key=key) == {"Item": stored}
    assert ddb("GetItem", TableName=name, Key={"pk": s("a"), "sk": s("c")}) == {}
    assert ddb("GetItem", TableName=name, Key=key, ProjectionExpression="many.n, elements[3]") == {
        "Item": {"many": {"M": {"n": {"NS": ["2", "1.5"]}}}, "elements": {"L": [{"M": {}}]}}
    }
    assert ddb("GetItem", TableName=name, Key=key, ProjectionExpression="absent") == {"Item": {}}


@pytest.mark.parametrize("spelling", ["1000", "1e3", "1000.0", "+1000"])
def test_a_number_is_one_key_however_it_is_written(ddb: Call, table: Table, spelling: str) -> None:
    name = table("number")
    ddb("PutItem", TableName=name, Item={"pk": n(1000), "v": s("x")})
    assert ddb("GetItem", TableName=name, Key={"pk": n(spelling)})["Item"]["v"] == s("x")


def test_put_replaces_the_whole_item_and_answers_the_old_one(ddb: Call, table: Table) -> None:
    name = table()
    assert ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(1)}, ReturnValues="ALL_OLD") == {}
    answer = ddb("PutItem", TableName=name, Item={"pk": s("a"), "y": n(2)}, ReturnValues="ALL_OLD")
    assert answer == {"Attributes": {"pk": s("a"), "x": n(1)}}
    assert ddb("GetItem", TableName=name, Key={"pk": s("a")})["Item"] == {"pk": s("a"), "y": n(2)}


def test_delete_answers_the_old_item_and_forgives_a_missing_one(ddb: Call, table: Table) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(1)})
    assert ddb("DeleteItem", TableName=name, Key={"pk": s("a")}, ReturnValues="ALL_OLD") == {
        "Attributes": {"pk": s("a"), "x": n(1)}
    }
    assert ddb("DeleteItem", TableName=name, Key={"pk": s("a")}, ReturnValues="ALL_OLD") == {}


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("NONE", None),
        ("ALL_OLD", {"pk": {"S": "a"}, "x": {"N": "1"}, "m": {"M": {"i": {"N": "1"}, "j": {"N": "2"}}}}),
        ("UPDATED_OLD", {"x": {"N": "1"}, "m": {"M": {"i": {"N": "1"}}}}),
        ("ALL_NEW", {"pk": {"S": "a"}, "x": {"N": "2"}, "m": {"M": {"i": {"N": "9"}, "j": {"N": "2"}}}}),
        ("UPDATED_NEW", {"x": {"N": "2"}, "m": {"M": {"i": {"N": "9"}}}}),
    ],
)
def test_update_answers_what_was_asked_for(ddb: Call, table: Table, returned: str, expected: Any) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(1), "m": {"M": {"i": n(1), "j": n(2)}}})
    answer = ddb(
        "UpdateItem",
        TableName=name,
        Key={"pk": s("a")},
        UpdateExpression="SET x = x + :one, m.i = :nine",
        ExpressionAttributeValues={":one": n(1), ":nine": n(9)},
        ReturnValues=returned,
    )
    assert answer == ({} if expected is None else {"Attributes": expected})


def test_update_creates_an_item_unless_it_only_removes(ddb: Call, table: Table) -> None:
    name = table()
    key = {"pk": s("a")}
    ddb("UpdateItem", TableName=name, Key=key, UpdateExpression="REMOVE x")
    assert ddb("GetItem", TableName=name, Key=key) == {}
    ddb("UpdateItem", TableName=name, Key=key)
    assert ddb("GetItem", TableName=name, Key=key) == {"Item": key}
    answer = ddb(
        "UpdateItem",
        TableName=name,
        Key={"pk": s("b")},
        UpdateExpression="ADD hits :one",
        ExpressionAttributeValues={":one": n(1)},
        ReturnValues="UPDATED_OLD",
    )
    assert answer == {}
    assert ddb("GetItem", TableName=name, Key={"pk": s("b")})["Item"] == {"pk": s("b"), "hits": n(1)}


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "DeleteItem"])
def test_a_condition_decides(ddb: Call, table: Table, cloud: Any, operation: str) -> None:
    from tailrace.wire.errors import AwsError

    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(1)})
    what: dict[str, Any] = {"Item": {"pk": s("a")}} if operation == "PutItem" else {"Key": {"pk": s("a")}}
    condition = {"ConditionExpression": "x = :v", "ExpressionAttributeValues": {":v": n(2)}}
    with pytest.raises(AwsError) as failed:
        ddb(operation, TableName=name, **what, **condition)
    assert (failed.value.code, failed.value.message) == (
        "ConditionalCheckFailedException",
        "The conditional request failed",
    )
    assert failed.value.members == {}
    with pytest.raises(AwsError) as failed:
        ddb(operation, TableName=name, **what, **condition, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert failed.value.members == {"Item": {"pk": s("a"), "x": n(1)}}
    assert ddb("GetItem", TableName=name, Key={"pk": s("a")})["Item"]["x"] == n(1)
    condition["ExpressionAttributeValues"] = {":v": n(1)}
    ddb(operation, TableName=name, **what, **condition)


def test_create_only(ddb: Call, table: Table, refusal: Call) -> None:
    name = table()
    once = {"TableName": name, "Item": {"pk": s("a")}, "ConditionExpression": "attribute_not_exists(pk)"}
    ddb("PutItem", **once)
    refusal("PutItem", code="ConditionalCheckFailedException", **once)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"x": s("a")}, f"{INVALID}Missing the key pk in the item"),
        ({"pk": n(1)}, f"{INVALID}Type mismatch for key pk expected: S actual: N"),
        ({"pk": s("")}, EMPTY_KEY),
        ({"pk": s("a" * 2049)}, f"{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        (
            {"pk": s("a"), "x": {"N": "x"}},
            "1 validation error detected: The parameter cannot be converted to a numeric value: x",
        ),
        ({"pk": s("a"), "": s("x")}, "1 validation error detected: Empty attribute name"),
        (
            {"pk": s("a"), "x": s("y" * 409_600)},
            "1 validation error detected: Item size has exceeded the maximum allowed size",
        ),
        ({"pk": s("a"), "i": n(1)}, f"{INVALID}Type mismatch for Index Key i Expected: S Actual: N IndexName: by-i"),
        (
            {"pk": s("a"), "i": {"NULL": True}},
            f"{INVALID}Type mismatch for Index Key i Expected: S Actual: NULL IndexName: by-i",
        ),
        (
            {"pk": s("a"), "i": s("")},
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "string value. IndexName: "
            "by-i, IndexKey: i",
        ),
    ],
)
def test_put_refuses(table: Table, refusal: Call, item: Any, text: str) -> None:
    name = table(attributes={"i": "S"}, gsi=[("by-i", "i")])
    assert refusal("PutItem", TableName=name, Item=item) == text


@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ({}, MISMATCH),
        ({"pk": n(1)}, MISMATCH),
        ({"pk": {"L": [s("a")]}}, MISMATCH),
        ({"pk": s("a"), "x": s("b")}, MISMATCH),
        ({"x": s("a")}, MISMATCH),
        ({"pk": s("")}, EMPTY_KEY),
    ],
)
def test_keys_must_be_the_tables(table: Table, refusal: Call, operation: str, key: Any, text: str) -> None:
    assert refusal(operation, TableName=table(), Key=key) == text


def test_the_limit_of_an_item_is_exact(ddb: Call, table: Table, refusal: Call) -> None:
    name = table()
    room = 409_600 - len("pk") - len("a") - len("x")
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": s("y" * room)})
    assert "Item size has exceeded" in refusal("PutItem", TableName=name, Item={"pk": s("a"), "x": s("y" * (room + 1))})
    text = refusal(
        "UpdateItem",
        TableName=name,
        Key={"pk": s("a")},
        UpdateExpression="SET z = :v",
        ExpressionAttributeValues={":v": s("1")},
    )
    assert text == "Item size to update has exceeded the maximum allowed size"


@pytest.mark.parametrize(
    ("expression", "values", "text"),
    [
        ("SET pk = :v", {":v": s("b")}, f"{INVALID}Cannot update attribute pk. This attribute is part of the key"),
        ("SET sk = :v", {":v": s("b")}, f"{INVALID}Cannot update attribute sk. This attribute is part of the key"),
        ("REMOVE pk", None, f"{INVALID}Cannot update attribute pk. This attribute is part of the key"),
        ("SET i = :v", {":v": n(1)}, f"{INVALID}Type mismatch for Index Key i Expected: S Actual: N IndexName: by-i"),
        ("SET i = x", None, "The update expression attempted to update the secondary index key to unsupported type"),
        (
            "SET i = :v",
            {":v": s("")},
            "One or more parameter values are not valid. The update expression attempted to "
            "update a secondary index key to a value that is not supported. The AttributeValue for "
            "a key attribute cannot "
            "contain an empty string value.",
        ),
        (
            "SET i.a = :v",
            {":v": s("")},
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: i",
        ),
        (
            "SET x = x + :v",
            {":v": n("1e40")},
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            "SET y = y + :v",
            {":v": n(1)},
            "The provided expression refers to an attribute that does not exist in the item",
        ),
    ],
)
def test_update_refuses(ddb: Call, table: Table, refusal: Call, expression: str, values: Any, text: str) -> None:
    name = table("composite", attributes={"i": "S"}, gsi=[("by-i", "i")])
    key = {"pk": s("a"), "sk": s("b")}
    ddb("PutItem", TableName=name, Item={**key, "x": n(1)})
    params = {"ExpressionAttributeValues": values} if values else {}
    assert refusal("UpdateItem", TableName=name, Key=key, UpdateExpression=expression, **params) == text


def test_a_refused_update_leaves_nothing_behind(ddb: Call, table: Table, refusal: Call, records: Call) -> None:
    name = table(stream="KEYS_ONLY", attributes={"i": "S"}, gsi=[("by-i", "i")])
    refusal("UpdateItem", TableName=name, Key={"pk": s("a")}, UpdateExpression="SET x = y")
    assert ddb("Scan", TableName=name)["Count"] == 0
    assert records(name) == []


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("PutItem", {"Item": {"pk": s("a")}, "ReturnValues": "ALL_NEW"}, "ReturnValues can only be ALL_OLD or NONE"),
        (
            "DeleteItem",
            {"Key": {"pk": s("a")}, "ReturnValues": "UPDATED_NEW"},
            "ReturnValues can only be ALL_OLD or NONE",
        ),
        (
            "PutItem",
            {"Item": {"pk": s("a")}, "ExpressionAttributeValues": {":v": s("a")}},
            "ExpressionAttributeValues can only be specified when using expressions",
        ),
        (
            "UpdateItem",
            {"Key": {"pk": s("a")}, "UpdateExpression": "SET a = :v"},
            "Invalid UpdateExpression: An expression "
            "attribute value used in expression is not defined; attribute value: :v",
        ),
    ],
)
def test_what_is_wrong_by_itself_comes_in_an_envelope(
    refusal: Call, operation: str, params: dict[str, Any], text: str
) -> None:
    # The table isn't there: what is wrong with the request by itself comes first.
    assert refusal(operation, TableName="nowhere", **params) == f"1 validation error detected: {text}"


@pytest.mark.parametrize("operation", ["PutItem", "GetItem", "UpdateItem", "DeleteItem"])
def test_a_missing_table_is_not_found(refusal: Call, operation: str) -> None:
    what = {"Item": {"pk": s("a")}} if operation == "PutItem" else {"Key": {"pk": s("a")}}
    text = refusal(operation, code="ResourceNotFoundException", TableName="nowhere", **what)
    assert text == "Requested resource not found"


def test_a_table_answers_to_its_arn(ddb: Call, table: Table) -> None:
    name = table()
    arn = ddb("DescribeTable", TableName=name)["Table"]["TableArn"]
    answer = ddb("PutItem", TableName=arn, Item={"pk": s("a")}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["TableName"] == arn
    assert ddb("GetItem", TableName=name, Key={"pk": s("a")})["Item"] == {"pk": s("a")}


def test_paths_do_not_go_into_keys(table: Table, refusal: Call) -> None:
    name = table()
    text = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    assert refusal("GetItem", TableName=name, Key={"pk": s("a")}, ProjectionExpression="pk.a") == text
    assert refusal("Scan", TableName=name, FilterExpression="attribute_exists(pk[0])") == text
