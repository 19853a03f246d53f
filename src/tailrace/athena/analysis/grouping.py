"""GROUP BY: the keys, what is computed for each group, and how both are seen from above."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tailrace.athena.analysis.context import Context, aggregates_in
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Field, Grouping, Scope, Value
from tailrace.athena.analysis.type import physical
from tailrace.athena.syntax.query_tree import GroupingElement, OrderItem, Select, SelectItem
from tailrace.athena.syntax.tree import Constant, Expression, Node, children
from tailrace.athena.syntax.tree import Grouping as GroupingCall


def aggregated(node: Select, order: Sequence[OrderItem]) -> bool:
    """Tell whether a SELECT groups its rows."""
    if node.group_by is not None or node.having is not None:
        return True
    expressions: list[Node] = [item.expression for item in node.items if isinstance(item, SelectItem)]
    expressions += [item.expression for item in order]
    return any(_aggregates(expression) for expression in expressions)


def _aggregates(node: Node) -> bool:
    """A window is no aggregation, but what it is computed from may be one."""
    for call in aggregates_in(node):
        if call.over is None:
            return True
        if any(_aggregates(child) for child in children(call)):
            return True
    return _has_grouping(node)


def _has_grouping(node: Node) -> bool:
    return isinstance(node, GroupingCall)


class Group(msgspec.Struct, frozen=True):
    """An aggregation being made: its keys and the GROUP BY clause."""

    grouping: Grouping
    keys: tuple[tuple[str, Value], ...]
    clause: str
    origins: dict[str, Field]

    @property
    def alias(self) -> str:
        """The name under which the aggregation stands in FROM."""
        return self.grouping.alias

    def sql(self, rest: str) -> str:
        """Answer the aggregation over FROM and WHERE, once everything above has asked for its aggregates."""
        listed = [f"{sql} AS {seen.sql.partition('.')[2]}" for sql, seen in self.keys]
        listed += [f"{sql} AS {seen.sql.partition('.')[2]}" for sql, seen in self.grouping.aggregates.items()]
        return f"SELECT {', '.join(listed) or 'count(*) AS c0'}{rest}{self.clause}"

    def fields(self) -> list[Field]:
        """Answer the keys that carry a partition key unchanged."""
        return [replace(field, sql=self.grouping.keys[sql].sql) for sql, field in self.origins.items()]


def group(context: Context, node: Select) -> tuple[Context, Group]:
    """Answer the context above the aggregation, and the aggregation."""
    grouping = Grouping(context.scope, context.analysis.alias())
    below = context.within("GROUP BY clause")
    keys: dict[str, Value] = {}
    made: list[str] = []
    for element in node.group_by or ():
        sets = [[_key(below, node, each, keys, grouping) for each in members] for members in element.sets]
        made.append(_element(element, sets))
    clause = f" GROUP BY {', '.join(made)}" if made else ""
    known = {field.sql: field for field in context.scope.fields if field.origin is not None and field.sql in keys}
    single = all(element.kind == "SIMPLE" for element in node.group_by or ())
    scope = Scope(context.scope.fields, context.scope.parent, grouping)
    written = tuple((_unlike_a_place(sql, seen), seen) for sql, seen in keys.items())
    return replace(context, scope=scope), Group(grouping, written, clause, known if single else {})


def _element(element: GroupingElement, sets: list[list[str]]) -> str:
    if element.kind == "SIMPLE":
        return ", ".join(sets[0]) if sets[0] else "()"
    texts = ", ".join(f"({', '.join(members)})" for members in sets)
    kind = "GROUPING SETS" if element.kind == "SETS" else element.kind
    return f"{kind} ({texts})"


def _key(below: Context, node: Select, expression: Expression, keys: dict[str, Value], grouping: Grouping) -> str:
    if isinstance(expression, Constant) and expression.kind == "integer":
        expression = _placed(node, expression)
    value = below.value(expression)
    if value.type.base == "map":
        text = f"{value.type} is not comparable, and therefore cannot be used in GROUP BY"
        raise type_mismatch(expression.at, text)
    if value.sql not in keys:
        seen = Value(f"{grouping.alias}.c{len(keys)}", value.type)
        keys[value.sql] = seen
        grouping.keys[value.sql] = seen
    return _unlike_a_place(value.sql, keys[value.sql])


def _unlike_a_place(sql: str, seen: Value) -> str:
    """A bare number would be a place in the list for DuckDB."""
    return f"CAST({sql} AS {physical(seen.type)})" if sql.isdigit() or sql == "NULL" else sql


def _placed(node: Select, expression: Constant) -> Expression:
    place = int(expression.text)
    if not 1 <= place <= len(node.items):
        text = f"GROUP BY position {place} is not in select list"
        raise AnalysisProblem("INVALID_COLUMN_REFERENCE", expression.at, text)
    item = node.items[place - 1]
    if not isinstance(item, SelectItem):
        raise AnalysisProblem(
            "NOT_SUPPORTED", expression.at, "GROUP BY a place that holds * is not implemented in Tailrace yet"
        )
    found = [call for call in aggregates_in(item.expression) if call.over is None]
    if found:
        text = "GROUP BY clause cannot contain aggregations, window functions or grouping operations"
        raise AnalysisProblem("EXPRESSION_NOT_SCALAR", item.at, text)
    return item.expression
