"""Subqueries within expressions: scalar ones, EXISTS, IN and the quantified comparisons."""

from __future__ import annotations

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.problem import not_supported, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import BOOLEAN, common
from tailrace.athena.syntax.tree import Exists, InQuery, QuantifiedComparison, ScalarQuery


@rule(ScalarQuery)
def _scalar(context: Context, node: ScalarQuery) -> Value:
    made = context.query(node.query)
    if len(made.columns) != 1:
        raise not_supported(node.at, f"Multiple columns returned by subquery are not yet supported. Found "
                            f"{len(made.columns)}")  # fmt: skip
    return Value(f"({made.sql})", made.columns[0].type)


@rule(Exists)
def _exists(context: Context, node: Exists) -> Value:
    return Value(f"EXISTS ({context.query(node.query).sql})", BOOLEAN)


@rule(InQuery)
def _in(context: Context, node: InQuery) -> Value:
    operand, sql = _compared(context, node)
    return Value(f"({operand} {'NOT ' if node.negated else ''}IN ({sql}))", BOOLEAN)


@rule(QuantifiedComparison)
def _quantified(context: Context, node: QuantifiedComparison) -> Value:
    operand, sql = _compared(context, node)
    return Value(f"({operand} {node.operator} {node.quantifier} ({sql}))", BOOLEAN)


def _compared(context: Context, node: InQuery | QuantifiedComparison) -> tuple[str, str]:
    operand = context.value(node.operand)
    made = context.query(node.query)
    if len(made.columns) != 1:
        raise type_mismatch(node.at, f"Multiple columns returned by subquery are not yet supported. Found "
                            f"{len(made.columns)}")  # fmt: skip
    column = made.columns[0]
    shared = common(operand.type, column.type)
    if shared is None:
        raise type_mismatch(node.at, f"Value expression and result of subquery must be of the same type: "
                            f"{operand.type} vs {column.type}")  # fmt: skip
    alias = context.analysis.alias()
    inner = coerce(Value(f"{alias}.c0", column.type), shared).sql
    sql = made.sql if inner == f"{alias}.c0" else f"SELECT {inner} FROM ({made.sql}) AS {alias}"
    return coerce(operand, shared).sql, sql
