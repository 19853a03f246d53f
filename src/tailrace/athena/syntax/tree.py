"""The tree of an expression. ``at`` is the position that Athena's messages name for the node.

Nodes compare by identity, so that an analysis can keep what it learned of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from tailrace.athena.syntax.token import Position

if TYPE_CHECKING:
    from tailrace.athena.syntax.query_tree import OrderItem, Query, Window


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Anything in the tree."""

    at: Position


@dataclass(frozen=True, slots=True, eq=False)
class Expression(Node):
    """Anything that has a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """An identifier as written; it is compared in lower case."""

    text: str
    at: Position
    quoted: bool = False

    @property
    def lower(self) -> str:
        """The name as it is compared."""
        return self.text.lower()


@dataclass(frozen=True, slots=True, eq=False)
class TypeName:
    """A type as written: its base in lower case and its parameters."""

    base: str
    parameters: tuple[int | TypeName | tuple[str | None, TypeName], ...]
    at: Position


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Expression):
    """A literal: its kind and its text without quotes."""

    kind: Literal["null", "boolean", "integer", "decimal", "double", "string", "binary"]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class TypedConstant(Expression):
    """A literal with its type before it: DATE '2026-01-02'."""

    type: TypeName
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class IntervalConstant(Expression):
    """INTERVAL '1' DAY."""

    negative: bool
    text: str
    start: str
    end: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Expression):
    """A question mark; ``index`` counts from 0."""

    index: int


@dataclass(frozen=True, slots=True, eq=False)
class Column(Expression):
    """A bare identifier."""

    name: Name


@dataclass(frozen=True, slots=True, eq=False)
class Dereference(Expression):
    """base.field: a column of a table, or a field of a row."""

    base: Expression
    field: Name


@dataclass(frozen=True, slots=True, eq=False)
class Subscript(Expression):
    """base[index]."""

    base: Expression
    index: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Expression):
    """A sign or NOT."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Expression):
    """Arithmetic, a comparison, ``||`` or IS [NOT] DISTINCT FROM; ``at`` is where its operator stands."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Logical(Expression):
    """AND or OR over two or more terms."""

    operator: Literal["AND", "OR"]
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class IsNull(Expression):
    """IS [NOT] NULL."""

    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Between(Expression):
    """[NOT] BETWEEN."""

    operand: Expression
    low: Expression
    high: Expression
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class InList(Expression):
    """[NOT] IN (…)."""

    operand: Expression
    items: tuple[Expression, ...]
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class InQuery(Expression):
    """[NOT] IN (SELECT …)."""

    operand: Expression
    query: Query
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class QuantifiedComparison(Expression):
    """operand = ALL | ANY | SOME (SELECT …)."""

    operator: str
    quantifier: str
    operand: Expression
    query: Query


@dataclass(frozen=True, slots=True, eq=False)
class Like(Expression):
    """[NOT] LIKE … [ESCAPE …]."""

    operand: Expression
    pattern: Expression
    escape: Expression | None
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Exists(Expression):
    """EXISTS (SELECT …)."""

    query: Query


@dataclass(frozen=True, slots=True, eq=False)
class ScalarQuery(Expression):
    """(SELECT …) as a value."""

    query: Query


@dataclass(frozen=True, slots=True, eq=False)
class When(Node):
    """One WHEN … THEN … of a CASE."""

    condition: Expression
    result: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Case(Expression):
    """CASE [operand] WHEN … END."""

    operand: Expression | None
    whens: tuple[When, ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Cast(Expression):
    """CAST and TRY_CAST."""

    operand: Expression
    type: TypeName
    safe: bool


@dataclass(frozen=True, slots=True, eq=False)
class ArrayOf(Expression):
    """ARRAY[…]."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RowOf(Expression):
    """ROW(…) or (a, b)."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Expression):
    """(a, b) -> body."""

    arguments: tuple[Name, ...]
    body: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Extract(Expression):
    """EXTRACT(field FROM operand)."""

    field: Name
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class AtTimeZone(Expression):
    """operand AT TIME ZONE zone."""

    operand: Expression
    zone: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Special(Expression):
    """CURRENT_DATE and its like, with their precision."""

    name: str
    precision: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Grouping(Expression):
    """GROUPING(a, b)."""

    columns: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Function(Expression):
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
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, Sequence) and not isinstance(value, str | Position):
        for each in value:
            yield from _nodes(each)
