"""Conditions: every error with its text and its turn, and what holds for an item."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.dynamodb.errors import BARE, ENVELOPED, OLDER
from tailrace.dynamodb.expression.request import check_mix, read_expressions
from tailrace.wire.errors import AwsError

DISTINCT = "The first operand must be distinct from the remaining operands for this operator or function; operator: "
WRONG_TYPE = "Incorrect operand type for operator or function; operator or function: "
COUNT = "Incorrect number of operands for operator or function; operator or function: "
MISUSED = "The function is not allowed to be used this way in an expression; function: "
NAME = "An expression attribute name used in the document path is not defined; attribute name: "
VALUE = "An expression attribute value used in expression is not defined; attribute value: "
PARENS = "The expression has redundant parentheses;"


def refused(expression: str, **params: Any) -> str:
    with pytest.raises(AwsError) as error:
        read_expressions({"FilterExpression": expression, **params}, OLDER)
    assert error.value.code == "ValidationException"
    prefix = "Invalid FilterExpression: "
    assert error.value.message.startswith(prefix)
    return error.value.message.removeprefix(prefix)


def holds(expression: str, item: dict[str, Any], **values: Any) -> bool:
    params: dict[str, Any] = {"ConditionExpression": expression}
    if values:
        params["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    found = read_expressions(params, ENVELOPED)
    assert found.condition is not None
    return found.condition.holds(item, found.values)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", "The expression can not be empty;"),
        ("  ", "The expression can not be empty;"),
        ("a = = b", 'Syntax error; token: "=", near: "= = b"'),
        ("attribute_not_exists(", 'Syntax error; token: "<EOF>", near: "("'),
        ("!!!", 'Syntax error; token: "!", near: "!!"'),
        ("things are not gonna be ok", 'Syntax error; token: "are", near: "things are not"'),
        ("a > 4", 'Syntax error; token: "4", near: "> 4"'),
        ("attribute_exists(Pictures-RearView)", 'Syntax error; token: "-", near: "Pictures-RearView"'),
        ('attribute_exists("Pictures.RearView")', 'Syntax error; token: """, near: "("Pictures"'),
        ("attribute_exists(Pictures..RearView)", 'Syntax error; token: ".", near: "..RearView"'),
        ("attribute_exists(asdf[a])", 'Syntax error; token: "a", near: "[a]"'),
        ("a in b, c", 'Syntax error; token: "b", near: "in b,"'),
        ("a > between", 'Syntax error; token: "between", near: "> between"'),
        ("a in (b,c,)", 'Syntax error; token: ")", near: ",)"'),
        ("(a)between(b.c.d)and((c)", 'Syntax error; token: "<EOF>", near: ")"'),
        ("#$.b > a", 'Syntax error; token: "#", near: "#$"'),
        ("size(a).b > a", 'Syntax error; token: ".", near: ").b"'),
        ("(size(a))[0] > a", 'Syntax error; token: "[", near: ")[0"'),
        ("ü > a", 'Syntax error; token: "ü", near: "ü >"'),
        ("a", 'Syntax error; token: "<EOF>", near: "a"'),
        ("a AND b", 'Syntax error; token: "AND", near: "a AND b"'),
        ("_a = b", 'Syntax error; token: "_", near: "_a"'),
        ("a = b c", 'Syntax error; token: "c", near: "b c"'),
    ],
)
def test_what_is_not_grammatical_names_its_token(expression: str, text: str) -> None:
    assert refused(expression) == text


@pytest.mark.parametrize(
    "expression",
    [
        "a=a and a > ((views))",
        "(a)between(((b.c)).d)and(c)",
        "a > whatever((:things), ((a)))",
        "a=a AND ((a=a AND a=a)) AND a=a",
        "a=a OR ((a=a OR (a=a OR a=a)))",
        "((attribute_not_exists(pk)))",
    ],
)
def test_redundant_parentheses_come_before_everything_else(expression: str) -> None:
    assert refused(expression) == PARENS


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("a=a and whatever((:things)) > a", "Invalid function name; function: whatever"),
        ("attRIbute_exIsts((views), #a)", "Invalid function name; function: attRIbute_exIsts"),
        ("a=a and attribute_exists((views), (#a)) > b", f"{MISUSED}attribute_exists"),
        ("attribute_not_exists(things) > b", f"{MISUSED}attribute_not_exists"),
        ("size(contains(a, b)) > a", f"{MISUSED}contains"),
        ("size(things)", f"{MISUSED}size"),
        ("(size(things)) AND a = b", f"{MISUSED}size"),
        ("a between b and attribute_exists(things)", f"{MISUSED}attribute_exists"),
        ("a in (b, attribute_exists(things))", f"{MISUSED}attribute_exists"),
        ("attribute_exists(views, #a)", "Attribute name is a reserved keyword; reserved keyword: views"),
        (":a < abOrT", "Attribute name is a reserved keyword; reserved keyword: abOrT"),
        ("attribute_exists(#Pictures.RearView, :a) and a=a", f"{NAME}#Pictures"),
        ("begins_with(Pictures.#RearView)", f"{NAME}#RearView"),
        ("(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", f"{NAME}#P"),
        ("#_ > a", f"{NAME}#_"),
        ("begins_with(:hello, #a, #b)", f"{VALUE}:hello"),
        (":a < :b", f"{VALUE}:a"),
        ("attribute_exists(things, a) and a=a", f"{COUNT}attribute_exists, number of operands: 2"),
        ("begins_with(things, size(a), b)", f"{COUNT}begins_with, number of operands: 3"),
        ("size(things, a) > b", f"{COUNT}size, number of operands: 2"),
        ("((a=a) OR (a=a))", f"{DISTINCT}=, first operand: [a]"),
        ("contains(ab.bc[1].a, ab.bc[1].a)", f"{DISTINCT}contains, first operand: [ab, bc, [1], a]"),
        ("attribute_type(a.b, a.b)", f"{DISTINCT}attribute_type, first operand: [a, b]"),
        ("attribute_type(a, b)", f"{WRONG_TYPE}attribute_type, operand type: {{NS,SS,L,BS,N,M,B,BOOL,NULL,S}}"),
    ],
)
def test_faults_have_their_turn(expression: str, text: str) -> None:
    assert refused(expression) == text


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("attribute_type(a, size(a)) and a=a and a=:a", {"N": "1"}, f"{WRONG_TYPE}attribute_type, operand type: N"),
        ("attribute_type(a, :a)", {"SS": ["1"]}, f"{WRONG_TYPE}attribute_type, operand type: SS"),
        (
            "attribute_type(a, :a)",
            {"S": "1"},
            "Invalid attribute type name found; type: 1, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        ("begins_with(a, size(a)) and a=:a", {"N": "1"}, f"{WRONG_TYPE}begins_with, operand type: N"),
        ("begins_with(:a, a)", {"M": {}}, f"{WRONG_TYPE}begins_with, operand type: M"),
        ("size(size(a)) > :a", {"N": "1"}, f"{WRONG_TYPE}size, operand type: N"),
        ("attribute_not_exists(size(:a))", {"N": "1"}, f"{WRONG_TYPE}size, operand type: N"),
        ("size(:a) > a", {"BOOL": True}, f"{WRONG_TYPE}size, operand type: BOOL"),
        ("a < :a", {"BOOL": True}, f"{WRONG_TYPE}<, operand type: BOOL"),
        (":a >= a", {"L": []}, f"{WRONG_TYPE}>=, operand type: L"),
        ("a BETWEEN :a AND b", {"NULL": True}, f"{WRONG_TYPE}BETWEEN, operand type: NULL"),
        (
            "attribute_exists(:a) and a=a",
            {"S": "1"},
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
    ],
)
def test_operands_have_the_right_types(expression: str, value: dict[str, Any], text: str) -> None:
    assert refused(expression, ExpressionAttributeValues={":a": value}) == text


def test_bounds_are_of_one_type_and_in_order() -> None:
    bounds = {":a": {"S": "a"}, ":b": {"S": "b"}, ":n": {"N": "1"}}
    assert refused("x BETWEEN :b AND :a", ExpressionAttributeValues=bounds) == (
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"
    )
    assert refused("x BETWEEN :n AND :a", ExpressionAttributeValues=bounds) == (
        "The BETWEEN operator requires same data type for lower and upper bounds; "
        "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"
    )


def test_aliases_are_resolved_before_operands_are_compared() -> None:
    names = {"#a": "a"}
    assert refused("a > #a", ExpressionAttributeNames=names) == f"{DISTINCT}>, first operand: [a]"


def test_units_are_checked_from_left_to_right() -> None:
    values = {":n": {"N": "1"}}
    operand = f"{WRONG_TYPE}begins_with, operand type: N"
    assert refused("a = :missing AND begins_with(b, :n)", ExpressionAttributeValues=values) == f"{VALUE}:missing"
    assert refused("begins_with(b, :n) AND a = :missing", ExpressionAttributeValues=values) == operand


def test_expressions_have_limits() -> None:
    long = "a = :v" + " AND a = :v" * 373
    values = {":v": {"S": "x"}}
    assert refused(long, ExpressionAttributeValues=values) == (
        "Expression size has exceeded the maximum allowed size; expression size: 4109"
    )
    operators = " OR ".join(["a=b"] * 151)
    assert refused(operators) == "The expression contains too many operators; operator count: 301"
    read_expressions({"FilterExpression": " OR ".join(["a=b"] * 150)}, OLDER)
    options = ", ".join(["b"] * 101)
    assert refused(f"a IN ({options})") == (
        "The IN operator is provided with too many operands; number of operands: 101"
    )
    assert "nested too deeply" in refused("(" * 1000 + "a = b" + ")" * 1000)
    assert "nested too deeply" in refused("NOT " * 1000 + "a = b")
    read_expressions({"FilterExpression": "NOT " * 140 + "a = b"}, OLDER)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"ExpressionAttributeNames": {}}, "ExpressionAttributeNames must not be empty"),
        (
            {"ExpressionAttributeNames": {"a": "a"}},
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
        ),
        ({"ExpressionAttributeValues": {}}, "ExpressionAttributeValues must not be empty"),
        (
            {"ExpressionAttributeValues": {"a": {"S": "b"}}},
            'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"',
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a", "#b": "b", "#c": "c"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b, #c}",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a"}, "ExpressionAttributeValues": {":u": {"S": "b"}}},
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}",
        ),
    ],
)
def test_placeholders_are_checked(params: dict[str, Any], text: str) -> None:
    with pytest.raises(AwsError) as error:
        read_expressions({"ConditionExpression": "attribute_exists(#a)", **params}, ENVELOPED)
    assert error.value.message == f"1 validation error detected: {text}"


def test_values_are_worded_by_the_layer() -> None:
    params = {"FilterExpression": "a = :v", "ExpressionAttributeValues": {":v": {"N": "x"}}}
    text = "The parameter cannot be converted to a numeric value: x"
    for layer, message in (
        (ENVELOPED, f"1 validation error detected: {text}"),
        (BARE, text),
        (OLDER, f"ExpressionAttributeValues contains invalid value: {text} for key :v"),
    ):
        with pytest.raises(AwsError) as error:
            read_expressions(params, layer)
        assert error.value.message == message


def test_expressions_and_legacy_parameters_do_not_mix() -> None:
    legacy, modern = ("Expected",), ("ConditionExpression",)
    with pytest.raises(AwsError) as error:
        check_mix({"ConditionExpression": "a = b", "Expected": {}}, ENVELOPED, modern, legacy)
    assert error.value.message == (
        "1 validation error detected: Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    text = "ExpressionAttributeValues can only be specified when using expressions"
    for layer, message in (
        (ENVELOPED, f"1 validation error detected: {text}"),
        (OLDER, f"{text}: ConditionExpression is null"),
    ):
        with pytest.raises(AwsError) as error:
            check_mix({"ExpressionAttributeValues": {}}, layer, modern, legacy)
        assert error.value.message == message
    with pytest.raises(AwsError, match="ExpressionAttributeNames can only be specified when using expressions"):
        check_mix({"ExpressionAttributeNames": {}}, BARE, modern, legacy)


ITEM: dict[str, Any] = {
    "s": {"S": "hello"},
    "n": {"N": "5"},
    "b": {"B": "aGVsbG8="},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": ["AA==", "AQ=="]},
    "l": {"L": [{"S": "x"}, {"N": "1"}, {"M": {"k": {"S": "deep"}}}]},
    "m": {"M": {"a": {"S": "in"}, "b": {"L": [{"N": "7"}]}}},
    "t": {"BOOL": True},
    "z": {"NULL": True},
}


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("s = :v", {"v": {"S": "hello"}}, True),
        ("n = :v", {"v": {"N": "5.0"}}, True),
        ("n = :v", {"v": {"S": "5"}}, False),
        ("n <> :v", {"v": {"S": "5"}}, True),
        ("absent = :v", {"v": {"S": "5"}}, False),
        ("absent <> :v", {"v": {"S": "5"}}, True),
        ("absent = gone", {}, False),
        ("absent <> gone", {}, True),
        ("absent < :v", {"v": {"N": "1"}}, False),
        ("NOT (absent < :v)", {"v": {"N": "1"}}, True),
        ("n < :v", {"v": {"N": "10"}}, True),
        ("n < :v", {"v": {"S": "a"}}, False),
        ("n >= :v", {"v": {"N": "5"}}, True),
        (":v < s", {"v": {"S": "hell"}}, True),
        ("b > :v", {"v": {"B": "aGVsbA=="}}, True),
        ("n BETWEEN :lo AND :hi", {"lo": {"N": "5"}, "hi": {"N": "6"}}, True),
        ("n BETWEEN :lo AND :hi", {"lo": {"N": "6"}, "hi": {"N": "7"}}, False),
        (":v BETWEEN n AND n", {"v": {"N": "5"}}, True),
        ("s IN (:a, :b)", {"a": {"S": "x"}, "b": {"S": "hello"}}, True),
        ("s IN (:a)", {"a": {"S": "x"}}, False),
        ("ss = :v", {"v": {"SS": ["b", "a"]}}, True),
        ("t = :v", {"v": {"BOOL": True}}, True),
        ("attribute_exists(m.b[0])", {}, True),
        ("attribute_exists(m.b[1])", {}, False),
        ("attribute_not_exists(s.a)", {}, True),
        ("l[2].k = :v", {"v": {"S": "deep"}}, True),
        ("attribute_type(l, :v)", {"v": {"S": "L"}}, True),
        ("attribute_type(z, :v)", {"v": {"S": "NULL"}}, True),
        ("attribute_type(absent, :v)", {"v": {"S": "L"}}, False),
        ("begins_with(s, :v)", {"v": {"S": "hell"}}, True),
        ("begins_with(b, :v)", {"v": {"B": "aGVsbA=="}}, True),
        ("begins_with(n, :v)", {"v": {"S": "5"}}, False),
        ("contains(s, :v)", {"v": {"S": "ell"}}, True),
        ("contains(ss, :v)", {"v": {"S": "a"}}, True),
        ("contains(ss, :v)", {"v": {"N": "1"}}, False),
        ("contains(ns, :v)", {"v": {"N": "1.0"}}, True),
        ("contains(bs, :v)", {"v": {"B": "AQ=="}}, True),
        ("contains(b, :v)", {"v": {"B": "bGw="}}, True),
        ("contains(l, :v)", {"v": {"M": {"k": {"S": "deep"}}}}, True),
        ("contains(l, :v)", {"v": {"S": "deep"}}, False),
        ("size(s) = :v", {"v": {"N": "5"}}, True),
        ("size(b) = :v", {"v": {"N": "5"}}, True),
        ("size(l) > size(ss)", {}, True),
        ("size(m) = :v", {"v": {"N": "2"}}, True),
        ("size(n) = :v", {"v": {"N": "1"}}, False),
        ("size(:v) = size(s)", {"v": {"S": "12345"}}, True),
        ("s = :a OR n = :b AND t = :c", {"a": {"S": "hello"}, "b": {"N": "0"}, "c": {"BOOL": False}}, True),
        ("(s = :a OR n = :b) AND t = :c", {"a": {"S": "hello"}, "b": {"N": "0"}, "c": {"BOOL": False}}, False),
        ("NOT s = :a AND n = :b", {"a": {"S": "x"}, "b": {"N": "5"}}, True),
        ("not not s = :a", {"a": {"S": "hello"}}, True),
        ("(s) = (:a)", {"a": {"S": "hello"}}, True),
        ("(m.b)[0] = :a", {"a": {"N": "7"}}, True),
    ],
)
def test_what_holds_for_an_item(expression: str, values: dict[str, Any], expected: bool) -> None:
    assert holds(expression, ITEM, **values) is expected


operands = st.one_of(
    st.text("ab", max_size=2).map(lambda text: {"S": text}),
    st.integers(-3, 3).map(lambda number: {"N": str(number)}),
    st.decimals(-3, 3, places=1, allow_nan=False).map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.none(),
)


@given(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), operands, operands)
def test_comparisons_agree_with_an_oracle(operator: str, left: Any, right: Any) -> None:
    from tailrace.dynamodb.value import admit

    item = admit({name: value for name, value in (("x", left), ("y", right)) if value is not None})[0]

    def oracle() -> bool:
        if left is None or right is None or left.keys() != right.keys():
            return operator == "<>"
        ((kind, mine),), ((_, theirs),) = left.items(), right.items()
        if kind == "N":
            mine, theirs = Decimal(mine), Decimal(theirs)
        if kind == "BOOL" and operator not in ("=", "<>"):
            return False
        return {
            "=": mine == theirs,
            "<>": mine != theirs,
            "<": mine < theirs,
            "<=": mine <= theirs,
            ">": mine > theirs,
            ">=": mine >= theirs,
        }[operator]

    assert holds(f"x {operator} y", item) is oracle()


atoms = st.sampled_from([("p = :one", "p"), ("q = :one", "q"), ("r = :one", "r")])
trees = st.recursive(
    atoms.map(lambda atom: ("atom", *atom)),
    lambda inner: st.one_of(
        inner.map(lambda tree: ("not", tree)),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=12,
)


@given(trees, st.sets(st.sampled_from("pqr")))
def test_logic_agrees_with_an_oracle(tree: Any, present: set[str]) -> None:
    item = {name: {"N": "1"} for name in present}

    def written(node: Any) -> str:
        if node[0] == "atom":
            return str(node[1])
        if node[0] == "not":
            return f"NOT ({written(node[1])})"
        return f"({written(node[1])}) {node[0].upper()} ({written(node[2])})"

    def truth(node: Any) -> bool:
        if node[0] == "atom":
            return node[2] in present
        if node[0] == "not":
            return not truth(node[1])
        return (all if node[0] == "and" else any)((truth(node[1]), truth(node[2])))

    assert holds(written(tree), item, one={"N": "1"}) is truth(tree)
