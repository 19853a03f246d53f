"""Functions whose lambda takes apart what it is given: reduce, and those of maps and of two arrays."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec.structs import replace

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context
from tailrace.athena.analysis.overloads import resolve
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type, common, map_of
from tailrace.athena.analysis.values import fresh
from tailrace.athena.functions.signature import Signature, catalogue
from tailrace.athena.syntax.tree import Function, Lambda

Form = Callable[[Context, Function], Value]
_SIGNATURES = catalogue(
    [
        ("map_filter(map(K, V), function(K, V, boolean)) -> map(K, V)", ""),
        ("transform_values(map(K, V), function(K, V, U)) -> map(K, U)", ""),
        ("transform_keys(map(K, V), function(K, V, U)) -> map(U, V)", ""),
        ("zip_with(array(T), array(U), function(T, U, R)) -> array(R)", ""),
    ]
)


def _signatures(node: Function) -> list[Signature]:
    return _SIGNATURES[node.name]


def _with(body: Value, texts: tuple[str, str]) -> str:
    """Answer a lambda's body with its two variables written otherwise."""
    sql = body.sql
    for name, text in zip(body.names, texts, strict=True):
        sql = re.sub(rf"\b{name}\b", text, sql)
    return sql


def _of_entries(write: Callable[[str, str], str]) -> Form:
    def form(context: Context, node: Function) -> Value:
        match = resolve(context, node, _signatures(node))
        entries, body = match.values
        name = fresh("e")
        return Value(write(f"map_entries({entries.sql})", f"lambda {name}: {_entry(node.name, name, body)}"),
                     _map_type(match.result))  # fmt: skip

    return form


def _map_type(type_: Type) -> Type:
    return map_of(type_.parts[0], type_.parts[1])


def _entry(function: str, name: str, body: Value) -> str:
    sql = _with(body, (f"{name}.key", f"{name}.value"))
    if function == "transform_values":
        return f"struct_pack(key := {name}.key, value := {sql})"
    if function == "transform_keys":
        return f"struct_pack(key := {sql}, value := {name}.value)"
    return sql


def _zip_with(context: Context, node: Function) -> Value:
    match = resolve(context, node, _signatures(node))
    first, second, body = match.values
    name = fresh("e")
    sql = _with(body, (f"struct_extract({name}, 1)", f"struct_extract({name}, 2)"))
    return Value(f"list_transform(list_zip({first.sql}, {second.sql}), lambda {name}: {sql})", match.result)


def _reduce(context: Context, node: Function) -> Value:
    if len(node.arguments) != 4:
        raise AnalysisProblem("FUNCTION_NOT_FOUND", node.at, "Unexpected parameters for function reduce. Expected: "
                              "reduce(array(T), S, function(S, T, S), function(S, R))")  # fmt: skip
    items, start = context.value(node.arguments[0]), context.value(node.arguments[1])
    step, finish = node.arguments[2], node.arguments[3]
    if items.type.base != "array" or not isinstance(step, Lambda) or not isinstance(finish, Lambda):
        raise type_mismatch(node.at, "reduce needs an array, a start and two lambdas")
    state, element = fresh(), fresh()
    # The state's type is that of the start and of each step: 0 with bigint elements becomes bigint.
    made = _body(context, step, Value(state, start.type), Value(element, items.type.parts[0]))
    shared = common(start.type, made.type) or start.type
    if shared != start.type:
        made = _body(context, step, Value(state, shared), Value(element, items.type.parts[0]))
    reduced = (
        f"list_reduce({items.sql}, lambda {state}, {element}: {coerce(made, shared).sql}, {coerce(start, shared).sql})"
    )
    last = fresh()
    answer = _body(context, finish, Value(last, shared))
    if answer.sql == last:
        return Value(reduced, shared)
    return Value(f"list_transform([{reduced}], lambda {last}: {answer.sql})[1]", answer.type)


def _body(context: Context, node: Lambda, *arguments: Value) -> Value:
    if len(node.arguments) != len(arguments):
        raise type_mismatch(node.at, f"Expected a lambda that takes {len(arguments)} argument(s) but got "
                            f"{len(node.arguments)}")  # fmt: skip
    names = {name.lower: value for name, value in zip(node.arguments, arguments, strict=True)}
    return replace(context, variables={**context.variables, **names}).value(node.body)


LAMBDA_FORMS: dict[str, Form] = {
    "map_filter": _of_entries(lambda entries, body: f"map_from_entries(list_filter({entries}, {body}))"),
    "transform_values": _of_entries(lambda entries, body: f"map_from_entries(list_transform({entries}, {body}))"),
    "transform_keys": _of_entries(lambda entries, body: f"map_from_entries(list_transform({entries}, {body}))"),
    "zip_with": _zip_with,
    "reduce": _reduce,
}
