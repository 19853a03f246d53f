"""The tree of an expression. ``at`` is the position that Athena's messages name for the node.

Nodes compare by identity, so that an analysis can keep what it learned of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from tailrace.athena.syntax.token import Position

if TYPE_CHECKING:
    from tailrace.athena.syntax.query_tree import OrderItem, Query, Window


class Node(msgspec.Struct, frozen=True, eq=False):
    """Anything in the tree."""

    at: Position


class Expression(Node, frozen=True, eq=False):
    """Anything that has a value."""


class Name(msgspec.Struct, frozen=True, eq=False):
    """An identifier as written; it is compared in lower case."""

    text: str
    at: Position
    quoted: bool = False

    @property
    def lower(self) -> str:
        """The name as it is compared."""
        return self.text.lower()


class TypeName(msgspec.Struct, frozen=True, eq=False):
    """A type as written: its base in lower case and its parameters."""

    base: str
    parameters: tuple[int | TypeName | tuple[str | None, TypeName], ...]
    at: Position


class Constant(Expression, frozen=True, eq=False):
    """A literal: its kind and its text without quotes."""

    kind: Literal["null", "boolean", "integer", "decimal", "double", "string", "binary"]
    text: str


class TypedConstant(Expression, frozen=True, eq=False):
    """A literal with its type before it: DATE '2026-01-02'."""

    type: TypeName
    text: str


class IntervalConstant(Expression, frozen=True, eq=False):
    """INTERVAL '1' DAY."""

    negative: bool
    text: str
    start: str
    end: str | None


class Parameter(Expression, frozen=True, eq=False):
    """A question mark; ``index`` counts from 0."""

    index: int


class Column(Expression, frozen=True, eq=False):
    """A bare identifier."""

    name: Name


class Dereference(Expression, frozen=True, eq=False):
    """base.field: a column of a table, or a field of a row."""

    base: Expression
    field: Name


class Subscript(Expression, frozen=True, eq=False):
    """base[index]."""

    base: Expression
    index: Expression


class Unary(Expression, frozen=True, eq=False):
    """A sign or NOT."""

    operator: str
    operand: Expression


class Binary(Expression, frozen=True, eq=False):
    """Arithmetic, a comparison, ``||`` or IS [NOT] DISTINCT FROM; ``at`` is where its operator stands."""

    operator: str
    left: Expression
    right: Expression


class Logical(Expression, frozen=True, eq=False):
    """AND or OR over two or more terms."""

    operator: Literal["AND", "OR"]
    terms: tuple[Expression, ...]


class IsNull(Expression, frozen=True, eq=False):
    """IS [NOT] NULL."""

    operand: Expression
    negated: bool


class Between(Expression, frozen=True, eq=False):
    """[NOT] BETWEEN."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool


class InList(Expression, frozen=True, eq=False):
    """[NOT] IN (…)."""

    operand: Expression
    items: tuple[Expression, ...]
    negated: bool


class InQuery(Expression, frozen=True, eq=False):
    """[NOT] IN (SELECT …)."""

    operand: Expression
    query: Query
    negated: bool


class QuantifiedComparison(Expression, frozen=True, eq=False):
    """operand = ALL | ANY | SOME (SELECT …)."""

    operator: str
    quantifier: str
    operand: Expression
    query: Query


class Like(Expression, frozen=True, eq=False):
    """[NOT] LIKE … [ESCAPE …]."""

    operand: Expression
    pattern: Expression
    escape: Expression | None
    negated: bool


class Exists(Expression, frozen=True, eq=False):
    """EXISTS (SELECT …)."""

    query: Query


class ScalarQuery(Expression, frozen=True, eq=False):
    """(SELECT …) as a value."""

    query: Query


class When(Node, frozen=True, eq=False):
    """One WHEN … THEN … of a CASE."""

    condition: Expression
    result: Expression


class Case(Expression, frozen=True, eq=False):
    """CASE [operand] WHEN … END."""

    operand: Expression | None
    whens: tuple[When, ...]
    otherwise: Expression | None


class Cast(Expression, frozen=True, eq=False):
    """CAST and TRY_CAST."""

    operand: Expression
    type: TypeName
    safe: bool


class ArrayOf(Expression, frozen=True, eq=False):
    """ARRAY[…]."""

    items: tuple[Expression, ...]


class RowOf(Expression, frozen=True, eq=False):
    """ROW(…) or (a, b)."""

    items: tuple[Expression, ...]


class Lambda(Expression, frozen=True, eq=False):
    """(a, b) -> body."""

    arguments: tuple[Name, ...]
    body: Expression


class Extract(Expression, frozen=True, eq=False):
    """EXTRACT(field FROM operand)."""

    field: Name
    operand: Expression


class AtTimeZone(Expression, frozen=True, eq=False):
    """operand AT TIME ZONE zone."""

    operand: Expression
    zone: Expression


class Special(Expression, frozen=True, eq=False):
    """CURRENT_DATE and its like, with their precision."""

    name: str
    precision: int | None


class Grouping(Expression, frozen=True, eq=False):
    """GROUPING(a, b)."""

    columns: tuple[Expression, ...]


class Function(Expression, frozen=True, eq=False):
    """A call of a function; ``star`` is for count(*)."""

    name: str
    arguments: tuple[Expression, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[OrderItem, ...] = ()
    filter: Expression | None = None
    nulls: Literal["IGNORE", "RESPECT"] | None = None
    over: Window | None = None


def children(node: object) -> Iterator[Node]:
    """Answer the nodes directly below one, in the order they are written."""
    if not isinstance(node, Node):
        return
    for field in node.__struct_fields__:
        yield from _nodes(getattr(node, field))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, Sequence) and not isinstance(value, str | Position):
        for each in value:
            yield from _nodes(each)
