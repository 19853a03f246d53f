"""CASE, COALESCE, IF, NULLIF, TRY, GREATEST and LEAST: forms whose result is a type shared by their parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.operators import compare, condition
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import VARCHAR, Type, common_of, physical
from tailrace.athena.functions.times import literal
from tailrace.athena.syntax.tree import Binary, Case, Expression, Function

Form = Callable[[Context, Function], Value]


def unified(values: Sequence[Value], at: Expression, what: str) -> tuple[list[str], Type]:
    """Answer the values as the type that they share."""
    shared = common_of([value.type for value in values])
    if shared is None:
        types = list(dict.fromkeys(str(value.type) for value in values))
        text = (
            f"All {what} must be the same type or coercible to a common type. Cannot find common type between "
            f"{types[0]} and {types[1]}, all types (without duplicates): [{', '.join(types)}]"
        )
        raise type_mismatch(at.at, text)
    return [coerce(value, shared).sql for value in values], shared


@rule(Case)
def _case(context: Context, node: Case) -> Value:
    conditions = []
    operand = None if node.operand is None else context.value(node.operand)
    for when in node.whens:
        if operand is None:
            conditions.append(condition(context, when.condition, "CASE WHEN clause"))
        else:
            conditions.append(compare("=", operand, context.value(when.condition), when.condition.at).sql)
    results = [context.value(when.result) for when in node.whens]
    if node.otherwise is not None:
        results.append(context.value(node.otherwise))
    texts, shared = unified(results, node, "CASE results")
    parts = [f"WHEN {test} THEN {text}" for test, text in zip(conditions, texts, strict=False)]
    otherwise = texts[-1] if node.otherwise is not None else f"CAST(NULL AS {physical(shared)})"
    return Value(f"CASE {' '.join(parts)} ELSE {otherwise} END", shared)


def _arity(node: Function, least: int, most: int) -> None:
    if not least <= len(node.arguments) <= most:
        text = f"Unexpected number of arguments for '{node.name}' function"
        raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", node.at, f"Invalid number of arguments. {text}")


def _coalesce(context: Context, node: Function) -> Value:
    if len(node.arguments) < 2:
        text = "The 'coalesce' function must have at least two arguments"
        raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", node.at, text)
    texts, shared = unified([context.value(each) for each in node.arguments], node, "COALESCE operands")
    return Value(f"coalesce({', '.join(texts)})", shared)


def _if(context: Context, node: Function) -> Value:
    _arity(node, 2, 3)
    test = condition(context, node.arguments[0], "IF condition")
    texts, shared = unified([context.value(each) for each in node.arguments[1:]], node, "IF results")
    otherwise = texts[1] if len(texts) == 2 else f"CAST(NULL AS {physical(shared)})"
    return Value(f"CASE WHEN {test} THEN {texts[0]} ELSE {otherwise} END", shared)


def _nullif(context: Context, node: Function) -> Value:
    _arity(node, 2, 2)
    first, second = (context.value(each) for each in node.arguments)
    same = compare("=", first, second, node.at)
    return Value(f"CASE WHEN {same.sql} THEN NULL ELSE {first.sql} END", first.type)


def _try(context: Context, node: Function) -> Value:
    _arity(node, 1, 1)
    return context.tried(node, context.value(node.arguments[0]))


def _extreme(function: str) -> Form:
    def form(context: Context, node: Function) -> Value:
        if not node.arguments:
            raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", node.at, "Expected at least one argument")
        texts, shared = unified([context.value(each) for each in node.arguments], node, f"{node.name} arguments")
        known = " AND ".join(f"{text} IS NOT NULL" for text in texts)
        return Value(f"CASE WHEN {known} THEN {function}({', '.join(texts)}) END", shared)

    return form


def _typeof(context: Context, node: Function) -> Value:
    _arity(node, 1, 1)
    text = str(context.value(node.arguments[0]).type)
    return Value(literal(text), VARCHAR, text)


def _mod(context: Context, node: Function) -> Value:
    _arity(node, 2, 2)
    return context.value(Binary(node.at, "%", *node.arguments))


FORMS: dict[str, Form] = {
    "coalesce": _coalesce,
    "if": _if,
    "nullif": _nullif,
    "try": _try,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "typeof": _typeof,
    "mod": _mod,
}
