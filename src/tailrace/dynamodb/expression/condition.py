"""The grammar of conditions: ConditionExpression, FilterExpression and KeyConditionExpression alike.

It answers the tree, its units in the order they stand, and the fault of the whole that needs neither names nor values.
"""

from dataclasses import dataclass

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
    Unit,
    ValueNode,
)
from tailrace.dynamodb.expression.path import PathReader
from tailrace.dynamodb.expression.token import Cursor

COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
FUNCTIONS = {  # name -> number of operands
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
_OPERATORS_MAX = 300
_OPERANDS = (PathNode, ValueNode, FunctionNode)
_FAULT_ORDER = ("operators", "parens", "unknown", "misused", "reserved")


@dataclass(frozen=True, slots=True)
class ParsedCondition:
    """A grammatical condition: its root, its units in the order they stand, and the first fault of the whole."""

    root: Condition
    units: tuple[Unit, ...]
    fault: str | None


def parse_condition(text: str) -> ParsedCondition:
    """Parse a condition. Raises Malformed for what is not grammatical."""
    return ConditionParser(text).parse()


class ConditionParser(PathReader):
    """Recursive descent; a parenthesis may hold a condition or an operand, which shows only when it is closed."""

    keywords = ("AND", "OR", "NOT", "BETWEEN", "IN")

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self._faults: dict[str, str] = {}
        self._units: list[Unit] = []
        self._closed_by: dict[int, int] = {}  # token of an opening parenthesis -> of its closing one
        self._operators = 0

    def parse(self) -> ParsedCondition:
        """Answer the whole expression. Raises Malformed."""
        root = self._condition(self._either())
        if self.cursor.next.kind != "end":
            raise self.cursor.unexpected()
        if self.reserved_fault is not None:
            self._faults["reserved"] = self.reserved_fault
        if self._operators > _OPERATORS_MAX:
            self._faults["operators"] = f"The expression contains too many operators; operator count: {self._operators}"
        fault = next((self._faults[kind] for kind in _FAULT_ORDER if kind in self._faults), None)
        return ParsedCondition(root, tuple(self._units), fault)

    def _either(self) -> Operand | Condition:
        first = self._both()
        if not self.cursor.is_keyword("OR"):
            return first
        conditions = [self._condition(first)]
        while self._operator("OR"):
            conditions.append(self._condition(self._both()))
        return LogicalNode("OR", tuple(conditions))

    def _both(self) -> Operand | Condition:
        first = self._negated()
        if not self.cursor.is_keyword("AND"):
            return first
        conditions = [self._condition(first)]
        while self._operator("AND"):
            conditions.append(self._condition(self._negated()))
        return LogicalNode("AND", tuple(conditions))

    def _negated(self) -> Operand | Condition:
        if not self._operator("NOT"):
            return self._term()
        self.cursor.descend()
        node = NotNode(self._condition(self._negated()))
        self.cursor.ascend()
        return node

    def _operator(self, word: str) -> bool:
        if not self.cursor.is_keyword(word):
            return False
        self.cursor.take()
        self._operators += 1
        return True

    def _condition(self, node: Operand | Condition) -> Condition:
        """Answer a node where a condition must stand."""
        if isinstance(node, PathNode | ValueNode):
            raise self.cursor.unexpected()
        if isinstance(node, FunctionNode):
            if node.name == "size":
                self._misused(node)
            self._units.append(node)
        return node

    def _term(self) -> Operand | Condition:
        if not self.cursor.is_sign("("):
            return self._comparison(self._operand())
        opening = self._open()
        inner = self._either()
        self._close(opening)
        if not isinstance(inner, _OPERANDS):
            return inner
        if isinstance(inner, PathNode):
            inner = self.path_tail(list(inner.parts))
        return self._comparison(inner)

    def _comparison(self, left: Operand) -> Operand | Condition:
        cursor = self.cursor
        unit: ComparisonNode | BetweenNode | InNode
        if cursor.next.kind == "sign" and cursor.next.text in COMPARATORS:
            self._operators += 1
            unit = ComparisonNode(cursor.take().text, (left, self._operand()))
        elif self._operator("BETWEEN"):
            low = self._operand()
            if not cursor.is_keyword("AND"):
                raise cursor.unexpected()
            cursor.take()
            unit = BetweenNode((left, low, self._operand()))
        elif self._operator("IN"):
            cursor.expect_sign("(")
            unit = InNode((left, *self._arguments()))
        else:
            return left
        for operand in unit.operands:
            self._check_nested(operand)
        self._units.append(unit)
        return unit

    def _operand(self) -> Operand:
        cursor = self.cursor
        if cursor.is_sign("("):
            opening = self._open()
            inner = self._operand()
            self._close(opening)
            return self.path_tail(list(inner.parts)) if isinstance(inner, PathNode) else inner
        if cursor.next.kind == "value":
            return ValueNode(cursor.take().text)
        following = cursor.tokens[min(cursor.at + 1, len(cursor.tokens) - 1)]
        if cursor.next.kind == "name" and following.text == "(" and not cursor.is_keyword(*self.keywords):
            return self._function()
        return self.path()

    def _function(self) -> FunctionNode:
        name = self.cursor.take().text
        if name not in FUNCTIONS:
            self._faults.setdefault("unknown", f"Invalid function name; function: {name}")
        self.cursor.descend()
        self.cursor.take()
        arguments = self._arguments()
        self.cursor.ascend()
        for argument in arguments:
            self._check_nested(argument)
        return FunctionNode(name, arguments)

    def _arguments(self) -> tuple[Operand, ...]:
        arguments = [self._operand()]
        while self.cursor.take_sign(","):
            arguments.append(self._operand())
        self.cursor.expect_sign(")")
        return tuple(arguments)

    def _open(self) -> int:
        self.cursor.descend()
        self.cursor.take()
        return self.cursor.at - 1

    def _close(self, opening: int) -> None:
        self.cursor.expect_sign(")")
        self.cursor.ascend()
        closing = self.cursor.at - 1
        self._closed_by[opening] = closing
        if self._closed_by.get(opening + 1) == closing - 1:
            self._faults.setdefault("parens", "The expression has redundant parentheses;")

    def _check_nested(self, operand: Operand) -> None:
        if isinstance(operand, FunctionNode) and operand.name != "size":
            self._misused(operand)

    def _misused(self, function: FunctionNode) -> None:
        self._faults.setdefault(
            "misused",
            f"The function is not allowed to be used this way in an expression; function: {function.name}",
        )
