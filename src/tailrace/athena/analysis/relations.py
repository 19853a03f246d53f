"""What stands in FROM: its SQL and the fields that it brings into sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from tailrace.athena.analysis.context import Context, NamedRelation, OutputColumn
from tailrace.athena.analysis.joins import join
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Field, Scope
from tailrace.athena.analysis.source import Source
from tailrace.athena.analysis.tables import table
from tailrace.athena.analysis.type import BIGINT, Type, field_name, quoted
from tailrace.athena.syntax.query_tree import Aliased, Join, Relation, Sampled, SubqueryRelation, Table, Unnest
from tailrace.athena.syntax.tree import Name


def source(context: Context, node: Relation, left: Source | None = None) -> Source:
    """Answer a relation; ``left`` is what a lateral one on the right of a join can see."""
    return _READERS[type(node)](context, node, left)


def _table(context: Context, node: Table, left: Source | None) -> Source:
    parts = node.name.parts
    named = context.named.get(parts[0].lower) if len(parts) == 1 else None
    if named is not None:
        return _named(context, named, parts[0])
    return table(context, node.name)


def _named(context: Context, named: NamedRelation, name: Name) -> Source:
    alias = context.analysis.alias()
    if named.shared is not None:
        columns, sql = named.made, f"{named.shared} AS {alias}"
    else:
        inner = replace(context, scope=Scope(()), named=named.around, clause=None, variables={}, windows={})
        made = inner.query(named.query)
        columns, sql = made.columns, f"({made.sql}) AS {alias}"
    fields = derived(alias, columns, (name.lower,))
    return Source(sql, renamed(fields, named.columns, name))


def derived(alias: str, columns: Sequence[OutputColumn], qualifier: tuple[str, ...]) -> tuple[Field, ...]:
    """Answer the fields of a query that stands in FROM."""
    return tuple(
        Field(column.name, f"{alias}.c{index}", column.type, qualifier, origin=column.origin)
        for index, column in enumerate(columns)
    )


def renamed(fields: tuple[Field, ...], names: Sequence[Name], relation: Name) -> tuple[Field, ...]:
    """Answer fields under the names of a column list, if there is one."""
    if not names:
        return fields
    visible = [field for field in fields if not field.hidden]
    if len(names) != len(visible):
        text = f"Column alias list has {len(names)} entries but '{relation.text}' has {len(visible)} columns available"
        raise AnalysisProblem("MISMATCHED_COLUMN_ALIASES", relation.at, text)
    return tuple(replace(field, name=name.lower) for field, name in zip(visible, names, strict=True))


def _aliased(context: Context, node: Aliased, left: Source | None) -> Source:
    inner = source(context, node.relation, left)
    fields = tuple(replace(field, qualifier=(node.alias.lower,)) for field in inner.fields)
    return Source(inner.sql, renamed(fields, node.columns, node.alias), inner.lateral)


def _subquery(context: Context, node: SubqueryRelation, left: Source | None) -> Source:
    lateral = node.lateral and left is not None
    scope = Scope(left.fields, context.scope.parent) if lateral and left is not None else context.scope.parent
    inner = replace(context, scope=scope or Scope(()), clause=None, windows={})
    made = inner.query(node.query)
    alias = context.analysis.alias()
    return Source(f"({made.sql}) AS {alias}", derived(alias, made.columns, ()), lateral)


def _unnest(context: Context, node: Unnest, left: Source | None) -> Source:
    seen = left.fields if left is not None else ()
    inner = replace(context, scope=Scope(seen, context.scope.parent), clause="UNNEST")
    alias = context.analysis.alias()
    columns: list[str] = []
    lengths: list[str] = []
    fields: list[Field] = []
    for index, expression in enumerate(node.expressions):
        value = inner.value(expression)
        column = f"{alias}.c{index}"
        if value.type.base not in ("array", "map"):
            raise type_mismatch(expression.at, f"Cannot unnest type: {value.type}")
        sql = value.sql if value.type.base == "array" else f"map_entries({value.sql})"
        columns.append(f"unnest({sql}) AS c{index}")
        lengths.append(f"coalesce(len({sql}), 0)")
        fields.extend(_unnested(column, value.type))
    if node.ordinality:
        longest = lengths[0] if len(lengths) == 1 else f"greatest({', '.join(lengths)})"
        columns.append(f"unnest(generate_series(CAST(1 AS BIGINT), {longest})) AS c{len(columns)}")
        fields.append(Field(None, f"{alias}.c{len(columns) - 1}", BIGINT))
    return Source(f"(SELECT {', '.join(columns)}) AS {alias}", tuple(fields), left is not None)


def _unnested(column: str, type_: Type) -> list[Field]:
    if type_.base == "map":
        return [Field(None, f"({column}).key", type_.parts[0]), Field(None, f"({column}).value", type_.parts[1])]
    element = type_.parts[0]
    if element.base != "row":
        return [Field(None, column, element)]
    return [
        Field(element.names[index], f"({column}).{quoted(field_name(element, index))}", part)
        for index, part in enumerate(element.parts)
    ]


def _sampled(context: Context, node: Sampled, left: Source | None) -> Source:
    inner = source(context, node.relation, left)
    percentage = context.within("TABLESAMPLE").value(node.percentage)
    if percentage.constant is None:
        raise AnalysisProblem("INVALID_ARGUMENTS", node.at, "Sample percentage should be a constant")
    method = "bernoulli" if node.method == "BERNOULLI" else "system"
    return replace(inner, sql=f"{inner.sql} TABLESAMPLE {method} ({percentage.constant} PERCENT)")


def _join(context: Context, node: Join, left: Source | None) -> Source:
    first = source(context, node.left, left)
    second = source(context, node.right, _around(first, left))
    return join(context, node, first, second)


def _around(first: Source, left: Source | None) -> Source:
    return first if left is None else replace(first, fields=(*left.fields, *first.fields))


_READERS: dict[type[Relation], Callable[[Context, Any, Source | None], Source]] = {
    Table: _table,
    Aliased: _aliased,
    SubqueryRelation: _subquery,
    Unnest: _unnest,
    Sampled: _sampled,
    Join: _join,
}
