"""What a KeyConditionExpression asks of the key, clause by clause as written; whether the key allows it is Query's."""

from collections.abc import Iterator
from dataclasses import dataclass

from tailrace.dynamodb.errors import validation
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
    PathNode,
    ValueNode,
)
from tailrace.dynamodb.expression.path import Names, resolve
from tailrace.dynamodb.value import Value
from tailrace.wire.errors import AwsError

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one attribute of a key: ``=``, ``<`` …, ``BETWEEN`` or ``begins_with``, and its values."""

    attribute: str
    operator: str
    values: tuple[Value, ...]


def read_clauses(root: Condition, names: Names, values: Values) -> list[Clause]:
    """Answer the clauses of a checked condition. Raises AwsError for what no key condition may be."""
    clauses: list[Clause] = []
    for node in _flattened(root):
        clause = _clause(node, names, values)
        if any(clause.attribute == earlier.attribute for earlier in clauses):
            raise _invalid("KeyConditionExpressions must only contain one condition per key")
        clauses.append(clause)
    return clauses


def _flattened(node: Condition) -> Iterator[ComparisonNode | BetweenNode | FunctionNode]:
    if isinstance(node, LogicalNode):
        if node.operator == "OR":
            raise _bad_operator("OR")
        for condition in node.conditions:
            yield from _flattened(condition)
    elif isinstance(node, NotNode):
        raise _bad_operator("NOT")
    elif isinstance(node, InNode):
        raise _bad_operator("IN")
    elif isinstance(node, ComparisonNode) and node.operator == "<>":
        raise _bad_operator("<>")
    elif isinstance(node, FunctionNode) and node.name != "begins_with":
        raise _bad_operator(node.name)
    else:
        yield node


def _clause(node: ComparisonNode | BetweenNode | FunctionNode, names: Names, values: Values) -> Clause:
    operands = node.arguments if isinstance(node, FunctionNode) else node.operands
    operator = _operator_of(node)
    if not isinstance(node, ComparisonNode) and not isinstance(operands[0], PathNode):
        raise _bad_condition(f"{operator} operator must have the key attribute as its first operand")
    at = _key_operand(operands)
    path = operands[at]
    assert isinstance(path, PathNode)
    literals = [operand for operand in operands if isinstance(operand, ValueNode)]
    if at == 1:
        operator = _MIRRORED[operator]
    attribute = resolve(path.parts, names)[0]
    return Clause(str(attribute), operator, tuple(values[literal.name] for literal in literals))


def _key_operand(operands: tuple[Operand, ...]) -> int:
    """Answer where the one attribute stands among the operands. Raises AwsError."""
    found = None
    for at, operand in enumerate(operands):
        if isinstance(operand, FunctionNode):
            raise _invalid("KeyConditionExpressions cannot contain nested operations")
        if isinstance(operand, PathNode):
            if found is not None:
                raise _bad_condition("Multiple attribute names used in one condition")
            if len(operand.parts) > 1:
                raise _invalid("KeyConditionExpressions cannot have conditions on nested attributes")
            found = at
    if found is None:
        raise _bad_condition("No key attribute specified")
    return found


def _operator_of(node: ComparisonNode | BetweenNode | FunctionNode) -> str:
    if isinstance(node, ComparisonNode):
        return node.operator
    return "BETWEEN" if isinstance(node, BetweenNode) else node.name


def _invalid(text: str) -> AwsError:
    return validation(f"Invalid KeyConditionExpression: {text}")


def _bad_operator(operator: str) -> AwsError:
    return validation(f"Invalid operator used in KeyConditionExpression: {operator}")


def _bad_condition(text: str) -> AwsError:
    return validation(f"Invalid condition in KeyConditionExpression: {text}")
