"""Update expressions and projections: errors with their texts, and what comes of an item."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.dynamodb.errors import BARE, ENVELOPED, Malformed
from tailrace.dynamodb.expression.apply import apply_update
from tailrace.dynamodb.expression.projection import project
from tailrace.dynamodb.expression.request import read_expressions
from tailrace.wire.errors import AwsError

OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; "
WRONG_TYPE = "Incorrect operand type for operator or function; operator or function: "
BAD_PATH = "The document path provided in the update expression is invalid for update"
WRONG_SECTION = "Incorrect operand type for operator or function; operator: "


def refused(expression: str, **params: Any) -> str:
    with pytest.raises(AwsError) as error:
        read_expressions({"UpdateExpression": expression, **params}, ENVELOPED)
    prefix = "1 validation error detected: Invalid UpdateExpression: "
    assert error.value.message.startswith(prefix), error.value.message
    return error.value.message.removeprefix(prefix)


def updated(
    expression: str, item: dict[str, Any], names: dict[str, str] | None = None, **values: Any
) -> dict[str, Any]:
    params: dict[str, Any] = {"UpdateExpression": expression}
    if values:
        params["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    if names:
        params["ExpressionAttributeNames"] = names
    found = read_expressions(params, ENVELOPED)
    assert found.update is not None
    return apply_update(found.update.actions, found.names, found.values, item)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", "The expression can not be empty;"),
        ("INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET if_not_exist(a, b) = a", 'Syntax error; token: "(", near: "if_not_exist(a"'),
        ("set (a = (b + c))", 'Syntax error; token: "(", near: "set (a"'),
        ("set a = (b.c).d + e", 'Syntax error; token: ".", near: ").d"'),
        ("set a = b + c + d", 'Syntax error; token: "+", near: "c + d"'),
        ("add a b", 'Syntax error; token: "b", near: "a b"'),
        ("set a = :v,", 'Syntax error; token: "<EOF>", near: ","'),
        (" set #c = :c set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
        (" remove Absolute ", "Attribute name is a reserved keyword; reserved keyword: Absolute"),
        ("set #c = if_not_exist(:c) set c = d", "Invalid function name; function: if_not_exist"),
        ("set a = #c set c = :d", 'The "SET" section can only be used once in an update expression;'),
        ("remove #d set a = b remove e", 'The "REMOVE" section can only be used once in an update expression;'),
        ("add #d :e set a = b add e :f", 'The "ADD" section can only be used once in an update expression;'),
        ("delete #d :e set a = b delete #e :f", 'The "DELETE" section can only be used once in an update expression;'),
        (
            "SET #c = if_not_exists(:c)",
            "An expression attribute name used in the document path is not defined; attribute name: #c",
        ),
        (
            "SET a = if_not_exists(:c)",
            "An expression attribute value used in expression is not defined; attribute value: :c",
        ),
        (
            "set d[1] = a, d.b = a, c[1].a = a, c = if_not_exists(a)",
            f"{OVERLAP}path one: [c, [1], a], path two: [c]",
        ),
        ("remove a.c set a[1] = d", f"{CONFLICT}path one: [a, c], path two: [a, [1]]"),
        ("set a = :v, a = :v", "An expression attribute value used in expression is not defined; attribute value: :v"),
        (
            "set a = if_not_exists(c)",
            "Incorrect number of operands for operator or function; operator or function: "
            "if_not_exists, number of operands: 1",
        ),
        (
            "set a = if_not_exists(if_not_exists(a, b), c)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
    ],
)
def test_faults_have_their_turn(expression: str, text: str) -> None:
    assert refused(expression) == text


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        (
            "set b = list_append(:a, a), c = if_not_exists(a) add a.b :a",
            {"S": "a"},
            f"{WRONG_SECTION}ADD, operand type: STRING",
        ),
        ("delete a.b :a", {"N": "1"}, f"{WRONG_SECTION}DELETE, operand type: NUMBER"),
        ("add a.b :a", {"L": []}, f"{WRONG_SECTION}ADD, operand type: LIST"),
        ("add a.b :a", {"NULL": True}, f"{WRONG_SECTION}ADD, operand type: NULL"),
        ("set a = list_append(:a, a)", {"S": "a"}, f"{WRONG_TYPE}list_append, operand type: S"),
        ("set a = a + :a", {"SS": ["a"]}, f"{WRONG_TYPE}+, operand type: SS"),
        ("set a = :a - b", {"M": {}}, f"{WRONG_TYPE}-, operand type: M"),
    ],
)
def test_operands_have_the_right_types(expression: str, value: dict[str, Any], text: str) -> None:
    assert refused(expression, ExpressionAttributeValues={":a": value}) == text


def test_the_size_of_an_update_expression_is_not_told() -> None:
    long = "SET " + ", ".join(f"a{at} = :v" for at in range(500))
    assert refused(long, ExpressionAttributeValues={":v": {"S": "x"}}) == (
        "Expression size has exceeded the maximum allowed size;"
    )


ITEM: dict[str, Any] = {
    "n": {"N": "10"},
    "s": {"S": "text"},
    "l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]},
    "m": {"M": {"x": {"N": "1"}, "y": {"M": {"z": {"S": "deep"}}}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
}


@pytest.mark.parametrize(
    ("expression", "values", "changes"),
    [
        ("SET n = n + :v", {"v": {"N": "2.5"}}, {"n": {"N": "12.5"}}),
        ("SET n = :v - n", {"v": {"N": "2"}}, {"n": {"N": "-8"}}),
        ("SET o = if_not_exists(o, :v)", {"v": {"N": "0"}}, {"o": {"N": "0"}}),
        ("SET n = if_not_exists(n, :v) + :v", {"v": {"N": "1"}}, {"n": {"N": "11"}}),
        ("SET l = list_append(l, :v)", {"v": {"L": [{"S": "d"}]}}, {"l": {"L": [{"S": i} for i in "abcd"]}}),
        ("SET l = list_append(:v, l)", {"v": {"L": [{"S": "0"}]}}, {"l": {"L": [{"S": i} for i in "0abc"]}}),
        (
            "SET q = list_append(if_not_exists(q, :e), :v)",
            {"e": {"L": []}, "v": {"L": [{"S": "x"}]}},
            {"q": {"L": [{"S": "x"}]}},
        ),
        ("SET l[1] = :v", {"v": {"S": "B"}}, {"l": {"L": [{"S": "a"}, {"S": "B"}, {"S": "c"}]}}),
        ("SET l[9] = :v, l[5] = :w", {"v": {"S": "z"}, "w": {"S": "y"}}, {"l": {"L": [{"S": i} for i in "abcyz"]}}),
        ("REMOVE l[0], l[2]", {}, {"l": {"L": [{"S": "b"}]}}),
        ("REMOVE l[0] SET l[1] = :v", {"v": {"S": "B"}}, {"l": {"L": [{"S": "B"}, {"S": "c"}]}}),
        ("REMOVE l[7]", {}, {}),
        ("REMOVE absent, m.gone", {}, {}),
        ("REMOVE m.y.z", {}, {"m": {"M": {"x": {"N": "1"}, "y": {"M": {}}}}}),
        ("SET m.w = :v", {"v": {"S": "new"}}, {"m": {"M": {**ITEM["m"]["M"], "w": {"S": "new"}}}}),
        (
            "SET m.y.z = s, s = m.y.z",
            {},
            {"s": {"S": "deep"}, "m": {"M": {"x": {"N": "1"}, "y": {"M": {"z": {"S": "text"}}}}}},
        ),
        ("SET a = (n + :v)", {"v": {"N": "1"}}, {"a": {"N": "11"}}),
        ("ADD n :v, fresh :v", {"v": {"N": "-3"}}, {"n": {"N": "7"}, "fresh": {"N": "-3"}}),
        ("ADD ss :v", {"v": {"SS": ["b", "c"]}}, {"ss": {"SS": ["a", "b", "c"]}}),
        ("ADD fresh :v", {"v": {"SS": ["b"]}}, {"fresh": {"SS": ["b"]}}),
        ("ADD m.x :v", {"v": {"N": "1"}}, {"m": {"M": {**ITEM["m"]["M"], "x": {"N": "2"}}}}),
        ("DELETE ns :v", {"v": {"NS": ["1"]}}, {"ns": {"NS": ["2"]}}),
        ("DELETE ns :v", {"v": {"NS": ["1", "2", "3"]}}, {"ns": None}),
        ("DELETE absent :v", {"v": {"SS": ["a"]}}, {}),
        (
            "set n = :v remove s add ss :w delete ns :x",
            {"v": {"N": "1"}, "w": {"SS": ["z"]}, "x": {"NS": ["2"]}},
            {"n": {"N": "1"}, "s": None, "ss": {"SS": ["a", "b", "z"]}, "ns": {"NS": ["1"]}},
        ),
    ],
)
def test_what_comes_of_an_item(expression: str, values: dict[str, Any], changes: dict[str, Any]) -> None:
    expected = {name: value for name, value in {**ITEM, **changes}.items() if value is not None}
    before = repr(ITEM)
    assert updated(expression, ITEM, **values) == expected
    assert repr(ITEM) == before, "the item given stays as it is"


@pytest.mark.parametrize(
    ("expression", "values", "text"),
    [
        ("SET c = absent", {}, "The provided expression refers to an attribute that does not exist in the item"),
        ("SET c = s + :v", {"v": {"N": "1"}}, "An operand in the update expression has an incorrect data type"),
        ("SET c = list_append(s, l)", {}, "An operand in the update expression has an incorrect data type"),
        ("SET a.b.c = :v", {"v": {"N": "1"}}, BAD_PATH),
        ("SET l.x = :v", {"v": {"N": "1"}}, BAD_PATH),
        ("SET m[0] = :v", {"v": {"N": "1"}}, BAD_PATH),
        ("REMOVE absent.a", {}, BAD_PATH),
        ("ADD s :v", {"v": {"N": "1"}}, "An operand in the update expression has an incorrect data type"),
        ("DELETE ss :v", {"v": {"NS": ["1"]}}, "An operand in the update expression has an incorrect data type"),
    ],
)
def test_what_an_item_does_not_allow(expression: str, values: dict[str, Any], text: str) -> None:
    with pytest.raises(Malformed) as error:
        updated(expression, ITEM, **values)
    assert error.value.text == text


@given(st.lists(st.integers(0, 9), max_size=8), st.sets(st.integers(0, 9), min_size=1, max_size=5))
def test_removing_from_a_list_agrees_with_an_oracle(elements: list[int], gone: set[int]) -> None:
    item = {"l": {"L": [{"N": str(element)} for element in elements]}}
    expression = "REMOVE " + ", ".join(f"l[{at}]" for at in gone)
    kept = [{"N": str(element)} for at, element in enumerate(elements) if at not in gone]
    assert updated(expression, item) == {"l": {"L": kept}}


@pytest.mark.parametrize(
    ("expression", "names", "text"),
    [
        ("a, a", {}, f"{OVERLAP}path one: [a], path two: [a]"),
        ("a.b, a", {}, f"{OVERLAP}path one: [a, b], path two: [a]"),
        ("#a, #b", {"#a": "a", "#b": "a"}, f"{OVERLAP}path one: [a], path two: [a]"),
        ("l, l[0]", {}, f"{OVERLAP}path one: [l], path two: [l, [0]]"),
        ("a[0], a.b", {}, f"{CONFLICT}path one: [a, [0]], path two: [a, b]"),
        ("", {}, "The expression can not be empty;"),
        ("!!!", {}, 'Syntax error; token: "!", near: "!!"'),
        ("size", {}, "Attribute name is a reserved keyword; reserved keyword: size"),
        ("#x", {}, "An expression attribute name used in the document path is not defined; attribute name: #x"),
    ],
)
def test_projections_are_refused(expression: str, names: dict[str, str], text: str) -> None:
    params: dict[str, Any] = {"ProjectionExpression": expression}
    if names:
        params["ExpressionAttributeNames"] = names
    with pytest.raises(AwsError) as error:
        read_expressions(params, BARE)
    assert error.value.message == f"Invalid ProjectionExpression: {text}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n, s", {"n": ITEM["n"], "s": ITEM["s"]}),
        ("absent", {}),
        ("l[2], l[0]", {"l": {"L": [{"S": "a"}, {"S": "c"}]}}),
        ("l[7]", {}),
        ("m.y.z", {"m": {"M": {"y": {"M": {"z": {"S": "deep"}}}}}}),
        ("m.x, m.y", {"m": ITEM["m"]}),
        ("m.gone, n", {"n": ITEM["n"]}),
        ("s.a", {}),
    ],
)
def test_projections_cut_out_a_part(expression: str, expected: dict[str, Any]) -> None:
    found = read_expressions({"ProjectionExpression": expression}, BARE)
    assert found.projection is not None
    assert project(ITEM, found.projection.tree) == expected
