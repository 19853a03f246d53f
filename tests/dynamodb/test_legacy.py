"""The parameters that expressions replaced: Expected, AttributeUpdates, KeyConditions, filters, AttributesToGet."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
Table = Callable[..., str]

INVALID = "One or more parameter values were invalid: "


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def test(operator: str, *arguments: Any) -> dict[str, Any]:
    return {"ComparisonOperator": operator, **({"AttributeValueList": list(arguments)} if arguments else {})}


test.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ({"x": {"Value": n(5)}}, True),
        ({"x": {"Value": n(6)}}, False),
        ({"x": {"Exists": True, "Value": n("5.0")}}, True),
        ({"gone": {"Exists": False}}, True),
        ({"x": {"Exists": False}}, False),
        ({"x": test("NE", n(6))}, True),
        ({"x": test("LT", n(6))}, True),
        ({"x": test("GE", n(6))}, False),
        ({"x": test("BETWEEN", n(1), n(5))}, True),
        ({"x": test("IN", n(1), n(5))}, True),
        ({"s": test("BEGINS_WITH", s("he"))}, True),
        ({"s": test("CONTAINS", s("ell"))}, True),
        ({"s": test("NOT_CONTAINS", s("ell"))}, False),
        ({"gone": test("NULL")}, True),
        ({"x": test("NOT_NULL")}, True),
        ({"x": {"Value": n(5)}, "s": {"Value": s("no")}}, False),
    ],
)
def test_expected_decides(ddb: Call, table: Table, refusal: Call, expected: Any, holds: bool) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(5), "s": s("hello")})
    params = {"TableName": name, "Key": {"pk": s("a")}, "Expected": expected}
    if holds:
        assert ddb("DeleteItem", **params) == {}
    else:
        refusal("DeleteItem", code="ConditionalCheckFailedException", **params)


def test_either_of_two_expectations(ddb: Call, table: Table) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": n(5)})
    expected = {"x": {"Value": n(5)}, "y": {"Value": n(1)}}
    ddb("PutItem", TableName=name, Item={"pk": s("a")}, Expected=expected, ConditionalOperator="OR")


# Captured in two regions on 2026-10-09 (dynamodb-conformance deleteItem).
@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ({"Exists": True}, "Value must be provided when Exists is true for Attribute: a"),
        ({"Exists": False, "Value": s("x")}, "Value cannot be used when Exists is false for Attribute: a"),
        (
            {"Value": s("x"), **test("EQ", s("x"))},
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (test("EQ"), "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"),
        (test("BETWEEN", s("x")), "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
        (test("IN", s("x"), n(1)), "AttributeValues inside AttributeValueList must be of same type"),
        (
            {"AttributeValueList": [s("x")]},
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
    ],
)
def test_bad_expectations(table: Table, refusal: Call, expected: Any, text: str) -> None:
    params = {"TableName": table(), "Key": {"pk": s("a")}, "Expected": {"a": expected}}
    assert refusal("DeleteItem", **params) == f"1 validation error detected: {INVALID}{text}"


def test_attribute_updates(ddb: Call, table: Table, records: Call) -> None:
    name = table(stream="KEYS_ONLY")
    ddb(
        "PutItem",
        TableName=name,
        Item={"pk": s("a"), "n": n(1), "ss": {"SS": ["a", "b"]}, "gone": s("x"), "l": {"L": [n(1)]}},
    )
    answer = ddb(
        "UpdateItem",
        TableName=name,
        Key={"pk": s("a")},
        AttributeUpdates={
            "n": {"Action": "ADD", "Value": n(2)},
            "ss": {"Action": "DELETE", "Value": {"SS": ["a"]}},
            "gone": {"Action": "DELETE"},
            "new": {"Value": s("y")},
            "l": {"Action": "ADD", "Value": {"L": [n(2)]}},
        },
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == {
        "pk": s("a"),
        "n": n(3),
        "ss": {"SS": ["b"]},
        "new": s("y"),
        "l": {"L": [n(1), n(2)]},
    }
    assert len(records(name)) == 2


@pytest.mark.parametrize(
    ("update", "text"),
    [
        ({"Action": "PUT"}, "Only DELETE action is allowed when no attribute value is specified"),
        ({"Action": "DELETE", "Value": s("x")}, "DELETE action with value is not supported for the type S"),
        ({"Action": "ADD", "Value": s("x")}, "ADD action is not supported for the type S"),
    ],
)
def test_bad_attribute_updates(table: Table, refusal: Call, update: Any, text: str) -> None:
    params = {"TableName": table(), "Key": {"pk": s("a")}, "AttributeUpdates": {"a": update}}
    assert refusal("UpdateItem", **params) == f"1 validation error detected: {INVALID}{text}"


def test_attribute_updates_of_another_type(ddb: Call, table: Table, refusal: Call) -> None:
    name = table()
    ddb("PutItem", TableName=name, Item={"pk": s("a"), "x": s("text")})
    updates = {"x": {"Action": "ADD", "Value": n(1)}}
    text = refusal("UpdateItem", TableName=name, Key={"pk": s("a")}, AttributeUpdates=updates)
    assert text == "Type mismatch for attribute to update"


def test_queries_and_scans(ddb: Call, table: Table, refusal: Call) -> None:
    name = table("numbered")
    for at in range(6):
        ddb("PutItem", TableName=name, Item={"pk": s("a"), "sk": n(at), "v": n(at % 2)})
    conditions = {"pk": test("EQ", s("a")), "sk": test("GT", n(1))}
    answer = ddb("Query", TableName=name, KeyConditions=conditions)
    assert [item["sk"]["N"] for item in answer["Items"]] == ["2", "3", "4", "5"]
    answer = ddb(
        "Query",
        TableName=name,
        KeyConditions=conditions,
        QueryFilter={"v": test("EQ", n(1))},
        AttributesToGet=["sk"],
    )
    assert answer["Items"] == [{"sk": n(3)}, {"sk": n(5)}]
    either = {"v": test("EQ", n(1)), "sk": test("EQ", n(0))}
    answer = ddb("Scan", TableName=name, ScanFilter=either, ConditionalOperator="OR")
    assert sorted(item["sk"]["N"] for item in answer["Items"]) == ["0", "1", "3", "5"]
    assert ddb("GetItem", TableName=name, Key={"pk": s("a"), "sk": n(1)}, AttributesToGet=["v"])["Item"] == {"v": n(1)}
    assert refusal("Query", TableName=name, KeyConditions=conditions, QueryFilter={"sk": test("EQ", n(1))}) == (
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk"
    )
    assert refusal("Query", TableName=name, KeyConditions={"pk": test("NE", s("a"))}) == (
        "Attempted conditional constraint is not an indexable operation"
    )
    assert refusal("Scan", TableName=name, ScanFilter={"v": test("EQ", n(1))}, ConditionalOperator="AND") == (
        "ConditionalOperator can only be used when Filter or Expected has two or more elements"
    )
    assert refusal("Scan", TableName=name, AttributesToGet=["a", "a"]) == (
        f"{INVALID}Duplicate value in attribute name: a"
    )
