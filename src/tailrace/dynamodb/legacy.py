"""The parameters that expressions replaced, turned into what expressions come to: one evaluation serves both.

Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter, AttributesToGet, ConditionalOperator.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tailrace.dynamodb import compare
from tailrace.dynamodb.errors import INVALID, Layer, Malformed
from tailrace.dynamodb.expression.check import Values
from tailrace.dynamodb.expression.keycondition import Clause
from tailrace.dynamodb.expression.node import ActionNode, Path, PathNode, ValueNode
from tailrace.dynamodb.expression.projection import tree_of
from tailrace.dynamodb.expression.request import BoundCondition, BoundProjection, Expressions
from tailrace.dynamodb.expression.update import BoundUpdate
from tailrace.dynamodb.value import Item, Value, admit_value, equal, type_of

LEGACY_WRITES = {
    "Put": ("Expected", "ConditionalOperator"),
    "Update": ("AttributeUpdates", "Expected", "ConditionalOperator"),
    "Delete": ("Expected", "ConditionalOperator"),
    "ConditionCheck": (),
}

Test = Callable[[Value | None, Sequence[Value]], bool]

_COUNTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}  # arguments of an operator, 1 unless it is here; IN has any number
_SETS = ("SS", "NS", "BS")
_ARGUMENT_TYPES = {
    "EQ": ("S", "N", "B", *_SETS, "L", "M", "BOOL", "NULL"),
    "NE": ("S", "N", "B", *_SETS, "L", "M", "BOOL", "NULL"),
    "BEGINS_WITH": ("S", "B"),
}
_KEY_OPERATORS = {
    "EQ": "=",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "BETWEEN": "BETWEEN",
    "BEGINS_WITH": "begins_with",
}
_ADDABLE = ("N", *_SETS, "L")


def read_legacy_write(params: Mapping[str, Any], layer: Layer) -> Expressions:
    """Answer Expected and AttributeUpdates as expressions. Raises AwsError."""
    found = Expressions(is_legacy=True)
    try:
        updates = params.get("AttributeUpdates")
        if updates is not None:
            found.update, found.values = _update(updates)
        expected = params.get("Expected") or {}
        _check_operator(params, len(expected))
        if expected:
            tests = [(name, *_expectation(name, condition)) for name, condition in expected.items()]
            found.condition = _condition(tests, params.get("ConditionalOperator"))
    except Malformed as fault:
        raise layer.error(fault) from None
    return found


def read_filter(conditions: Mapping[str, Any], params: Mapping[str, Any], layer: Layer) -> BoundCondition | None:
    """Answer QueryFilter or ScanFilter as a condition. Raises AwsError."""
    try:
        _check_operator(params, len(conditions))
        tests = []
        for name, condition in conditions.items():
            operator, arguments = _condition_arguments(condition)
            tests.append((name, _TESTS[operator], arguments))
    except Malformed as fault:
        raise layer.error(fault) from None
    return _condition(tests, params.get("ConditionalOperator")) if tests else None


def read_key_conditions(conditions: Mapping[str, Any], layer: Layer) -> list[Clause]:
    """Answer KeyConditions as clauses. Raises AwsError."""
    clauses = []
    try:
        for name, condition in conditions.items():
            operator, arguments = _condition_arguments(condition)
            if operator not in _KEY_OPERATORS:
                raise Malformed("Attempted conditional constraint is not an indexable operation")
            clauses.append(Clause(name, _KEY_OPERATORS[operator], tuple(arguments)))
    except Malformed as fault:
        raise layer.error(fault) from None
    return clauses


def read_attributes_to_get(names: Sequence[str], layer: Layer) -> BoundProjection:
    """Answer AttributesToGet as a projection. Raises AwsError."""
    for at, name in enumerate(names):
        if name in names[:at]:
            raise layer.error(Malformed(f"{INVALID}Duplicate value in attribute name: {name}"))
    paths: tuple[Path, ...] = tuple((name,) for name in names)
    return BoundProjection(paths, tree_of(list(paths)))


def _condition(tests: Sequence[tuple[str, Test, Sequence[Value]]], operator: str | None) -> BoundCondition:
    join = any if operator == "OR" else all

    def holds(item: Item, values: Values) -> bool:
        return join(test(item.get(name), arguments) for name, test, arguments in tests)

    return BoundCondition(None, (), holds, frozenset((name,) for name, _, _ in tests))


def _check_operator(params: Mapping[str, Any], conditions: int) -> None:
    if params.get("ConditionalOperator") is None or conditions > 1:
        return
    if not conditions:
        raise Malformed("ConditionalOperator cannot be used without Filter or Expected")
    raise Malformed("ConditionalOperator can only be used when Filter or Expected has two or more elements")


def _expectation(name: str, condition: Mapping[str, Any]) -> tuple[Test, list[Value]]:
    """Answer one entry of Expected as a test with its arguments. Raises Malformed."""
    operator, exists = condition.get("ComparisonOperator"), condition.get("Exists")
    value, listed = condition.get("Value"), condition.get("AttributeValueList")
    if value is not None and listed is not None:
        raise _bad(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is not None:
        if exists is not None:
            raise _bad(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
        if operator not in ("NULL", "NOT_NULL") and value is None and listed is None:
            raise _bad(
                f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
            )
        given = listed if listed is not None else [] if value is None else [value]
        return _TESTS[operator], _arguments(operator, given)
    if listed is not None:
        raise _bad(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise _bad(f"Value cannot be used when Exists is false for Attribute: {name}")
        return _TESTS["NULL"], []
    if value is None:
        shown = "null" if exists is None else "true"
        raise _bad(f"Value must be provided when Exists is {shown} for Attribute: {name}")
    return _TESTS["EQ"], _arguments("EQ", [value])


def _condition_arguments(condition: Mapping[str, Any]) -> tuple[str, list[Value]]:
    operator: str = condition["ComparisonOperator"]
    return operator, _arguments(operator, condition.get("AttributeValueList") or [])


def _arguments(operator: str, given: Sequence[Any]) -> list[Value]:
    """Answer the arguments of an operator, normalised. Raises Malformed."""
    arguments = [admit_value(value)[0] for value in given]
    counts = len(arguments) > 0 if operator == "IN" else len(arguments) == _COUNTS.get(operator, 1)
    if not counts:
        raise _bad(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [type_of(argument) for argument in arguments]
    if len(set(kinds)) > 1:
        raise _bad("AttributeValues inside AttributeValueList must be of same type")
    for kind in kinds:
        if kind not in _ARGUMENT_TYPES.get(operator, ("S", "N", "B")):
            raise _bad(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and compare.less(arguments[1], arguments[0]):
        raise Malformed(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )
    return arguments


def _update(updates: Mapping[str, Any]) -> tuple[BoundUpdate, Values]:
    values: dict[str, Value] = {}
    actions = list(_actions(updates, values))
    return BoundUpdate(tuple(((name,), action) for name, action in actions), (), None, ()), values


def _actions(updates: Mapping[str, Any], values: dict[str, Value]) -> Iterator[tuple[str, ActionNode]]:
    for name, update in updates.items():
        action, value = update.get("Action", "PUT"), update.get("Value")
        path = PathNode((name,))
        if value is None:
            if action != "DELETE":
                raise _bad("Only DELETE action is allowed when no attribute value is specified")
            yield name, ActionNode("REMOVE", path, None)
            continue
        value = admit_value(value)[0]
        kind = type_of(value)
        if action == "DELETE" and kind not in _SETS:
            raise _bad(f"DELETE action with value is not supported for the type {kind}")
        if action == "ADD" and kind not in _ADDABLE:
            raise _bad(f"ADD action is not supported for the type {kind}")
        placeholder = f":{len(values)}"
        values[placeholder] = value
        yield name, ActionNode("SET" if action == "PUT" else action, path, ValueNode(placeholder))


def _bad(text: str) -> Malformed:
    return Malformed(INVALID + text)


def _present(test: Callable[[Value, Value], bool]) -> Test:
    """Answer a test of one argument that fails where there is no value."""
    return lambda value, arguments: value is not None and test(value, arguments[0])


def _between(value: Value | None, arguments: Sequence[Value]) -> bool:
    low, high = arguments
    return value is not None and compare.not_greater(low, value) and compare.not_greater(value, high)


_TESTS: dict[str, Test] = {
    "EQ": _present(equal),
    "NE": lambda value, arguments: value is None or not equal(value, arguments[0]),
    "LT": _present(compare.less),
    "LE": _present(compare.not_greater),
    "GT": _present(lambda value, other: compare.less(other, value)),
    "GE": _present(lambda value, other: compare.not_greater(other, value)),
    "NULL": lambda value, arguments: value is None,
    "NOT_NULL": lambda value, arguments: value is not None,
    "CONTAINS": _present(compare.contains),
    "NOT_CONTAINS": lambda value, arguments: value is None or not compare.contains(value, arguments[0]),
    "BEGINS_WITH": _present(compare.begins),
    "IN": lambda value, arguments: value is not None and any(equal(value, option) for option in arguments),
    "BETWEEN": _between,
}
