"""OVER clauses and sort keys."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tailrace.athena.analysis.context import Context
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.scope import Value
from tailrace.athena.syntax.query_tree import FrameBound, OrderItem, Window


def sort_key(value: Value, item: OrderItem) -> str:
    """Answer one sort key: NULLs are last unless NULLS FIRST is written, whatever the direction."""
    return f"{value.sql} {'DESC' if item.descending else 'ASC'} NULLS {'FIRST' if item.nulls_first else 'LAST'}"


def sort_keys(context: Context, items: Sequence[OrderItem]) -> str:
    """Answer the keys of ORDER BY within a window or an aggregate."""
    return ", ".join(sort_key(_orderable(context, item), item) for item in items)


def _orderable(context: Context, item: OrderItem) -> Value:
    value = context.value(item.expression)
    if value.type.base == "map":
        raise AnalysisProblem("TYPE_MISMATCH", item.expression.at, f"Type {value.type} is not orderable")
    # A bare number would be a place in the list for DuckDB.
    return replace(value, sql=f"({value.sql} + 0)") if value.constant is not None and value.type.is_number else value


def over(context: Context, window: Window) -> str:
    """Answer what stands in OVER (…), a named window's parts put in."""
    window = _merged(context, window)
    parts = []
    if window.partition:
        parts.append("PARTITION BY " + ", ".join(context.value(each).sql for each in window.partition))
    if window.order:
        parts.append("ORDER BY " + sort_keys(context, window.order))
    if window.frame is not None:
        start = _bound(context, window.frame.start)
        if window.frame.end is None:
            parts.append(f"{window.frame.unit} {start}")
        else:
            parts.append(f"{window.frame.unit} BETWEEN {start} AND {_bound(context, window.frame.end)}")
    return " ".join(parts)


def _merged(context: Context, window: Window) -> Window:
    if window.name is None:
        return window
    base = context.windows.get(window.name.lower)
    if base is None:
        raise AnalysisProblem(
            "INVALID_WINDOW_REFERENCE", window.name.at, f"Cannot resolve WINDOW name {window.name.text}"
        )
    base = _merged(context, replace(base, name=None))
    return Window(
        window.at, None, window.partition or base.partition, window.order or base.order, window.frame or base.frame
    )


def _bound(context: Context, bound: FrameBound) -> str:
    if bound.value is None:
        return bound.kind
    value = context.value(bound.value)
    steps = {"interval day to second": "to_milliseconds({})", "interval year to month": "to_months({})"}
    return f"{steps.get(value.type.base, '{}').format(value.sql)} {bound.kind}"
