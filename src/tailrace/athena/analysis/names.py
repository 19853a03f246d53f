"""Columns, fields of rows, and elements of arrays and maps."""

from __future__ import annotations

from tailrace.athena.analysis.casting import coerce, needs_cast
from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import BIGINT, array, common_of, field_name, physical, quoted, row
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import ArrayOf, Column, Dereference, Expression, Name, RowOf, Subscript

_DENIED = "cannot be resolved or requester is not authorized to access requested resources"


def dotted(node: Expression) -> list[Name] | None:
    """Answer the names of a.b.c; None when something other than a name is in it."""
    if isinstance(node, Column):
        return [node.name]
    if isinstance(node, Dereference):
        base = dotted(node.base)
        return None if base is None else [*base, node.field]
    return None


def unresolved(at: Position, names: list[Name]) -> AnalysisProblem:
    """Answer the problem of a name that means nothing."""
    text = ".".join(name.lower for name in names)
    return AnalysisProblem("COLUMN_NOT_FOUND", at, f"Column '{text}' {_DENIED}")


def column(context: Context, names: list[Name], at: Position) -> Value | None:
    """Answer the column that a dotted name means, with the fields of rows after it; None when there is none."""
    if names[0].lower in context.variables:
        return _fields(context.variables[names[0].lower], names[1:], at, names)
    for length in range(len(names), 0, -1):
        field = context.scope.resolve([name.lower for name in names[:length]], at)
        if field is not None:
            _note_use(context, field.sql)
            return _fields(Value(field.sql, field.type), names[length:], at, names)
    return None


def _note_use(context: Context, sql: str) -> None:
    """Remember that a scan's column is read."""
    context.analysis.used.add(sql)


def _fields(value: Value, names: list[Name], at: Position, every: list[Name]) -> Value:
    for name in names:
        if value.type.base != "row" or name.lower not in value.type.names:
            raise unresolved(at, every)
        value = field_of(value, value.type.names.index(name.lower))
    return value


def field_of(value: Value, index: int) -> Value:
    """Answer a field of a row."""
    return Value(f"({value.sql}).{quoted(field_name(value.type, index))}", value.type.parts[index])


@rule(Column)
def _column(context: Context, node: Column) -> Value:
    found = column(context, [node.name], node.at)
    if found is None:
        raise unresolved(node.at, [node.name])
    return found


@rule(Dereference)
def _dereference(context: Context, node: Dereference) -> Value:
    names = dotted(node)
    if names is not None:
        found = column(context, names, node.at)
        if found is None:
            raise unresolved(node.at, names)
        return found
    base = context.value(node.base)
    if base.type.base != "row":
        raise type_mismatch(node.at, f"Expression {node.field.text} is not of type ROW")
    if node.field.lower not in base.type.names:
        raise unresolved(node.at, [node.field])
    return field_of(base, base.type.names.index(node.field.lower))


@rule(Subscript)
def _subscript(context: Context, node: Subscript) -> Value:
    base, index = context.value(node.base), context.value(node.index)
    if base.type.base == "array" and index.type.is_whole:
        return Value(f"trino_subscript({base.sql}, {coerce(index, BIGINT).sql})", base.type.parts[0])
    if base.type.base == "map" and not needs_cast(index.type, base.type.parts[0]):
        key = coerce(index, base.type.parts[0])
        return Value(f"trino_map_subscript({base.sql}, {key.sql})", base.type.parts[1])
    if base.type.base == "row" and index.constant is not None and index.type.is_whole:
        place = int(index.constant)
        if not 1 <= place <= len(base.type.parts):
            raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", node.at, f"ROW index out of bounds: {place}")
        return field_of(base, place - 1)
    raise type_mismatch(node.at, f"Cannot use {index.type} for subscript of {base.type}")


@rule(ArrayOf)
def _array(context: Context, node: ArrayOf) -> Value:
    values = [context.value(item) for item in node.items]
    element = common_of([value.type for value in values])
    if element is None:
        types = ", ".join(dict.fromkeys(str(value.type) for value in values))
        raise type_mismatch(node.at, f"All ARRAY elements must be the same type or coercible to a common type. "
                            f"Cannot find common type between all types (without duplicates): [{types}]")  # fmt: skip
    items = ", ".join(coerce(value, element).sql for value in values)
    return Value(f"CAST([{items}] AS {physical(array(element))})", array(element))


@rule(RowOf)
def _row(context: Context, node: RowOf) -> Value:
    values = [context.value(item) for item in node.items]
    made = row([(None, value.type) for value in values])
    fields = ", ".join(f"f{index} := {_typed(value)}" for index, value in enumerate(values))
    return Value(f"struct_pack({fields})", made)


def _typed(value: Value) -> str:
    return value.sql if value.sql != "NULL" else f"CAST(NULL AS {physical(value.type)})"
