"""The tree of a query: its relations, its clauses, its set operations."""

from __future__ import annotations

from typing import Literal

from tailrace.athena.syntax.tree import Expression, Name, Node


class OrderItem(Node, frozen=True, eq=False):
    """One sort key; NULLs come last unless NULLS FIRST is written."""

    expression: Expression
    descending: bool
    nulls_first: bool


class FrameBound(Node, frozen=True, eq=False):
    """UNBOUNDED PRECEDING, n PRECEDING, CURRENT ROW, n FOLLOWING, UNBOUNDED FOLLOWING."""

    kind: str
    value: Expression | None


class Frame(Node, frozen=True, eq=False):
    """ROWS | RANGE | GROUPS and its two bounds."""

    unit: str
    start: FrameBound
    end: FrameBound | None


class Window(Node, frozen=True, eq=False):
    """OVER (…), OVER name, or one definition of the WINDOW clause."""

    name: Name | None
    partition: tuple[Expression, ...]
    order: tuple[OrderItem, ...]
    frame: Frame | None


class QualifiedName(Node, frozen=True, eq=False):
    """[[catalog.]schema.]table."""

    parts: tuple[Name, ...]


class Relation(Node, frozen=True, eq=False):
    """Anything that stands in FROM."""


class Table(Relation, frozen=True, eq=False):
    """A table, a view or the name of a WITH query."""

    name: QualifiedName


class SubqueryRelation(Relation, frozen=True, eq=False):
    """(SELECT …) or LATERAL (SELECT …)."""

    query: Query
    lateral: bool


class Unnest(Relation, frozen=True, eq=False):
    """UNNEST(…) [WITH ORDINALITY]."""

    expressions: tuple[Expression, ...]
    ordinality: bool


class Aliased(Relation, frozen=True, eq=False):
    """relation [AS] alias [(column, …)]."""

    relation: Relation
    alias: Name
    columns: tuple[Name, ...]


class Sampled(Relation, frozen=True, eq=False):
    """relation TABLESAMPLE BERNOULLI | SYSTEM (percentage)."""

    relation: Relation
    method: str
    percentage: Expression


class Join(Relation, frozen=True, eq=False):
    """left JOIN right; exactly one of ``on``, ``using`` and ``natural`` unless it is a cross join."""

    kind: Literal["CROSS", "INNER", "LEFT", "RIGHT", "FULL"]
    left: Relation
    right: Relation
    on: Expression | None = None
    using: tuple[Name, ...] = ()
    natural: bool = False


class SelectItem(Node, frozen=True, eq=False):
    """One expression of the SELECT list."""

    expression: Expression
    alias: Name | None


class AllColumns(Node, frozen=True, eq=False):
    """* or base.* [AS (a, b)]."""

    base: Expression | None
    aliases: tuple[Name, ...]


class GroupingElement(Node, frozen=True, eq=False):
    """One element of GROUP BY; a simple one is a single set of one expression."""

    kind: Literal["SIMPLE", "ROLLUP", "CUBE", "SETS"]
    sets: tuple[tuple[Expression, ...], ...]


class Select(Node, frozen=True, eq=False):
    """SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …"""

    distinct: bool
    items: tuple[SelectItem | AllColumns, ...]
    source: Relation | None
    where: Expression | None
    group_by: tuple[GroupingElement, ...] | None
    having: Expression | None
    windows: tuple[Window, ...]


class Values(Node, frozen=True, eq=False):
    """VALUES …"""

    rows: tuple[Expression, ...]


class SetOperation(Node, frozen=True, eq=False):
    """left UNION | INTERSECT | EXCEPT [ALL] right."""

    operator: Literal["UNION", "INTERSECT", "EXCEPT"]
    all: bool
    left: Body
    right: Body


class TableBody(Node, frozen=True, eq=False):
    """TABLE name as a query."""

    name: QualifiedName


class NamedQuery(Node, frozen=True, eq=False):
    """One query of WITH."""

    name: Name
    columns: tuple[Name, ...]
    query: Query


class Query(Node, frozen=True, eq=False):
    """[WITH …] body [ORDER BY …] [OFFSET …] [LIMIT …]. The counts are constants or parameters."""

    recursive: bool
    named: tuple[NamedQuery, ...]
    body: Body
    order: tuple[OrderItem, ...]
    offset: Expression | None
    limit: Expression | None


Body = Select | Values | SetOperation | TableBody | Query
