"""Arithmetic, comparisons, logic, LIKE, IN and BETWEEN."""

from __future__ import annotations

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.decimals import operate
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import (
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    TIMESTAMP_TZ,
    VARCHAR,
    YEAR_TO_MONTH,
    Type,
    as_decimal,
    common,
    common_of,
    physical,
)
from tailrace.athena.functions.times import literal
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import Between, Binary, Expression, InList, IsNull, Like, Logical, Unary

_ARITHMETIC = ("+", "-", "*", "/", "%")
_UNORDERED = ("map", "json")
_TIMES = ("date", "timestamp", TIMESTAMP_TZ.base)
_STEPS = {DAY_TO_SECOND: "to_milliseconds({})", YEAR_TO_MONTH: "to_months({})"}


@rule(Binary)
def _binary(context: Context, node: Binary) -> Value:
    left, right = context.value(node.left), context.value(node.right)
    if node.operator == "||":
        return _concatenated(left, right, node.at)
    if node.operator in _ARITHMETIC:
        return _arithmetic(node.operator, left, right, node.at)
    return compare(node.operator, left, right, node.at)


def _refused(operator: str, left: Type, right: Type, at: Position) -> AnalysisProblem:
    return type_mismatch(at, f"Cannot apply operator: {left} {operator} {right}")


def _arithmetic(operator: str, left: Value, right: Value, at: Position) -> Value:
    if left.type.base == "unknown" and right.type.base == "unknown":
        raise _refused(operator, left.type, right.type, at)
    if left.type.is_number or right.type.is_number:
        made = _number(operator, left, right)
    else:
        made = None
    made = made or _time(operator, left, right)
    if made is None:
        raise _refused(operator, left.type, right.type, at)
    return made


def _number(operator: str, left: Value, right: Value) -> Value | None:
    shared = common(left.type, right.type)
    if shared is None or not shared.is_number:
        return None
    if shared.base == "decimal":
        first, second = (coerce(each, as_decimal(each.type) if each.type.is_number else shared)
                         for each in (left, right))  # fmt: skip
        return operate(operator, first, second)
    first, second = coerce(left, shared), coerce(right, shared)
    if operator == "/" and shared.is_whole:
        return Value(f"({first.sql} // {second.sql})", shared)
    if operator == "%" and not shared.is_whole:
        return Value(f"({first.sql} % {second.sql})", shared)
    sql = f"({first.sql} {operator} {second.sql})"
    # FLOAT / FLOAT and the like would widen.
    return Value(f"CAST({sql} AS FLOAT)" if shared.base == "real" else sql, shared)


def _time(operator: str, left: Value, right: Value) -> Value | None:
    if operator == "+" and left.type in _STEPS and right.type.base in _TIMES:
        left, right = right, left
    if operator in "+-" and left.type.base in _TIMES and right.type in _STEPS:
        return _moved(operator, left, right)
    if operator == "-" and left.type.base in _TIMES and right.type.base == left.type.base:
        first, second = (f"({each.sql}).t" if each.type.base == TIMESTAMP_TZ.base else f"CAST({each.sql} AS TIMESTAMP)"
                         for each in (left, right))  # fmt: skip
        return Value(f"((epoch_us({first}) - epoch_us({second})) // 1000)", DAY_TO_SECOND)
    if operator in "+-" and left.type in _STEPS and left.type == right.type:
        return Value(f"({left.sql} {operator} {right.sql})", left.type)
    return _scaled_interval(operator, left, right)


def _scaled_interval(operator: str, left: Value, right: Value) -> Value | None:
    if operator == "*" and right.type in _STEPS:
        left, right = right, left
    if left.type not in _STEPS or not right.type.is_number or operator not in "*/":
        return None
    return Value(f"CAST(trunc({left.sql} {operator} CAST({right.sql} AS DOUBLE)) AS {physical(left.type)})", left.type)


def _moved(operator: str, moment: Value, step: Value) -> Value:
    by = _STEPS[step.type].format(step.sql)
    if moment.type == DATE:
        return Value(f"CAST({moment.sql} {operator} {by} AS DATE)", DATE)
    if moment.type.base == TIMESTAMP_TZ.base:
        return Value(f"trino_shifted({moment.sql}, {operator.replace('+', '')}{by})", moment.type)
    return Value(f"({moment.sql} {operator} {by})", moment.type)


def _concatenated(left: Value, right: Value, at: Position) -> Value:
    bases = {left.type.base, right.type.base}
    if bases <= {"varchar", "char", "unknown"}:
        return Value(f"({left.sql} || {right.sql})", VARCHAR)
    if "array" in bases:
        return _joined_arrays(left, right, at)
    if bases == {"varbinary"}:
        return Value(f"({left.sql} || {right.sql})", left.type)
    raise _refused("||", left.type, right.type, at)


def _joined_arrays(left: Value, right: Value, at: Position) -> Value:
    shared = common(left.type, right.type)
    if shared is not None:
        first, second = coerce(left, shared).sql, coerce(right, shared).sql
        return Value(f"CASE WHEN {first} IS NOT NULL AND {second} IS NOT NULL THEN list_concat({first}, {second}) END",
                     shared)  # fmt: skip
    whole, single, function = (left, right, "list_append") if left.type.base == "array" else (right, left, "")
    element = common(whole.type.parts[0], single.type)
    if element is None:
        raise _refused("||", left.type, right.type, at)
    lists, item = coerce(whole, Type("array", parts=(element,))).sql, coerce(single, element).sql
    sql = f"list_append({lists}, {item})" if function else f"list_prepend({item}, {lists})"
    return Value(sql, Type("array", parts=(element,)))


def compare(operator: str, left: Value, right: Value, at: Position) -> Value:
    """Answer a comparison of two values as their common type."""
    shared = common(left.type, right.type)
    equality = operator in ("=", "<>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
    if shared is None or (not equality and shared.base in _UNORDERED):
        raise _refused(operator, left.type, right.type, at)
    first, second = (_comparable(coerce(each, shared)) for each in (left, right))
    return Value(f"({first} {operator} {second})", BOOLEAN)


def _comparable(value: Value) -> str:
    return f"({value.sql}).t" if value.type.base == TIMESTAMP_TZ.base else value.sql


def condition(context: Context, node: Expression, what: str) -> str:
    """Answer the SQL of an expression that must be boolean."""
    value = context.value(node)
    if value.type.base not in ("boolean", "unknown"):
        raise type_mismatch(node.at, f"{what} must evaluate to a boolean (actual: {value.type})")
    return value.sql if value.type == BOOLEAN else "CAST(NULL AS BOOLEAN)"


@rule(Unary)
def _unary(context: Context, node: Unary) -> Value:
    if node.operator == "NOT":
        return Value(f"(NOT {condition(context, node.operand, 'Value of logical NOT expression')})", BOOLEAN)
    value = context.value(node.operand)
    if not value.type.is_number and value.type not in _STEPS:
        raise type_mismatch(node.at, f"Cannot negate {value.type}" if node.operator == "-" else
                            f"Unary '+' operator cannot be applied to {value.type} type")  # fmt: skip
    if node.operator == "+":
        return value
    constant = None if value.constant is None else f"-{value.constant}"
    return Value(f"(-{value.sql})", value.type, constant)


@rule(Logical)
def _logical(context: Context, node: Logical) -> Value:
    terms = [condition(context, term, "Logical expression term") for term in node.terms]
    return Value("(" + f" {node.operator} ".join(terms) + ")", BOOLEAN)


@rule(IsNull)
def _is_null(context: Context, node: IsNull) -> Value:
    return Value(f"({context.value(node.operand).sql} IS {'NOT ' if node.negated else ''}NULL)", BOOLEAN)


@rule(Between)
def _between(context: Context, node: Between) -> Value:
    values = [context.value(each) for each in (node.operand, node.low, node.high)]
    shared = common_of([value.type for value in values])
    if shared is None or shared.base in _UNORDERED:
        types = [str(value.type) for value in values]
        raise type_mismatch(node.at, f"Cannot check if {types[0]} is BETWEEN {types[1]} and {types[2]}")
    operand, low, high = (_comparable(coerce(value, shared)) for value in values)
    return Value(f"({operand} {'NOT ' if node.negated else ''}BETWEEN {low} AND {high})", BOOLEAN)


@rule(InList)
def _in_list(context: Context, node: InList) -> Value:
    values = [context.value(each) for each in (node.operand, *node.items)]
    shared = common_of([value.type for value in values])
    if shared is None:
        types = ", ".join(dict.fromkeys(str(value.type) for value in values))
        raise type_mismatch(
            node.items[0].at,
            "IN value and list items must be the same type or coercible to a common type. "
            f"Cannot find common type between all types (without duplicates): [{types}]",
        )
    operand, *items = (_comparable(coerce(value, shared)) for value in values)
    return Value(f"({operand} {'NOT ' if node.negated else ''}IN ({', '.join(items)}))", BOOLEAN)


@rule(Like)
def _like(context: Context, node: Like) -> Value:
    operand, pattern = context.value(node.operand), context.value(node.pattern)
    for value, side in ((operand, "Left side of LIKE expression"), (pattern, "Pattern for LIKE expression")):
        if value.type.base not in ("varchar", "char", "unknown"):
            raise type_mismatch(node.at, f"{side} must evaluate to a varchar (actual: {value.type})")
    escape = ""
    if node.escape is not None:
        character = context.value(node.escape)
        if character.constant is not None and len(character.constant) != 1:
            text = "Escape string must be a single character"
            raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", None, text)
        escape = f" ESCAPE {literal(character.constant or '')}" if character.constant else f" ESCAPE {character.sql}"
    sql = f"({operand.sql} {'NOT ' if node.negated else ''}LIKE {pattern.sql}{escape})"
    return Value(sql, BOOLEAN)
