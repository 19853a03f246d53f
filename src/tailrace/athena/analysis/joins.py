"""Joins: their conditions, the columns that USING and NATURAL merge, and what they still say about partitions."""

from __future__ import annotations

from msgspec.structs import replace

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context
from tailrace.athena.analysis.operators import condition
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.pruning import note_conditions
from tailrace.athena.analysis.scope import Field, Scope, Value
from tailrace.athena.analysis.source import Source
from tailrace.athena.analysis.type import common
from tailrace.athena.syntax.query_tree import Join
from tailrace.athena.syntax.tree import Name


def join(context: Context, node: Join, left: Source, right: Source) -> Source:
    """Answer the join of two relations."""
    lateral = "LATERAL " if right.lateral else ""
    if node.kind == "CROSS":
        return Source(f"({left.sql} CROSS JOIN {lateral}{right.sql})", (*left.fields, *right.fields), left.lateral)
    if node.using or node.natural:
        return _merging(context, node, left, right)
    inner = replace(context, scope=Scope((*left.fields, *right.fields), context.scope.parent), clause="JOIN clause")
    assert node.on is not None
    on = condition(inner, node.on, "JOIN ON clause")
    if node.kind != "FULL":
        # What holds of every row that the join takes from a side holds of that side's partitions.
        sides = {"INNER": (left, right), "LEFT": (right,), "RIGHT": (left,)}[node.kind]
        note_conditions(inner, node.on, [field for side in sides for field in side.fields])
    sql = f"({left.sql} {node.kind} JOIN {lateral}{right.sql} ON {on})"
    return Source(sql, _outer(node.kind, left.fields, right.fields), left.lateral)


def _outer(kind: str, left: tuple[Field, ...], right: tuple[Field, ...]) -> tuple[Field, ...]:
    """A side that may be filled with NULLs no longer shows its partitions."""
    if kind in ("RIGHT", "FULL"):
        left = tuple(replace(field, origin=None) for field in left)
    if kind in ("LEFT", "FULL"):
        right = tuple(replace(field, origin=None) for field in right)
    return (*left, *right)


def _merging(context: Context, node: Join, left: Source, right: Source) -> Source:
    names = list(node.using) or _shared_names(node, left, right)
    conditions: list[str] = []
    merged: list[Field] = []
    taken: set[str] = set()
    for name in names:
        first, second = _side(left, name, "left"), _side(right, name, "right")
        taken |= {first.sql, second.sql}
        context.analysis.used |= {first.sql, second.sql}
        equal, field = _merged(node, name, first, second)
        conditions.append(equal)
        merged.append(field)
    rest = [field for field in _outer(node.kind, left.fields, right.fields) if field.sql not in taken]
    on = " AND ".join(conditions) or "true"
    return Source(f"({left.sql} {node.kind} JOIN {right.sql} ON {on})", (*merged, *rest), left.lateral)


def _shared_names(node: Join, left: Source, right: Source) -> list[Name]:
    others = {field.name for field in right.fields if not field.hidden}
    names = [field.name for field in left.fields if field.name in others and not field.hidden]
    return [Name(name, node.at) for name in names if name is not None]


def _side(source: Source, name: Name, side: str) -> Field:
    found = [field for field in source.fields if field.name == name.lower]
    if not found:
        text = f"Column '{name.text}' is missing from {side} side of join"
        raise AnalysisProblem("COLUMN_NOT_FOUND", name.at, text)
    if len(found) > 1:
        raise AnalysisProblem("AMBIGUOUS_NAME", name.at, f"Column '{name.text}' is ambiguous")
    return found[0]


def _merged(node: Join, name: Name, first: Field, second: Field) -> tuple[str, Field]:
    shared = common(first.type, second.type)
    if shared is None:
        raise type_mismatch(name.at, f"Cannot apply operator: {first.type} = {second.type}")
    left = coerce(Value(first.sql, first.type), shared).sql
    right = coerce(Value(second.sql, second.type), shared).sql
    sql = {"FULL": f"coalesce({left}, {right})", "RIGHT": right}.get(node.kind, left)
    kept = {"INNER": first, "LEFT": first, "RIGHT": second}.get(node.kind)
    return f"{left} = {right}", Field(name.lower, sql, shared, origin=kept.origin if kept else None)
