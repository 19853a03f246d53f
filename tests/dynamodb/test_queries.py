"""Query and Scan: order, conditions, pages, indexes, segments, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Call = Callable[..., Any]
Table = Callable[..., str]

TYPES = "One or more parameter values were invalid: Condition parameter type does not match schema type"
OPERAND = "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: "


def s(text: str) -> dict[str, str]:
    return {"S": text}


def n(number: Any) -> dict[str, str]:
    return {"N": str(number)}


def put_all(ddb: Call, name: str, items: list[dict[str, Any]]) -> None:
    for item in items:
        ddb("PutItem", TableName=name, Item=item)


def ask(call: Call, name: str, condition: str, values: dict[str, Any], **params: Any) -> Any:
    return call("Query", TableName=name, KeyConditionExpression=condition, ExpressionAttributeValues=values, **params)


def pages(call: Call, operation: str, **params: Any) -> list[Any]:
    """Answer the items of all pages."""
    items: list[Any] = []
    while True:
        answer = call(operation, **params)
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return items
        params["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@pytest.fixture
def numbered(ddb: Call, table: Table) -> str:
    name = table("numbered")
    put_all(ddb, name, [{"pk": s(pk), "sk": n(sk), "v": n(sk * sk)} for pk in "ab" for sk in (5, -3, 0, 12, 1.5)])
    return name


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("pk = :p", {}, ["-3", "0", "1.5", "5", "12"]),
        ("pk = :p AND sk = :v", {":v": n("5.0")}, ["5"]),
        ("pk = :p AND sk < :v", {":v": n(1.5)}, ["-3", "0"]),
        ("pk = :p AND sk <= :v", {":v": n(1.5)}, ["-3", "0", "1.5"]),
        ("pk = :p AND sk > :v", {":v": n(0)}, ["1.5", "5", "12"]),
        ("pk = :p AND :v <= sk", {":v": n(5)}, ["5", "12"]),
        ("sk BETWEEN :v AND :w AND pk = :p", {":v": n(0), ":w": n(5)}, ["0", "1.5", "5"]),
        ("(pk = :p) AND (sk > :v)", {":v": n(5)}, ["12"]),
        ("(pk = :p AND sk > :v)", {":v": n(12)}, []),
    ],
)
def test_a_key_condition_picks_in_order(ddb: Call, numbered: str, condition: str, values: Any, expected: Any) -> None:
    answer = ask(ddb, numbered, condition, {":p": s("a"), **values})
    assert [item["sk"]["N"] for item in answer["Items"]] == expected
    assert (answer["Count"], answer["ScannedCount"]) == (len(expected), len(expected))
    backwards = ask(ddb, numbered, condition, {":p": s("a"), **values}, ScanIndexForward=False)
    assert [item["sk"]["N"] for item in backwards["Items"]] == expected[::-1]


def test_begins_with(ddb: Call, table: Table) -> None:
    name = table("composite")
    put_all(ddb, name, [{"pk": s("p"), "sk": s(sk)} for sk in ("a", "ab", "abc", "ac", "b", "ab\x00", "ab\uffff")])
    answer = ask(ddb, name, "pk = :p AND begins_with(sk, :v)", {":p": s("p"), ":v": s("ab")})
    assert [item["sk"]["S"] for item in answer["Items"]] == ["ab", "ab\x00", "abc", "ab\uffff"]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 5, 9])
def test_pages_meet(ddb: Call, numbered: str, limit: int, backwards: bool) -> None:
    params = {
        "TableName": numbered,
        "KeyConditionExpression": "pk = :p AND sk > :v",
        "ExpressionAttributeValues": {":p": s("b"), ":v": n(-3)},
        "ScanIndexForward": not backwards,
    }
    whole = ddb("Query", **params)["Items"]
    assert len(whole) == 4
    assert pages(ddb, "Query", Limit=limit, **params) == whole


def test_a_page_that_ends_by_its_limit_says_so_even_at_the_end(ddb: Call, numbered: str) -> None:
    answer = ask(ddb, numbered, "pk = :p", {":p": s("a")}, Limit=5)
    assert answer["LastEvaluatedKey"] == {"pk": s("a"), "sk": n(12)}
    answer = ask(ddb, numbered, "pk = :p", {":p": s("a")}, Limit=5, ExclusiveStartKey=answer["LastEvaluatedKey"])
    assert answer == {"Count": 0, "ScannedCount": 0, "Items": []}
    assert "LastEvaluatedKey" not in ask(ddb, numbered, "pk = :p", {":p": s("a")}, Limit=6)


def test_a_page_holds_a_megabyte_and_the_item_that_crosses_it(ddb: Call, table: Table) -> None:
    name = table("composite")
    put_all(ddb, name, [{"pk": s("p"), "sk": s(f"{at:02d}"), "v": s("x" * 300_000)} for at in range(6)])
    answer = ask(ddb, name, "pk = :p", {":p": s("p")}, ReturnConsumedCapacity="TOTAL")
    assert [item["sk"]["S"] for item in answer["Items"]] == ["00", "01", "02", "03"]
    assert answer["LastEvaluatedKey"] == {"pk": s("p"), "sk": s("03")}
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 146.5  # 4 * 300,008 bytes / 4 KB, halved
    filtered = ask(ddb, name, "pk = :p", {":p": s("p"), ":v": s("x")}, FilterExpression="v = :v")
    assert (filtered["Count"], filtered["ScannedCount"]) == (0, 4)
    assert len(pages(ddb, "Scan", TableName=name)) == 6


def test_filters_and_projections_come_after_the_count(ddb: Call, numbered: str) -> None:
    params = {"FilterExpression": "v > :v", "ProjectionExpression": "v"}
    answer = ask(ddb, numbered, "pk = :p", {":p": s("a"), ":v": n(5)}, **params)
    assert answer == {"Count": 3, "ScannedCount": 5, "Items": [{"v": n(9)}, {"v": n(25)}, {"v": n(144)}]}
    limited = ask(ddb, numbered, "pk = :p", {":p": s("a"), ":v": n(5)}, Limit=2, **params)
    assert (limited["Count"], limited["ScannedCount"]) == (1, 2)
    counted = ask(ddb, numbered, "pk = :p", {":p": s("a")}, Select="COUNT")
    assert counted == {"Count": 5, "ScannedCount": 5}


@pytest.mark.parametrize(
    ("condition", "values", "text"),
    [
        ("sk = :v", {":v": n(1)}, "Query condition missed key schema element: pk"),
        ("attr = :v", {":v": n(1)}, "Query condition missed key schema element: pk"),
        ("pk = :p AND attr = :v", {":p": s("a"), ":v": n(1)}, "Query condition missed key schema element: sk"),
        ("pk > :v", {":v": s("a")}, "Query key condition not supported"),
        ("pk = :v", {":v": n(1)}, TYPES),
        ("pk = :p AND sk = :v", {":p": s("a"), ":v": s("1")}, TYPES),
        ("pk = :p AND sk = :v", {":p": s("a"), ":v": {"BOOL": True}}, TYPES),
        ("pk = :p AND begins_with(sk, :v)", {":p": s("a"), ":v": s("1")}, TYPES),
        ("pk = :p AND begins_with(sk, :v)", {":p": s("a"), ":v": n(1)}, f"{OPERAND}begins_with, operand type: N"),
        ("pk = :p AND sk < :v", {":p": s("a"), ":v": {"BOOL": True}}, f"{OPERAND}<, operand type: BOOL"),
        ("pk = :p AND :v >= sk", {":p": s("a"), ":v": {"BOOL": True}}, f"{OPERAND}>=, operand type: BOOL"),
        (
            "pk = :p AND sk > :v AND sk < :w",
            {":p": s("a"), ":v": n(1), ":w": n(5)},
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
        ),
        (
            "pk = :p AND sk > :v AND extra = :w",
            {":p": s("a"), ":v": n(1), ":w": n(5)},
            "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)",
        ),
        ("pk = :p OR sk = :v", {":p": s("a"), ":v": n(1)}, "Invalid operator used in KeyConditionExpression: OR"),
        ("NOT pk = :p", {":p": s("a")}, "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk IN (:p)", {":p": s("a")}, "Invalid operator used in KeyConditionExpression: IN"),
        ("pk <> :p", {":p": s("a")}, "Invalid operator used in KeyConditionExpression: <>"),
        (
            "attribute_exists(pk) AND sk = :p",
            {":p": n(1)},
            "Invalid operator used in KeyConditionExpression: attribute_exists",
        ),
        (
            "pk.a = :p",
            {":p": s("a")},
            "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        (
            "size(pk) = :p",
            {":p": n(1)},
            "Invalid KeyConditionExpression: KeyConditionExpressions cannot contain nested operations",
        ),
        (
            ":p = :q",
            {":p": s("a"), ":q": s("a")},
            "Invalid condition in KeyConditionExpression: No key attribute specified",
        ),
        (
            "pk = sk AND sk = :p",
            {":p": s("a")},
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
        ),
        (
            ":p BETWEEN pk AND :q",
            {":p": s("a"), ":q": s("a")},
            "Invalid condition in KeyConditionExpression: BETWEEN "
            "operator must have the key attribute as its first operand",
        ),
        (
            "pk = :p",
            {":p": s("")},
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
        ("", {":p": s("a")}, "Invalid KeyConditionExpression: The expression can not be empty;"),
        (
            "pk = :p",
            {":p": s("a"), ":u": s("a")},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}",
        ),
        ("pk = :p", {":p": n("x")}, "The parameter cannot be converted to a numeric value: x"),
    ],
)
def test_query_refuses(numbered: str, refusal: Call, condition: str, values: Any, text: str) -> None:
    assert ask(refusal, numbered, condition, values) == text


def test_a_bad_operand_comes_before_a_missing_table(refusal: Call) -> None:
    text = ask(refusal, "nowhere", "pk = :p AND begins_with(sk, :v)", {":p": s("a"), ":v": n(1)})
    assert text == f"{OPERAND}begins_with, operand type: N"
    text = ask(refusal, "nowhere", "pk = :p", {":p": s("a")}, code="ResourceNotFoundException")
    assert text == "Requested resource not found"


@pytest.mark.parametrize(
    ("start", "text"),
    [
        ({"pk": s("a")}, "The provided starting key is invalid"),
        ({"pk": s("a"), "sk": n(1), "x": n(1)}, "The provided starting key is invalid"),
        (
            {"pk": s("a"), "sk": s("1")},
            "The provided starting key is invalid: The provided key element does not match the schema",
        ),
        (
            {"pk": s("b"), "sk": n(1)},
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        ({"pk": s("a"), "sk": n(0)}, "The provided starting key does not match the range key predicate"),
        ({"pk": s("a"), "sk": n("x")}, "The parameter cannot be converted to a numeric value: x"),
        (
            {"pk": s("a"), "sk": {}},
            "The provided starting key is invalid: Supplied AttributeValue is empty, must contain "
            "exactly one of the supported datatypes",
        ),
    ],
)
def test_starting_keys_are_checked(numbered: str, refusal: Call, start: Any, text: str) -> None:
    values = {":p": s("a"), ":v": n(0)}
    assert ask(refusal, numbered, "pk = :p AND sk > :v", values, ExclusiveStartKey=start) == text


def test_a_starting_key_need_not_exist(ddb: Call, numbered: str) -> None:
    start = {"pk": s("a"), "sk": n(1)}
    answer = ask(ddb, numbered, "pk = :p", {":p": s("a")}, ExclusiveStartKey=start)
    assert [item["sk"]["N"] for item in answer["Items"]] == ["1.5", "5", "12"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"FilterExpression": "pk = :p"},
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: pk",
        ),
        (
            {"Select": "COUNT", "ProjectionExpression": "v"},
            "Cannot specify the ProjectionExpression when choosing to get only the Count",
        ),
        (
            {"Select": "SPECIFIC_ATTRIBUTES"},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        ),
        (
            {"Select": "ALL_PROJECTED_ATTRIBUTES"},
            "One or more parameter values were invalid: ALL_PROJECTED_ATTRIBUTES can "
            "be used only when Querying using an IndexName",
        ),
        ({"IndexName": "nowhere"}, "The table does not have the specified index: nowhere"),
    ],
)
def test_what_goes_with_a_query(numbered: str, refusal: Call, params: dict[str, Any], text: str) -> None:
    assert ask(refusal, numbered, "pk = :p", {":p": s("a")}, **params) == text


def test_a_query_needs_a_key_condition(numbered: str, refusal: Call) -> None:
    assert refusal("Query", TableName=numbered) == (
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
    )


def test_scan_answers_everything_once_in_pages_and_in_segments(ddb: Call, table: Table) -> None:
    name = table()
    wanted = {f"item-{at}" for at in range(200)}
    put_all(ddb, name, [{"pk": s(pk)} for pk in wanted])
    for params in ({}, {"Limit": 7}):
        found = [item["pk"]["S"] for item in pages(ddb, "Scan", TableName=name, **params)]
        assert len(found) == 200
        assert set(found) == wanted
    for total in (1, 2, 7, 64):
        shares = [
            [item["pk"]["S"] for item in pages(ddb, "Scan", TableName=name, Segment=at, TotalSegments=total, Limit=9)]
            for at in range(total)
        ]
        assert sorted(pk for share in shares for pk in share) == sorted(wanted)
        assert total > 7 or min(map(len, shares)) > 200 / total / 2


def test_scan_filters(ddb: Call, numbered: str) -> None:
    values = {":v": n(100)}
    answer = ddb("Scan", TableName=numbered, FilterExpression="v > :v", ExpressionAttributeValues=values)
    assert (answer["Count"], answer["ScannedCount"]) == (2, 10)
    assert ddb("Scan", TableName=numbered, Select="COUNT") == {"Count": 10, "ScannedCount": 10}
    keyed = ddb("Scan", TableName=numbered, FilterExpression="pk = :p", ExpressionAttributeValues={":p": s("a")})
    assert keyed["Count"] == 5


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"Segment": 0},
            "The TotalSegments parameter is required but was not present in the request when Segment parameter "
            "is present",
        ),
        (
            {"TotalSegments": 4},
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present",
        ),
        (
            {"Segment": 5, "TotalSegments": 5},
            "The Segment parameter is zero-based and must be less than parameter "
            "TotalSegments: Segment: 5 is not less than TotalSegments: 5",
        ),
        (
            {"ExclusiveStartKey": {"pk": s("a")}},
            "The provided starting key is invalid: The provided key element does not match the schema",
        ),
        ({"FilterExpression": "a = = b"}, 'Invalid FilterExpression: Syntax error; token: "=", near: "= = b"'),
        (
            {"FilterExpression": "a = :v", "ExpressionAttributeValues": {":v": n("")}},
            "ExpressionAttributeValues contains "
            "invalid value: The parameter cannot be converted to a numeric value for key :v",
        ),
    ],
)
def test_scan_refuses(numbered: str, refusal: Call, params: dict[str, Any], text: str) -> None:
    assert refusal("Scan", TableName=numbered, **params) == text


def test_a_starting_key_belongs_to_its_segment(ddb: Call, numbered: str, refusal: Call) -> None:
    first = ddb("Scan", TableName=numbered, Segment=0, TotalSegments=2, Limit=1)
    key = first.get("LastEvaluatedKey") or {"pk": s("a"), "sk": n(0)}
    texts = [
        refusal("Scan", TableName=numbered, Segment=at, TotalSegments=2, ExclusiveStartKey=key)
        for at in ((1,) if "LastEvaluatedKey" in first else (0,))
    ]
    assert "Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: " in texts[0]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.decimals(-50, 50, places=1, allow_nan=False), min_size=1, max_size=20, unique=True), st.data())
def test_pages_of_any_size_agree_with_an_oracle(ddb: Call, table: Table, keys: Any, data: Any) -> None:
    name = table("numbered")
    put_all(ddb, name, [{"pk": s("p"), "sk": n(key)} for key in keys])
    low = data.draw(st.sampled_from(keys))
    limit = data.draw(st.integers(1, 5))
    found = pages(
        ddb,
        "Query",
        TableName=name,
        KeyConditionExpression="pk = :p AND sk >= :low",
        ExpressionAttributeValues={":p": s("p"), ":low": n(low)},
        Limit=limit,
    )
    assert [float(item["sk"]["N"]) for item in found] == [float(key) for key in sorted(keys) if key >= low]
