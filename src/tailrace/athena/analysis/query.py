"""Queries: WITH, set operations, VALUES, ORDER BY and LIMIT. A SELECT itself is in select.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context, Made, NamedRelation, OutputColumn
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Field, Scope, Value
from tailrace.athena.analysis.select import Ending, select
from tailrace.athena.analysis.tables import table
from tailrace.athena.analysis.type import Type, common, common_of
from tailrace.athena.analysis.window import sort_key
from tailrace.athena.syntax.query_tree import Body, OrderItem, Query, Select, SetOperation, Table, TableBody, Values
from tailrace.athena.syntax.tree import Constant, Expression, Node, Parameter, RowOf, children


def make_query(context: Context, node: Query) -> Made:
    """Answer a query's SQL; its parent scope is the one of the context."""
    inner, prefix = _with(context, node)
    ending = Ending(node.order, _bound(context, node.offset, "OFFSET"), _bound(context, node.limit, "LIMIT"))
    if isinstance(node.body, Select):
        made = select(inner, node.body, ending)
    else:
        made = _ended(inner, _body(inner, node.body), ending)
    return Made(prefix + made.sql, made.columns)


def _bound(context: Context, node: Expression | None, clause: str) -> str | None:
    if node is None:
        return None
    if isinstance(node, Parameter):
        node = context.analysis.parameters[node.index]
    if not isinstance(node, Constant) or node.kind != "integer":
        raise type_mismatch(node.at, f"{clause} parameter must be an integer")
    return node.text


def _with(context: Context, node: Query) -> tuple[Context, str]:
    """Answer the context that sees the WITH queries. One that is used once is made where it is used."""
    named = dict(context.named)
    uses = Counter(_table_names(node))
    made: list[str] = []
    for each in node.named:
        relation = NamedRelation(each.query, each.columns, dict(named))
        if node.recursive and each.name.lower in _table_names(each.query):
            relation, sql = _recursive(context, relation, each.name.lower)
            made.append(sql)
        elif uses[each.name.lower] > 1:
            alias = context.analysis.alias("w")
            inner = replace(context, scope=Scope(()), named=relation.around, clause=None, variables={}, windows={})
            shared = inner.query(each.query)
            made.append(f"{alias} AS ({shared.sql})")
            columns = tuple(replace(column, origin=None) for column in shared.columns)
            relation = replace(relation, shared=alias, made=columns)
        named[each.name.lower] = relation
    recursive = "RECURSIVE " if node.recursive else ""
    return replace(context, named=named), f"WITH {recursive}{', '.join(made)} " if made else ""


def _table_names(node: Node) -> list[str]:
    found = []
    if isinstance(node, Table) and len(node.name.parts) == 1:
        found.append(node.name.parts[0].lower)
    for child in children(node):
        found.extend(_table_names(child))
    return found


def _recursive(context: Context, relation: NamedRelation, name: str) -> tuple[NamedRelation, str]:
    body = relation.query.body
    if not isinstance(body, SetOperation) or body.operator != "UNION":
        raise AnalysisProblem("INVALID_RECURSIVE_REFERENCE", relation.query.at,
                              "WITH RECURSIVE query must have a UNION of an anchor and a step")  # fmt: skip
    inner = replace(context, scope=Scope(()), named=relation.around, clause=None, variables={}, windows={})
    anchor = _body(inner, body.left)
    alias = context.analysis.alias("w")
    names = relation.columns or ()
    columns = tuple(
        OutputColumn(names[index].lower if names else column.name, column.type)
        for index, column in enumerate(anchor.columns)
    )
    shared = replace(relation, shared=alias, made=columns, columns=())
    step = _body(replace(inner, named={**relation.around, name: shared}), body.right)
    coerced = _coerced(context, step, [column.type for column in columns])
    operator = "UNION ALL" if body.all else "UNION"
    listed = ", ".join(f"c{index}" for index in range(len(columns)))
    return shared, f"{alias}({listed}) AS ({anchor.sql} {operator} {coerced.sql})"


def _body(context: Context, node: Body) -> Made:
    return _BODIES[type(node)](context, node)


def _select_body(context: Context, node: Select) -> Made:
    return select(context, node, Ending())


def _table_body(context: Context, node: TableBody) -> Made:
    found = table(context, node.name)
    visible = [field for field in found.fields if not field.hidden]
    context.analysis.used |= {field.sql for field in visible}
    items = ", ".join(f"{field.sql} AS c{index}" for index, field in enumerate(visible))
    columns = tuple(OutputColumn(field.name, field.type, field.origin) for field in visible)
    return Made(f"SELECT {items} FROM {found.sql}", columns)


def _values(context: Context, node: Values) -> Made:
    inner = replace(context, scope=Scope((), context.scope.parent), clause="VALUES")
    rows = [[inner.value(item) for item in (row.items if isinstance(row, RowOf) else (row,))] for row in node.rows]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise type_mismatch(node.at, "Values rows have mismatched types: rows have different numbers of columns")
    types = []
    for place in range(width):
        shared = common_of([row[place].type for row in rows])
        if shared is None:
            shown = " vs ".join(dict.fromkeys(str(row[place].type) for row in rows))
            raise type_mismatch(node.at, f"Values rows have mismatched types: {shown}")
        types.append(shared)
    texts = [
        "(" + ", ".join(_cell(value, type_) for value, type_ in zip(row, types, strict=True)) + ")" for row in rows
    ]
    alias = context.analysis.alias()
    names = ", ".join(f"c{index}" for index in range(width))
    sql = f"SELECT {names} FROM (VALUES {', '.join(texts)}) AS {alias}({names})"
    return Made(sql, tuple(OutputColumn(None, type_) for type_ in types))


def _cell(value: Value, type_: Type) -> str:
    return coerce(value, type_).sql


def _set_operation(context: Context, node: SetOperation) -> Made:
    left, right = _body(context, node.left), _body(context, node.right)
    if len(left.columns) != len(right.columns):
        raise type_mismatch(node.at, f"{node.operator} query has different number of fields: "
                            f"{len(left.columns)}, {len(right.columns)}")  # fmt: skip
    types: list[Type] = []
    for index, (first, second) in enumerate(zip(left.columns, right.columns, strict=True)):
        shared = common(first.type, second.type)
        if shared is None:
            raise type_mismatch(node.at, f"column {index + 1} in {node.operator} query has incompatible types: "
                                f"{first.type}, {second.type}")  # fmt: skip
        types.append(shared)
    operator = f"{node.operator} ALL" if node.all else node.operator
    first_made, second_made = (_coerced(context, each, types) for each in (left, right))
    columns = tuple(OutputColumn(column.name, type_) for column, type_ in zip(left.columns, types, strict=True))
    return Made(f"({first_made.sql}) {operator} ({second_made.sql})", columns)


def _coerced(context: Context, made: Made, types: Sequence[Type]) -> Made:
    if [column.type for column in made.columns] == list(types):
        return made
    alias = context.analysis.alias()
    items = ", ".join(
        f"{coerce(Value(f'{alias}.c{index}', column.type), type_).sql} AS c{index}"
        for index, (column, type_) in enumerate(zip(made.columns, types, strict=True))
    )
    columns = tuple(OutputColumn(column.name, type_) for column, type_ in zip(made.columns, types, strict=True))
    return Made(f"SELECT {items} FROM ({made.sql}) AS {alias}", columns)


def _nested(context: Context, node: Query) -> Made:
    return make_query(context, node)


def _ended(context: Context, made: Made, ending: Ending) -> Made:
    """Answer a body that is no SELECT with its order and bounds: only its columns are in sight."""
    if ending.is_empty:
        return made
    alias = context.analysis.alias()
    fields = tuple(Field(column.name, f"{alias}.c{index}", column.type) for index, column in enumerate(made.columns))
    inner = replace(context, scope=Scope(fields, context.scope.parent), clause="ORDER BY clause")
    keys = [_key(inner, item, fields) for item in ending.order]
    listed = ", ".join(f"{alias}.c{index} AS c{index}" for index in range(len(made.columns)))
    columns = tuple(replace(column, origin=None) for column in made.columns)
    return Made(f"SELECT {listed} FROM ({made.sql}) AS {alias}{ending.sql(keys)}", columns)


def _key(context: Context, item: OrderItem, fields: tuple[Field, ...]) -> str:
    node = item.expression
    if isinstance(node, Constant) and node.kind == "integer":
        place = int(node.text)
        if not 1 <= place <= len(fields):
            text = f"ORDER BY position {place} is not in select list"
            raise AnalysisProblem("INVALID_COLUMN_REFERENCE", node.at, text)
        return sort_key(Value(fields[place - 1].sql, fields[place - 1].type), item)
    return sort_key(context.value(node), item)


_BODIES: dict[type[Any], Callable[[Context, Any], Made]] = {
    Select: _select_body,
    TableBody: _table_body,
    Values: _values,
    SetOperation: _set_operation,
    Query: _nested,
}
