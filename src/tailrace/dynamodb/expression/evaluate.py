"""A condition compiled to closures: (item, values) -> whether it holds.

A comparison with something missing is false, but <> is true; types that differ never compare (Alternator's tests).
"""

from collections.abc import Callable

from tailrace.dynamodb import compare
from tailrace.dynamodb.expression.check import Values
from tailrace.dynamodb.expression.node import (
    BetweenNode,
    ComparisonNode,
    Condition,
    FunctionNode,
    InNode,
    LogicalNode,
    NotNode,
    Operand,
    Path,
    PathNode,
    ValueNode,
)
from tailrace.dynamodb.expression.path import Names, resolve
from tailrace.dynamodb.value import Item, Value, equal

Holds = Callable[[Item, Values], bool]
Evaluate = Callable[[Item, Values], Value | None]
Test = Callable[[Value | None, Value | None], bool]


def compile_condition(node: Condition, names: Names) -> Holds:
    """Compile a condition under a request's names; its units have been checked."""
    if isinstance(node, LogicalNode):
        return _logical(node, names)
    if isinstance(node, NotNode):
        inner = compile_condition(node.condition, names)
        return lambda item, values: not inner(item, values)
    if isinstance(node, ComparisonNode):
        return _binary(_COMPARISONS[node.operator], node.operands, names)
    if isinstance(node, BetweenNode):
        return _between(node, names)
    if isinstance(node, InNode):
        return _in(node, names)
    if len(node.arguments) == 1:
        return _existence(node, names)
    return _binary(_FUNCTIONS[node.name], node.arguments, names)


def compile_operand(node: Operand, names: Names) -> Evaluate:
    """Compile a path, a value or size()."""
    if isinstance(node, ValueNode):
        placeholder = node.name
        return lambda item, values: values[placeholder]
    if isinstance(node, PathNode):
        return _path(resolve(node.parts, names))
    inner = compile_operand(node.arguments[0], names)

    def measured(item: Item, values: Values) -> Value | None:
        value = inner(item, values)
        size = None if value is None else compare.size(value)
        return None if size is None else {"N": str(size)}

    return measured


def value_at(item: Item, path: Path) -> Value | None:
    """Answer what a path leads to in an item, or None."""
    value = item.get(path[0])  # type: ignore[arg-type]
    for part in path[1:]:
        if value is None:
            return None
        if isinstance(part, int):
            elements = value.get("L")
            value = elements[part] if elements is not None and part < len(elements) else None
        else:
            members = value.get("M")
            value = None if members is None else members.get(part)
    return value


def _path(path: Path) -> Evaluate:
    if len(path) == 1:
        name = str(path[0])
        return lambda item, values: item.get(name)
    return lambda item, values: value_at(item, path)


def _logical(node: LogicalNode, names: Names) -> Holds:
    parts = [compile_condition(condition, names) for condition in node.conditions]
    if node.operator == "AND":
        return lambda item, values: all(part(item, values) for part in parts)
    return lambda item, values: any(part(item, values) for part in parts)


def _binary(test: Test, operands: tuple[Operand, ...], names: Names) -> Holds:
    left, right = (compile_operand(operand, names) for operand in operands)
    return lambda item, values: test(left(item, values), right(item, values))


def _between(node: BetweenNode, names: Names) -> Holds:
    middle, low, high = (compile_operand(operand, names) for operand in node.operands)

    def holds(item: Item, values: Values) -> bool:
        value = middle(item, values)
        return _not_greater(low(item, values), value) and _not_greater(value, high(item, values))

    return holds


def _in(node: InNode, names: Names) -> Holds:
    wanted, *options = (compile_operand(operand, names) for operand in node.operands)

    def holds(item: Item, values: Values) -> bool:
        value = wanted(item, values)
        return any(_equal(value, option(item, values)) for option in options)

    return holds


def _existence(node: FunctionNode, names: Names) -> Holds:
    operand = compile_operand(node.arguments[0], names)
    if node.name == "attribute_exists":
        return lambda item, values: operand(item, values) is not None
    return lambda item, values: operand(item, values) is None


def _equal(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and equal(left, right)


def _less(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and compare.less(left, right)


def _not_greater(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and compare.not_greater(left, right)


_COMPARISONS: dict[str, Test] = {
    "=": _equal,
    "<>": lambda left, right: not _equal(left, right),
    "<": _less,
    "<=": _not_greater,
    ">": lambda left, right: _less(right, left),
    ">=": lambda left, right: _not_greater(right, left),
}

_FUNCTIONS: dict[str, Test] = {
    "begins_with": lambda left, right: left is not None and right is not None and compare.begins(left, right),
    "contains": lambda left, right: left is not None and right is not None and compare.contains(left, right),
    "attribute_type": lambda left, right: left is not None and right is not None and right["S"] in left,
}
