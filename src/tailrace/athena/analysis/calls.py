"""Calls of functions: those of one row, aggregates, windows, and the few whose arguments shape their SQL."""

from __future__ import annotations

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.conditional import FORMS
from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.formatting import formatted
from tailrace.athena.analysis.lambdas import LAMBDA_FORMS
from tailrace.athena.analysis.operators import condition
from tailrace.athena.analysis.overloads import resolve, written
from tailrace.athena.analysis.problem import AnalysisProblem, not_supported, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import BIGINT, TIMESTAMP_TZ, UUID, VARCHAR, Type, map_of
from tailrace.athena.analysis.window import over
from tailrace.athena.functions.resolution import (
    AGGREGATE_NAMES,
    NOT_BUILT,
    WINDOW_NAMES,
    aggregate_functions,
    scalar_functions,
    window_functions,
)
from tailrace.athena.syntax.format import written as format_expression
from tailrace.athena.syntax.tree import Function, Grouping, Lambda, Special


@rule(Function)
def _function(context: Context, node: Function) -> Value:
    if node.over is not None:
        return _window(context, node)
    if node.name in AGGREGATE_NAMES:
        return _aggregate(context, node)
    if node.name in WINDOW_NAMES:
        raise AnalysisProblem("MISSING_OVER", node.at, f"Window function {node.name} requires an OVER clause")
    form = FORMS.get(node.name) or LAMBDA_FORMS.get(node.name) or _OWN.get(node.name)
    if form is not None:
        return form(context, node)
    signatures = scalar_functions().get(node.name)
    if signatures is None:
        raise _unknown(node)
    match = resolve(context, node, signatures)
    return Value(written(match, node), match.result)


def _unknown(node: Function) -> AnalysisProblem:
    if node.name in NOT_BUILT:
        return not_supported(node.at, f"Function '{node.name}' is not implemented in Tailrace yet")
    return AnalysisProblem("FUNCTION_NOT_FOUND", node.at, f"Function '{node.name}' not registered")


def _aggregate(context: Context, node: Function) -> Value:
    grouping = context.scope.grouping
    if context.clause is not None or grouping is None:
        raise _misplaced(context, node)
    inner = context.source(f"aggregation '{node.name}'")
    match = resolve(inner, _counted(node), aggregate_functions()[node.name])
    marks = {"d": "DISTINCT " if node.distinct else "", "o": "", "n": "", "f": ""}
    marks["o"] = _order(inner, node)
    if node.filter is not None:
        marks["f"] = f" FILTER (WHERE {condition(inner, node.filter, 'FILTER clause')})"
    return grouping.aggregate(written(match, node, marks), match.result)


def _counted(node: Function) -> Function:
    if node.star and node.name != "count":
        raise AnalysisProblem("FUNCTION_NOT_FOUND", node.at, f"Unexpected parameters (*) for function {node.name}")
    return node


def _misplaced(context: Context, node: Function) -> AnalysisProblem:
    clause = context.clause or "This place"
    if clause.startswith("aggregation "):
        text = f"Cannot nest aggregations inside {clause}: [{format_expression(node)}]"
        return AnalysisProblem("NESTED_AGGREGATION", node.at, text)
    text = f"{clause} cannot contain aggregations, window functions or grouping operations: [{format_expression(node)}]"
    return AnalysisProblem("EXPRESSION_NOT_SCALAR", node.at, text)


def _order(context: Context, node: Function) -> str:
    if not node.order:
        return ""
    from tailrace.athena.analysis.window import sort_keys

    return f" ORDER BY {sort_keys(context, node.order)}"


def _window(context: Context, node: Function) -> Value:
    if context.clause is not None:
        raise _misplaced(context, node)
    assert node.over is not None
    signatures = window_functions().get(node.name) or aggregate_functions().get(node.name)
    if signatures is None:
        raise AnalysisProblem("FUNCTION_NOT_FOUND", node.at, f"Function '{node.name}' not registered")
    match = resolve(context, _counted(node), signatures)
    condition_sql = ""
    if node.filter is not None:
        condition_sql = f" FILTER (WHERE {condition(context, node.filter, 'FILTER clause')})"
    marks = {
        "d": "DISTINCT " if node.distinct else "",
        "o": _order(context, node),
        "n": " IGNORE NULLS" if node.nulls == "IGNORE" else "",
        "f": f"{condition_sql} OVER ({over(context, node.over)})",
    }
    return Value(written(match, node, marks), match.result)


@rule(Grouping)
def _grouping(context: Context, node: Grouping) -> Value:
    grouping = context.scope.grouping
    if grouping is None:
        raise AnalysisProblem("EXPRESSION_NOT_SCALAR", node.at, "GROUPING must be used with GROUP BY")
    keys = []
    for each in node.columns:
        sql = context.source("GROUPING").value(each).sql
        if sql not in grouping.keys:
            text = "The arguments to GROUPING() must be expressions referenced by the GROUP BY at line"
            raise AnalysisProblem("INVALID_ARGUMENTS", each.at, f"{text} {each.at.line}")
        keys.append(sql)
    return grouping.aggregate(f"CAST(GROUPING({', '.join(keys)}) AS INTEGER)", Type("integer"))


@rule(Lambda)
def _lambda(context: Context, node: Lambda) -> Value:
    raise type_mismatch(node.at, "A lambda has no place here")


def _now(context: Context, node: Function) -> Value:
    return context.value(Special(node.at, "CURRENT_TIMESTAMP", None))


def _uuid(context: Context, node: Function) -> Value:
    return Value("gen_random_uuid()", UUID)


def _date(context: Context, node: Function) -> Value:
    from tailrace.athena.syntax.tree import Cast, TypeName

    if len(node.arguments) != 1:
        raise AnalysisProblem("FUNCTION_NOT_FOUND", node.at, "Unexpected parameters for function date")
    return context.value(Cast(node.at, node.arguments[0], TypeName("date", (), node.at), False))


def _empty_map(context: Context, node: Function) -> Value:
    if node.arguments:
        match = resolve(context, node, scalar_functions()["map"])
        return Value(written(match, node), match.result)
    unknown = Type("unknown")
    return Value("MAP {}", map_of(unknown, unknown))


def _concat(context: Context, node: Function) -> Value:
    if len(node.arguments) < 2:
        text = "There must be two or more concatenation arguments"
        raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", node.at, text)
    match = resolve(context, node, scalar_functions()["concat"])
    if match.result.base == "array":
        known = " AND ".join(f"{value.sql} IS NOT NULL" for value in match.values)
        return Value(f"CASE WHEN {known} THEN {written(match, node)} END", match.result)
    return Value(written(match, node), match.result)


def _format(context: Context, node: Function) -> Value:
    return formatted(node, [context.value(each) for each in node.arguments])


def _from_unixtime_parts(context: Context, node: Function) -> Value:
    if len(node.arguments) != 3:
        match = resolve(context, node, scalar_functions()["from_unixtime"])
        return Value(written(match, node), match.result)
    seconds, hours, minutes = (context.value(each) for each in node.arguments)
    offset = f"{coerce(hours, BIGINT).sql} * 60 + {coerce(minutes, BIGINT).sql}"
    sql = f"trino_from_unixtime(CAST({seconds.sql} AS DOUBLE), trino_minutes_zone({offset}))"
    return Value(sql, TIMESTAMP_TZ)


def _version(context: Context, node: Function) -> Value:
    return Value("'0.0-tailrace'", VARCHAR)


_OWN = {
    "now": _now,
    "uuid": _uuid,
    "date": _date,
    "map": _empty_map,
    "concat": _concat,
    "format": _format,
    "from_unixtime": _from_unixtime_parts,
    "version": _version,
}
