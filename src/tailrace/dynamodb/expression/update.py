"""The grammar of update expressions, and what is wrong with one before it meets an item, in DynamoDB's order.

Reserved words, unknown functions, repeated sections, undefined names, undefined values, overlapping and conflicting
paths, then types of operands (dynalite updateParser; conformance suite).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tailrace.dynamodb.errors import Malformed
from tailrace.dynamodb.expression.check import Values
from tailrace.dynamodb.expression.node import (
    ActionNode,
    ArithmeticNode,
    FunctionNode,
    Operand,
    Path,
    PathNode,
    ValueNode,
)
from tailrace.dynamodb.expression.path import Names, PathReader, aliases, first_clash, undefined_name, undefined_value
from tailrace.dynamodb.expression.path import resolve as resolve_path
from tailrace.dynamodb.expression.token import Cursor
from tailrace.dynamodb.value import type_of

Expression = Operand | ArithmeticNode

_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_FUNCTIONS = ("if_not_exists", "list_append")
_LONG_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP"}
_ADDABLE = ("N", "SS", "NS", "BS")
_DELETABLE = ("SS", "NS", "BS")
_OPERATORS_MAX = 300


@dataclass(frozen=True, slots=True)
class ParsedUpdate:
    """A grammatical update expression, its actions as they stand, and the first fault of the whole, if any."""

    actions: tuple[ActionNode, ...]
    fault: str | None


class UpdateParser(PathReader):
    """``SET path = value … REMOVE path … ADD path :v … DELETE path :v …``, sections in any order."""

    keywords = _SECTIONS

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self._unknown: str | None = None
        self._operators = 0

    def parse(self) -> ParsedUpdate:
        """Answer the whole expression. Raises Malformed."""
        sections: list[str] = []
        actions: list[ActionNode] = []
        while self.cursor.is_keyword(*_SECTIONS):
            section = self.cursor.take().text.upper()
            sections.append(section)
            actions.append(self._action(section))
            while self.cursor.take_sign(","):
                actions.append(self._action(section))
        if self.cursor.next.kind != "end":
            raise self.cursor.unexpected()
        return ParsedUpdate(tuple(actions), self._fault(sections))

    def _fault(self, sections: list[str]) -> str | None:
        if self._operators > _OPERATORS_MAX:
            return f"The expression contains too many operators; operator count: {self._operators}"
        if self.reserved_fault is not None or self._unknown is not None:
            return self.reserved_fault or self._unknown
        for at, section in enumerate(sections):
            if section in sections[:at]:
                return f'The "{section}" section can only be used once in an update expression;'
        return None

    def _action(self, section: str) -> ActionNode:
        path = self.path()
        if section == "REMOVE":
            return ActionNode(section, path, None)
        if section == "SET":
            self.cursor.expect_sign("=")
            return ActionNode(section, path, self._value())
        if self.cursor.next.kind != "value":
            raise self.cursor.unexpected()
        return ActionNode(section, path, ValueNode(self.cursor.take().text))

    def _value(self) -> Expression:
        """Read what follows ``=``: an operand or a sum, which may stand in one pair of parentheses."""
        left: Expression
        if self.cursor.take_sign("("):
            self.cursor.descend()
            left = self._sum(self._operand())
            self.cursor.expect_sign(")")
            self.cursor.ascend()
            return left if isinstance(left, ArithmeticNode) else self._sum(left)
        return self._sum(self._operand())

    def _sum(self, left: Operand) -> Expression:
        if not (self.cursor.is_sign("+") or self.cursor.is_sign("-")):
            return left
        self._operators += 1
        return ArithmeticNode(self.cursor.take().text, (left, self._operand()))

    def _operand(self) -> Operand:
        cursor = self.cursor
        if cursor.take_sign("("):
            cursor.descend()
            inner = self._operand()
            cursor.expect_sign(")")
            cursor.ascend()
            return inner
        if cursor.next.kind == "value":
            return ValueNode(cursor.take().text)
        following = cursor.tokens[min(cursor.at + 1, len(cursor.tokens) - 1)]
        if cursor.next.kind == "name" and following.text == "(" and not cursor.is_keyword(*_SECTIONS):
            return self._function()
        return self.path()

    def _function(self) -> FunctionNode:
        cursor = self.cursor
        name = cursor.take().text
        if name not in _FUNCTIONS and self._unknown is None:
            self._unknown = f"Invalid function name; function: {name}"
        cursor.descend()
        cursor.take()
        arguments = [self._operand()]
        while cursor.take_sign(","):
            arguments.append(self._operand())
        cursor.expect_sign(")")
        cursor.ascend()
        return FunctionNode(name, tuple(arguments))


@dataclass(frozen=True, slots=True)
class BoundUpdate:
    """An update expression bound to names: its resolved paths, the values it needs, and its type rules in order."""

    actions: tuple[tuple[Path, ActionNode], ...]
    needs: tuple[str, ...]
    clash: str | None
    rules: tuple[Callable[[Values], str | None], ...]

    def check(self, values: Values) -> None:
        """Check it against the values of a request. Raises Malformed."""
        for placeholder in self.needs:
            if placeholder not in values:
                raise Malformed(undefined_value(placeholder))
        if self.clash is not None:
            raise Malformed(self.clash)
        for rule in self.rules:
            fault = rule(values)
            if fault is not None:
                raise Malformed(fault)


def bind_update(parsed: ParsedUpdate, names: Names) -> BoundUpdate:
    """Bind an update expression to a request's names. Raises Malformed for its faults that need no values."""
    if parsed.fault is not None:
        raise Malformed(parsed.fault)
    operands = [operand for action in parsed.actions for operand in _operands(action)]
    for operand in operands:
        for alias in aliases(operand.parts) if isinstance(operand, PathNode) else ():
            if alias not in names:
                raise Malformed(undefined_name(alias))
    actions = tuple((resolve_path(action.path.parts, names), action) for action in parsed.actions)
    clash = first_clash(path for path, _ in actions)
    needs = tuple(operand.name for operand in operands if isinstance(operand, ValueNode))
    return BoundUpdate(actions, needs, clash and clash[1], tuple(_rules(parsed.actions)))


def _operands(node: ActionNode | Expression) -> Iterator[Operand]:
    """Answer every path, value and function in an action, in the order they stand."""
    if isinstance(node, ActionNode):
        yield node.path
        if node.operand is not None:
            yield from _operands(node.operand)
        return
    if isinstance(node, ArithmeticNode | FunctionNode):
        for operand in node.operands if isinstance(node, ArithmeticNode) else node.arguments:
            yield from _operands(operand)
    if not isinstance(node, ArithmeticNode):
        yield node


def _rules(actions: tuple[ActionNode, ...]) -> Iterator[Callable[[Values], str | None]]:
    # Operands of ADD and DELETE are judged before those of functions, whatever their order in the expression.
    for action in actions:
        if action.section in ("ADD", "DELETE") and isinstance(action.operand, ValueNode):
            yield _section_rule(action.section, action.operand.name)
    for action in actions:
        if action.section == "SET" and action.operand is not None:
            yield from _operand_rules(action.operand)


def _section_rule(section: str, placeholder: str) -> Callable[[Values], str | None]:
    allowed = _ADDABLE if section == "ADD" else _DELETABLE

    def rule(values: Values) -> str | None:
        kind = type_of(values[placeholder])
        if kind in allowed:
            return None
        return (
            "Incorrect operand type for operator or function; "
            f"operator: {section}, operand type: {_LONG_NAMES.get(kind, kind)}"
        )

    return rule


def _operand_rules(node: Expression) -> Iterator[Callable[[Values], str | None]]:
    if isinstance(node, ArithmeticNode):
        for operand in node.operands:
            yield from _operand_rules(operand)
        for operand in node.operands:
            yield _literal_rule(node.operator, operand, "N")
    elif isinstance(node, FunctionNode):
        for argument in node.arguments:
            yield from _operand_rules(argument)
        fault = _function_fault(node)
        if fault is not None:
            yield lambda values: fault
        elif node.name == "list_append":
            for argument in node.arguments:
                yield _literal_rule(node.name, argument, "L")


def _function_fault(node: FunctionNode) -> str | None:
    if len(node.arguments) != 2:
        return (
            "Incorrect number of operands for operator or function; "
            f"operator or function: {node.name}, number of operands: {len(node.arguments)}"
        )
    if node.name == "if_not_exists" and not isinstance(node.arguments[0], PathNode):
        return f"Operator or function requires a document path; operator or function: {node.name}"
    return None


def _literal_rule(operator: str, operand: Operand, wanted: str) -> Callable[[Values], str | None]:
    def rule(values: Values) -> str | None:
        if not isinstance(operand, ValueNode) or wanted in values[operand.name]:
            return None
        return (
            "Incorrect operand type for operator or function; "
            f"operator or function: {operator}, operand type: {type_of(values[operand.name])}"
        )

    return rule
