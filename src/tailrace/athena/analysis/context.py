"""Where an expression is analysed, and the rules that do it: one for each kind of node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.scope import Origin, Scope, Value
from tailrace.athena.analysis.type import Type
from tailrace.athena.functions.resolution import AGGREGATE_NAMES
from tailrace.athena.syntax.query_tree import Query, Window
from tailrace.athena.syntax.tree import (
    Constant,
    Expression,
    Function,
    Grouping,
    IntervalConstant,
    Lambda,
    Name,
    Node,
    Parameter,
    TypedConstant,
    children,
)

Rule = Callable[["Context", Any], Value]
_RULES: dict[type[Expression], Rule] = {}
R = TypeVar("R", bound=Rule)


def rule(kind: type[Expression]) -> Callable[[R], R]:
    """Register the rule for a kind of node."""

    def register(function: R) -> R:
        _RULES[kind] = function
        return function

    return register


class TableColumn(msgspec.Struct, frozen=True):
    """A column of a table as a query sees it; ``key`` is its place among the partition keys."""

    name: str
    type: Type
    key: int | None = None
    hidden: bool = False


class BaseTable(msgspec.Struct, frozen=True):
    """A table with files. ``handle`` is the catalog's own."""

    name: tuple[str, str, str]
    columns: tuple[TableColumn, ...]
    handle: Any


class RowsTable(msgspec.Struct, frozen=True):
    """A table whose rows are known: information_schema."""

    name: tuple[str, str, str]
    columns: tuple[TableColumn, ...]
    rows: Sequence[Sequence[str | int | None]]


class View(msgspec.Struct, frozen=True):
    """A stored query: its text, the names it was made under, and the columns it promised."""

    name: tuple[str, str, str]
    text: str
    catalog: str
    schema: str
    columns: tuple[TableColumn, ...]


class Catalog(Protocol):
    """What queries can be about."""

    def find(self, catalog: str, schema: str, name: str) -> BaseTable | RowsTable | View | None:
        """Answer a table or view; None when there is none."""

    def has_schema(self, catalog: str, schema: str) -> bool:
        """Tell whether a database exists."""

    def has_catalog(self, catalog: str) -> bool:
        """Tell whether a catalog exists."""


class Scan(msgspec.Struct):
    """One use of a table: what of it is read, and what is known of its partitions."""

    number: int
    table: BaseTable
    alias: str
    sees: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    conditions: list[str] = msgspec.field(default_factory=list)
    equal: dict[int, set[str]] = msgspec.field(default_factory=dict)


class OutputColumn(msgspec.Struct, frozen=True):
    """A column of a query's result; ``c<n>`` in its SQL. ``name`` is None when the query gives it none."""

    name: str | None
    type: Type
    origin: Origin | None = None


class Made(msgspec.Struct, frozen=True):
    """A query's SQL and its columns."""

    sql: str
    columns: tuple[OutputColumn, ...]


class Analysis(msgspec.Struct):
    """One statement's analysis: where it runs, and what it has found so far."""

    catalog: Catalog
    make_query: Callable[[Context, Query], Made]
    default_catalog: str
    default_schema: str
    now_ms: int
    user: str
    parameters: Sequence[Expression] = ()
    scans: list[Scan] = msgspec.field(default_factory=list)
    used: set[str] = msgspec.field(default_factory=set)
    views: list[tuple[str, str, str]] = msgspec.field(default_factory=list)
    count: int = 0

    def alias(self, prefix: str = "t") -> str:
        """Answer a new name for the SQL being made."""
        self.count += 1
        return f"{prefix}{self.count}"


class NamedRelation(msgspec.Struct, frozen=True):
    """A WITH query: how to make it, or the name under which it was made once for all its uses."""

    query: Query
    columns: tuple[Name, ...]
    around: Mapping[str, NamedRelation]
    shared: str | None = None
    made: tuple[OutputColumn, ...] = ()


class Context(msgspec.Struct, frozen=True):
    """The place of an expression. ``clause`` is set where aggregates and windows have no place."""

    analysis: Analysis
    scope: Scope
    named: Mapping[str, NamedRelation]
    clause: str | None = None
    variables: Mapping[str, Value] = msgspec.field(default_factory=dict)
    windows: Mapping[str, Window] = msgspec.field(default_factory=dict)
    literals: tuple[str, list[str]] | None = None

    def value(self, node: Expression) -> Value:
        """Answer an expression's SQL and type. AnalysisProblem when it has no meaning."""
        grouping = self.scope.grouping
        if grouping is not None and not holds_aggregate(node):
            key = self._key(node)
            if key is not None:
                return key
        return _RULES[type(node)](self, node)

    def query(self, node: Query) -> Made:
        """Answer a subquery, which sees what is in sight here."""
        return self.analysis.make_query(self, node)

    def within(self, clause: str) -> Context:
        """Answer the same place inside a clause that has no aggregates."""
        return replace(self, clause=clause)

    def source(self, clause: str) -> Context:
        """Answer the place below the aggregation."""
        grouping = self.scope.grouping
        return self if grouping is None else replace(self, scope=grouping.source, clause=clause)

    def tried(self, node: Expression, value: Value) -> Value:
        """Answer NULL where a value fails. What has no column is computed from one, or DuckDB would fail early."""
        if value.columns() or self.variables or self.literals is not None:
            return replace(value, sql=f"TRY({value.sql})", constant=None)
        alias = self.analysis.alias("k")
        collected: list[str] = []
        again = replace(self, literals=(alias, collected)).value(node)
        inner = again.sql.removeprefix("TRY(").removesuffix(")") if again.sql.startswith("TRY(") else again.sql
        columns = ", ".join(f"{sql} AS c{index}" for index, sql in enumerate(collected)) or "1 AS c0"
        return replace(value, sql=f"(SELECT TRY({inner}) FROM (SELECT {columns}) AS {alias})", constant=None)

    def _key(self, node: Expression) -> Value | None:
        grouping = self.scope.grouping
        if grouping is None or isinstance(node, _NEVER_KEYS):
            return None
        try:
            return grouping.key(self.source("GROUP BY clause").value(node))
        except AnalysisProblem:
            return None  # it may be a name of the SELECT list; what has no meaning at all is reported by its rule


# A constant is no key of its own: GROUP BY 1 is a place in the list.
_NEVER_KEYS: tuple[type[Expression], ...] = (Constant, TypedConstant, IntervalConstant, Parameter, Lambda, Grouping)


def aggregates_in(node: Node) -> list[Function]:
    """Answer the outermost aggregates and windows of an expression, subqueries aside."""
    if isinstance(node, Function) and (node.over is not None or node.name in AGGREGATE_NAMES):
        return [node]
    if isinstance(node, Query):
        return []
    return [found for child in children(node) for found in aggregates_in(child)]


def holds_aggregate(node: Node) -> bool:
    """Tell whether an aggregate or a window is computed in an expression, subqueries aside."""
    return bool(aggregates_in(node))
