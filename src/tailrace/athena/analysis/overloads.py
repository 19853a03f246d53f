"""Which overload of a function a call means: types of arguments are bound to patterns, and lambdas are analysed once
those of their arguments are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import UNKNOWN, Type, coercible, physical
from tailrace.athena.analysis.values import fresh
from tailrace.athena.functions.signature import Binding, Pattern, Signature, distance
from tailrace.athena.functions.times import ArgumentProblem
from tailrace.athena.syntax.tree import Expression, Function, Lambda

_ADDED_AT_LEAST_ONE = "{all_concat}"


class Match(msgspec.Struct, frozen=True):
    """A signature with its variables bound: the arguments as it wants them, and the result's type."""

    signature: Signature
    values: tuple[Value, ...]
    result: Type


def resolve(context: Context, node: Function, signatures: Sequence[Signature]) -> Match:
    """Answer the nearest overload. AnalysisProblem FUNCTION_NOT_FOUND when none can be called so."""
    values = [None if isinstance(each, Lambda) else context.value(each) for each in node.arguments]
    best: tuple[int, Signature, Binding] | None = None
    for signature in signatures:
        bound = _bound(signature, node.arguments, values)
        if bound is not None and (best is None or bound[0] < best[0]):
            best = (bound[0], signature, bound[1])
    if best is None:
        raise _unexpected(node, signatures, values)
    _, signature, binding = best
    made = [_argument(context, node, signature, binding, index, value) for index, value in enumerate(values)]
    if signature.variadic and len(made) < len(signature.arguments):
        raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", node.at, "There must be two or more concatenation arguments")
    return Match(signature, tuple(made), binding.resolve(signature.result))


def _bound(
    signature: Signature, nodes: Sequence[Expression], values: Sequence[Value | None]
) -> tuple[int, Binding] | None:
    if not signature.takes(len(values)):
        return None
    binding = Binding()
    cost = 0
    for index, value in enumerate(values):
        pattern = signature.pattern(index)
        if (value is None) != (pattern.base == "function"):
            return None
        if value is None:
            node = nodes[index]
            if not isinstance(node, Lambda) or len(node.arguments) != len(pattern.parts) - 1:
                return None
            continue
        if not binding.bind(pattern, value.type):
            return None
        cost += distance(pattern, value.type)
    return cost, binding


def _argument(
    context: Context, node: Function, signature: Signature, binding: Binding, index: int, value: Value | None
) -> Value:
    pattern = signature.pattern(index)
    if value is not None:
        wanted = binding.resolve(pattern)
        return coerce(value, wanted) if coercible(value.type, wanted) else value
    return _lambda(context, node.arguments[index], pattern, binding)


def _lambda(context: Context, node: Expression, pattern: Pattern, binding: Binding) -> Value:
    assert isinstance(node, Lambda)
    names = tuple(fresh() for _ in node.arguments)
    variables = {
        argument.lower: Value(name, binding.resolve(part))
        for argument, name, part in zip(node.arguments, names, pattern.parts, strict=False)
    }
    body = replace(context, variables={**context.variables, **variables}).value(node.body)
    result = pattern.parts[-1]
    if not binding.bind(result, body.type):
        text = f"Expected a lambda whose result is {binding.resolve(result)}, but it is {body.type}"
        raise AnalysisProblem("TYPE_MISMATCH", node.body.at, text)
    made = coerce(body, binding.resolve(result))
    sql = made.sql if made.type != UNKNOWN else f"CAST(NULL AS {physical(made.type)})"
    return Value(sql, Type("function", parts=(made.type,)), names=names)


def _unexpected(node: Function, signatures: Sequence[Signature], values: Sequence[Value | None]) -> AnalysisProblem:
    actual = ", ".join("<function>" if value is None else str(value.type) for value in values)
    expected = ", ".join(dict.fromkeys(map(str, signatures)))
    text = f"Unexpected parameters ({actual}) for function {node.name}. Expected: {expected}"
    return AnalysisProblem("FUNCTION_NOT_FOUND", node.at, text)


def written(match: Match, node: Function, marks: Mapping[str, str] | None = None) -> str:
    """Answer the SQL of a call; ``marks`` are an aggregate's clauses."""
    template = match.signature.template
    if not isinstance(template, str):
        try:
            made = template(match.values, match.result)
        except ArgumentProblem as error:
            raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", None, str(error)) from error
        return made.format(**marks) if marks is not None else made
    texts = [_text(value) for value in match.values]
    every = {"all": ", ".join(texts), "all_concat": " || ".join(texts)}
    return template.format(*texts, **every, **(marks or {}))


def _text(value: Value) -> str:
    if value.names:
        return f"lambda {', '.join(value.names)}: {value.sql}"
    return value.sql if value.sql != "NULL" else f"CAST(NULL AS {physical(value.type)})"
