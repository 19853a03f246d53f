"""The tree of a query: its relations, its clauses, its set operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tailrace.athena.syntax.tree import Expression, Name, Node


@dataclass(frozen=True, slots=True, eq=False)
class OrderItem(Node):
    """One sort key; NULLs come last unless NULLS FIRST is written."""

    expression: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, eq=False)
class FrameBound(Node):
    """UNBOUNDED PRECEDING, n PRECEDING, CURRENT ROW, n FOLLOWING, UNBOUNDED FOLLOWING."""

    kind: str
    value: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Frame(Node):
    """ROWS | RANGE | GROUPS and its two bounds."""

    unit: str
    start: FrameBound
    end: FrameBound | None


@dataclass(frozen=True, slots=True, eq=False)
class Window(Node):
    """OVER (…), OVER name, or one definition of the WINDOW clause."""

    name: Name | None
    partition: tuple[Expression, ...]
    order: tuple[OrderItem, ...]
    frame: Frame | None


@dataclass(frozen=True, slots=True, eq=False)
class QualifiedName(Node):
    """[[catalog.]schema.]table."""

    parts: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Relation(Node):
    """Anything that stands in FROM."""


@dataclass(frozen=True, slots=True, eq=False)
class Table(Relation):
    """A table, a view or the name of a WITH query."""

    name: QualifiedName


@dataclass(frozen=True, slots=True, eq=False)
class SubqueryRelation(Relation):
    """(SELECT …) or LATERAL (SELECT …)."""

    query: Query
    lateral: bool


@dataclass(frozen=True, slots=True, eq=False)
class Unnest(Relation):
    """UNNEST(…) [WITH ORDINALITY]."""

    expressions: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True, slots=True, eq=False)
class Aliased(Relation):
    """relation [AS] alias [(column, …)]."""

    relation: Relation
    alias: Name
    columns: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sampled(Relation):
    """relation TABLESAMPLE BERNOULLI | SYSTEM (percentage)."""

    relation: Relation
    method: str
    percentage: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Join(Relation):
    """left JOIN right; exactly one of ``on``, ``using`` and ``natural`` unless it is a cross join."""

    kind: Literal["CROSS", "INNER", "LEFT", "RIGHT", "FULL"]
    left: Relation
    right: Relation
    on: Expression | None = None
    using: tuple[Name, ...] = ()
    natural: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SelectItem(Node):
    """One expression of the SELECT list."""

    expression: Expression
    alias: Name | None


@dataclass(frozen=True, slots=True, eq=False)
class AllColumns(Node):
    """* or base.* [AS (a, b)]."""

    base: Expression | None
    aliases: tuple[Name, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GroupingElement(Node):
    """One element of GROUP BY; a simple one is a single set of one expression."""

    kind: Literal["SIMPLE", "ROLLUP", "CUBE", "SETS"]
    sets: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Select(Node):
    """SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …"""

    distinct: bool
    items: tuple[SelectItem | AllColumns, ...]
    source: Relation | None
    where: Expression | None
    group_by: tuple[GroupingElement, ...] | None
    having: Expression | None
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Values(Node):
    """VALUES …"""

    rows: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SetOperation(Node):
    """left UNION | INTERSECT | EXCEPT [ALL] right."""

    operator: Literal["UNION", "INTERSECT", "EXCEPT"]
    all: bool
    left: Body
    right: Body


@dataclass(frozen=True, slots=True, eq=False)
class TableBody(Node):
    """TABLE name as a query."""

    name: QualifiedName


@dataclass(frozen=True, slots=True, eq=False)
class NamedQuery(Node):
    """One query of WITH."""

    name: Name
    columns: tuple[Name, ...]
    query: Query


@dataclass(frozen=True, slots=True, eq=False)
class Query(Node):
    """[WITH …] body [ORDER BY …] [OFFSET …] [LIMIT …]. The counts are constants or parameters."""

    recursive: bool
    named: tuple[NamedQuery, ...]
    body: Body
    order: tuple[OrderItem, ...]
    offset: Expression | None
    limit: Expression | None


Body = Select | Values | SetOperation | TableBody | Query
