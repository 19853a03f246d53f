"""TransactWriteItems and TransactGetItems."""

from collections.abc import Callable
from typing import Any

import pytest

from tailrace.runtime.cloud import LocalCloud
from tailrace.wire.errors import AwsError

Call = Callable[..., Any]
Table = Callable[..., str]

MISMATCH = "The provided key element does not match the schema"
EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
    "string value. Key: pk"
)


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def put(name: str, **item: Any) -> dict[str, Any]:
    condition = {"ConditionExpression": item.pop("when")} if "when" in item else {}
    return {"Put": {"TableName": name, "Item": item, **condition}}


def cancelled(call: Call, items: list[Any], operation: str = "TransactWriteItems") -> list[Any]:
    """Answer the reasons of a cancelled transaction."""
    with pytest.raises(AwsError) as refused:
        call(operation, TransactItems=items)
    assert refused.value.code == "TransactionCanceledException", refused.value
    reasons: list[Any] = refused.value.members["CancellationReasons"]
    codes = ", ".join(reason["Code"] for reason in reasons)
    assert refused.value.message == (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    )
    return reasons


def test_everything_is_written_at_once(ddb: Call, table: Table, records: Call) -> None:
    one, other = table(stream="NEW_IMAGE"), table("composite")
    ddb("PutItem", TableName=one, Item={"pk": s("old"), "x": n(1)})
    ddb("PutItem", TableName=one, Item={"pk": s("gone")})
    answer = ddb(
        "TransactWriteItems",
        TransactItems=[
            put(one, pk=s("new"), when="attribute_not_exists(pk)"),
            {
                "Update": {
                    "TableName": one,
                    "Key": {"pk": s("old")},
                    "UpdateExpression": "ADD x :one",
                    "ExpressionAttributeValues": {":one": n(1)},
                }
            },
            {"Delete": {"TableName": one, "Key": {"pk": s("gone")}}},
            put(other, pk=s("a"), sk=s("b")),
            {
                "ConditionCheck": {
                    "TableName": other,
                    "Key": {"pk": s("x"), "sk": s("y")},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer == {
        "ConsumedCapacity": [
            {"TableName": one, "CapacityUnits": 6.0, "WriteCapacityUnits": 6.0},
            {"TableName": other, "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0},
        ]
    }
    assert ddb("GetItem", TableName=one, Key={"pk": s("old")})["Item"]["x"] == n(2)
    assert [record["eventName"] for record in records(one)] == ["INSERT", "INSERT", "INSERT", "MODIFY", "REMOVE"]


def test_all_failed_conditions_are_told_and_nothing_is_written(ddb: Call, table: Table, records: Call) -> None:
    name = table(stream="KEYS_ONLY")
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(1)})
    told = put(name, pk=s("a"), when="attribute_not_exists(pk)")
    told["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    failing = {"TableName": name, "Key": {"pk": s("b")}, "ConditionExpression": "attribute_exists(pk)"}
    reasons = cancelled(ddb, [put(name, pk=s("new")), told, {"ConditionCheck": failing}])
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert reasons == [{"Code": "None"}, {**failed, "Item": {"pk": s("a"), "x": n(1)}}, failed]
    assert ddb("Scan", TableName=name)["Count"] == 1
    assert len(records(name)) == 1


def test_what_an_item_does_not_allow_cancels(ddb: Call, table: Table) -> None:
    name = table(attributes={"i": "S"}, gsi=[("by-i", "i")])
    key = {"TableName": name, "Key": {"pk": n(5)}}
    wrong = {"Code": "ValidationError", "Message": MISMATCH}
    check = {"ConditionExpression": "attribute_exists(pk)"}
    assert cancelled(ddb, [{"Delete": key}]) == [wrong]
    assert cancelled(ddb, [put(name, pk=s("a")), {"ConditionCheck": {**key, **check}}]) == [{"Code": "None"}, wrong]
    assert cancelled(ddb, [put(name, pk=n(5))])[0]["Message"] == (
        "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"
    )
    assert cancelled(ddb, [put(name, pk=s("a"), i=n(5))])[0]["Message"] == (
        "One or more parameter values were invalid: Type mismatch for Index Key i Expected: S Actual: N IndexName: by-i"
    )
    update = {"TableName": name, "Key": {"pk": s("a")}, "UpdateExpression": "SET x = y"}
    reasons = cancelled(ddb, [put(name, pk=s("b")), {"Update": update}])
    assert reasons[0] == {"Code": "None"}
    assert reasons[1]["Message"] == "The provided expression refers to an attribute that does not exist in the item"
    assert ddb("Scan", TableName=name)["Count"] == 0


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([{"Put": {"Item": {"pk": s("")}}}], EMPTY_KEY),
        ([{"Delete": {"Key": {"pk": s("")}}}], EMPTY_KEY),
        (
            [{"Put": {"Item": {"pk": s("a")}}}, {"Delete": {"Key": {"pk": s("a")}}}],
            "Transaction request cannot include multiple operations on one item",
        ),
        ([{}], "TransactItems can only contain one of Check, Put, Update or Delete"),
        ([{"Put": {"Item": {"pk": s("a"), "x": n("x")}}}], "The parameter cannot be converted to a numeric value: x"),
        (
            [
                {
                    "Update": {
                        "Key": {"pk": s("a")},
                        "UpdateExpression": "SET n = :v",
                        "ExpressionAttributeValues": {":v": n("")},
                    }
                }
            ],
            "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric "
            "value for key "
            ":v",
        ),
        (
            [
                {"Put": {"Item": {"pk": s("a"), "": s("x")}}},
                {"Put": {"Item": {"pk": s("b")}, "ConditionExpression": "a = = b"}},
            ],
            "Empty attribute name",
        ),
        (
            [{"Put": {"Item": {"pk": s("a")}, "ConditionExpression": "a = = b"}}, {"Put": {"Item": {"": s("x")}}}],
            'Invalid ConditionExpression: Syntax error; token: "=", near: "= = b"',
        ),
        ([{"Put": {"Item": {"pk": s("a"), "x": s("x" * 409_600)}}}], "Item size has exceeded the maximum allowed size"),
    ],
)
def test_what_is_wrong_by_itself_refuses_the_whole_request(
    table: Table, refusal: Call, items: list[Any], text: str
) -> None:
    name = table()
    for entry in items:
        for action in entry.values():
            action["TableName"] = name
    assert refusal("TransactWriteItems", TransactItems=items) == text


def test_a_syntax_error_comes_before_a_missing_table(table: Table, refusal: Call) -> None:
    check = {"TableName": table(), "Key": {"pk": s("a")}, "ConditionExpression": "attribute_not_exists("}
    items = [put("nowhere", pk=s("a")), {"ConditionCheck": check}]
    assert refusal("TransactWriteItems", TransactItems=items) == (
        'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("'
    )
    text = refusal("TransactWriteItems", code="ResourceNotFoundException", TransactItems=items[:1])
    assert text == "Requested resource not found"


def test_a_token_makes_a_transaction_happen_once(ddb: Call, table: Table, cloud: LocalCloud, refusal: Call) -> None:
    name = table()
    add = {
        "Update": {
            "TableName": name,
            "Key": {"pk": s("a")},
            "UpdateExpression": "ADD x :one",
            "ExpressionAttributeValues": {":one": n(1)},
        }
    }
    once = {"TransactItems": [add], "ClientRequestToken": "token", "ReturnConsumedCapacity": "TOTAL"}
    assert ddb("TransactWriteItems", **once)["ConsumedCapacity"][0]["WriteCapacityUnits"] == 2.0
    again = ddb("TransactWriteItems", **once)
    assert again["ConsumedCapacity"] == [{"TableName": name, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]
    other = {**once, "TransactItems": [put(name, pk=s("b"))]}
    refusal("TransactWriteItems", code="IdempotentParameterMismatchException", **other)
    assert ddb("GetItem", TableName=name, Key={"pk": s("a")})["Item"]["x"] == n(1)
    cloud.clock.advance(601)
    ddb("TransactWriteItems", **once)
    assert ddb("GetItem", TableName=name, Key={"pk": s("a")})["Item"]["x"] == n(2)


def test_old_tokens_are_forgotten(ddb: Call, table: Table, cloud: LocalCloud) -> None:
    from tailrace.dynamodb.tokens import _BY_TIME, _ROWS

    name = table()
    for at in range(60):
        ddb("TransactWriteItems", TransactItems=[put(name, pk=s(str(at)))], ClientRequestToken=f"token-{at}")
        cloud.clock.advance(60)
    transaction = cloud.store.begin()
    assert len(list(_ROWS.scan(transaction))) <= 12
    assert len(list(transaction.scan(_BY_TIME))) <= 12


def test_get_answers_all_in_order(ddb: Call, table: Table) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(1), "y": n(2)})
    gets = [
        {"Get": {"TableName": name, "Key": {"pk": s("none")}}},
        {
            "Get": {
                "TableName": name,
                "Key": {"pk": s("a")},
                "ProjectionExpression": "#x",
                "ExpressionAttributeNames": {"#x": "x"},
            }
        },
    ]
    answer = ddb("TransactGetItems", TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer == {
        "Responses": [{}, {"Item": {"x": n(1)}}],
        "ConsumedCapacity": [{"TableName": name, "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}],
    }


def test_get_refuses(ddb: Call, table: Table, refusal: Call) -> None:
    name = table()
    good = {"Get": {"TableName": name, "Key": {"pk": s("a")}}}
    bad = {"Get": {"TableName": name, "Key": {}}}
    reasons = cancelled(ddb, [good, bad], "TransactGetItems")
    assert reasons == [{"Code": "None"}, {"Code": "ValidationError", "Message": MISMATCH}]
    assert refusal("TransactGetItems", TransactItems=[good, good]) == (
        "Transaction request cannot include multiple operations on one item"
    )
    projected = {"Get": {"TableName": name, "Key": {"pk": s("a")}, "ProjectionExpression": "!!!"}}
    assert refusal("TransactGetItems", TransactItems=[projected]) == (
        'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"'
    )
