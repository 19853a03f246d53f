"""SELECT: its list, its aggregation, its order. An aggregation is a query of its own below the list, so that every
expression above reads keys and aggregates as plain columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tailrace.athena.analysis.context import Context, Made, OutputColumn, aggregates_in
from tailrace.athena.analysis.grouping import aggregated, group
from tailrace.athena.analysis.names import dotted, field_of
from tailrace.athena.analysis.operators import condition
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.pruning import note_conditions
from tailrace.athena.analysis.relations import source
from tailrace.athena.analysis.scope import Field, Scope, Value
from tailrace.athena.analysis.source import Source
from tailrace.athena.analysis.type import physical
from tailrace.athena.analysis.window import sort_key
from tailrace.athena.syntax.query_tree import AllColumns, OrderItem, Select, SelectItem, Window
from tailrace.athena.syntax.tree import Column, Constant, Dereference, Expression, Node


class Ending(msgspec.Struct, frozen=True):
    """ORDER BY, OFFSET and LIMIT."""

    order: tuple[OrderItem, ...] = ()
    offset: str | None = None
    limit: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is none of them."""
        return not self.order and self.offset is None and self.limit is None

    def sql(self, keys: Sequence[str]) -> str:
        """Answer the clauses, with the keys of the order already made."""
        text = f" ORDER BY {', '.join(keys)}" if keys else ""
        if self.limit is not None:
            text += f" LIMIT {self.limit}"
        return text + (f" OFFSET {self.offset}" if self.offset is not None else "")


class _Item(msgspec.Struct, frozen=True):
    """A column of the list: its value, and the name that it gets."""

    value: Value
    name: str | None
    at: Expression | AllColumns


def select(context: Context, node: Select, ending: Ending) -> Made:
    """Answer a SELECT with its ending."""
    parent = context.scope
    found = Source("", ()) if node.source is None else source(replace(context, scope=Scope((), parent)), node.source)
    below = replace(context, scope=Scope(found.fields, parent), clause=None, windows=_windows(node))
    where = ""
    if node.where is not None:
        inner = below.within("WHERE clause")
        where = f" WHERE {condition(inner, node.where, 'WHERE clause')}"
        note_conditions(inner, node.where, found.fields)
    origin = f" FROM {found.sql}" if found.sql else ""
    if not aggregated(node, ending.order):
        items = _items(below, node, found)
        keys = _order(below, node, items, ending)
        return _made(node, items, f"{origin}{where}", keys, ending, found.fields)
    above, grouping = group(below, node)
    items = _items(above, node, found)
    having = f" WHERE {condition(above, node.having, 'HAVING clause')}" if node.having is not None else ""
    keys = _order(above, node, items, ending)
    made = grouping.sql(f"{origin}{where}")
    return _made(node, items, f" FROM ({made}) AS {grouping.alias}{having}", keys, ending, grouping.fields())


def _windows(node: Select) -> dict[str, Window]:
    return {window.name.lower: window for window in node.windows if window.name is not None}


def _made(
    node: Select, items: list[_Item], rest: str, keys: list[str], ending: Ending, fields: Sequence[Field]
) -> Made:
    distinct = "DISTINCT " if node.distinct else ""
    listed = ", ".join(f"{_column_sql(item.value)} AS c{index}" for index, item in enumerate(items))
    origins = {} if _hides_partitions(node, ending) else {field.sql: field.origin for field in fields}
    columns = tuple(OutputColumn(item.name, item.value.type, origins.get(item.value.sql)) for item in items)
    return Made(f"SELECT {distinct}{listed}{rest}{ending.sql(keys)}", columns)


def _column_sql(value: Value) -> str:
    return value.sql if value.sql != "NULL" else f"CAST(NULL AS {physical(value.type)})"


def _hides_partitions(node: Select, ending: Ending) -> bool:
    """A condition above can't be moved below a limit or a window."""
    if ending.limit is not None or ending.offset is not None:
        return True
    return any(_has_window(item.expression) for item in node.items if isinstance(item, SelectItem))


def _has_window(node: Node) -> bool:
    return any(call.over is not None for call in aggregates_in(node))


def _items(context: Context, node: Select, found: Source) -> list[_Item]:
    items: list[_Item] = []
    for item in node.items:
        if isinstance(item, AllColumns):
            items.extend(_all(context, item, found))
        else:
            value = context.value(item.expression)
            if value.type.base == "function":
                raise type_mismatch(item.at, "A lambda has no place here")
            items.append(_Item(value, _name(item), item.expression))
    if node.distinct:
        for each in items:
            if each.value.type.base == "map":
                raise type_mismatch(node.at, f"DISTINCT can only be applied to comparable types (actual: "
                                    f"{each.value.type})")  # fmt: skip
    return items


def _name(item: SelectItem) -> str | None:
    if item.alias is not None:
        return item.alias.text if item.alias.quoted else item.alias.lower
    if isinstance(item.expression, Column):
        return item.expression.name.lower
    if isinstance(item.expression, Dereference):
        return item.expression.field.lower
    return None


def _all(context: Context, item: AllColumns, found: Source) -> list[_Item]:
    if item.base is None:
        fields = [field for field in found.fields if not field.hidden]
        if not found.sql:
            raise AnalysisProblem("COLUMN_NOT_FOUND", item.at, "SELECT * not allowed in queries without FROM clause")
        made = [(_seen(context, field, item), field.name) for field in fields]
    else:
        made = _all_of(context, item, item.base, found)
    if item.aliases and len(item.aliases) != len(made):
        text = f"Column alias list has {len(item.aliases)} entries but relation has {len(made)} columns"
        raise AnalysisProblem("MISMATCHED_COLUMN_ALIASES", item.at, text)
    names: list[str | None] = [alias.lower for alias in item.aliases]
    names = names or [name for _, name in made]
    return [_Item(value, name, item) for (value, _), name in zip(made, names, strict=True)]


def _seen(context: Context, field: Field, item: AllColumns) -> Value:
    context.analysis.used.add(field.sql)
    seen = context.scope.above(field, [field.name or "_unnamed"], item.at)
    return Value(seen.sql, seen.type)


def _all_of(context: Context, item: AllColumns, base: Expression, found: Source) -> list[tuple[Value, str | None]]:
    names = dotted(base)
    if names is not None:
        qualifier = [name.lower for name in names]
        fields = [field for field in found.fields if field.qualifier[-len(qualifier) :] == tuple(qualifier)]
        if fields:
            return [(_seen(context, field, item), field.name) for field in fields if not field.hidden]
    try:
        value = context.value(base)
    except AnalysisProblem as error:
        text = f"Unable to resolve reference {'.'.join(name.text for name in names or [])}"
        raise AnalysisProblem("TABLE_NOT_FOUND", item.at, text) from error
    if value.type.base != "row":
        raise type_mismatch(item.at, f"Unable to expand {value.type}: it is no row")
    return [(field_of(value, index), value.type.names[index]) for index in range(len(value.type.parts))]


def _order(context: Context, node: Select, items: list[_Item], ending: Ending) -> list[str]:
    fields: dict[tuple[str, str], Field] = {}
    for item in items:
        if item.name is not None:
            name = item.name.lower()
            fields.setdefault((name, item.value.sql), Field(name, item.value.sql, item.value.type, above=True))
    inner = replace(context, scope=Scope(tuple(fields.values()), context.scope, context.scope.grouping))
    return [_key(context, inner, node, items, item) for item in ending.order]


def _key(context: Context, inner: Context, node: Select, items: list[_Item], item: OrderItem) -> str:
    expression = item.expression
    if isinstance(expression, Constant) and expression.kind == "integer":
        place = int(expression.text)
        if not 1 <= place <= len(items):
            text = f"ORDER BY position {place} is not in select list"
            raise AnalysisProblem("INVALID_COLUMN_REFERENCE", expression.at, text)
        value = items[place - 1].value
    else:
        value = _sorted_value(context, inner, expression)
    if value.type.base in ("map",):
        raise type_mismatch(
            expression.at, f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY"
        )
    places = [index for index, each in enumerate(items) if each.value.sql == value.sql]
    if node.distinct and not places:
        text = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
        raise AnalysisProblem("EXPRESSION_NOT_IN_DISTINCT", expression.at, text)
    if places:
        return sort_key(Value(str(places[0] + 1), value.type), item)
    return sort_key(value, item)


def _sorted_value(context: Context, inner: Context, expression: Expression) -> Value:
    """A name of the list comes before a column of the source; within an aggregate only the source counts."""
    if aggregates_in(expression):
        return context.value(expression)
    return inner.value(expression)
