"""Constants, parameters, CURRENT_TIMESTAMP and its like, EXTRACT and AT TIME ZONE."""

from __future__ import annotations

import datetime
import re

from tailrace.athena.analysis.casting import cast
from tailrace.athena.analysis.context import Context, rule
from tailrace.athena.analysis.problem import AnalysisProblem, type_mismatch
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import (
    BIGINT,
    BOOLEAN,
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    INTEGER,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARBINARY,
    VARCHAR,
    YEAR_TO_MONTH,
    Type,
    decimal,
    physical,
    timestamp,
    varchar,
)
from tailrace.athena.analysis.type_reading import query_type
from tailrace.athena.functions.times import literal
from tailrace.athena.syntax.tree import (
    AtTimeZone,
    Constant,
    Extract,
    Function,
    IntervalConstant,
    Parameter,
    Special,
    TypedConstant,
)

_INTEGER_MAX, _BIGINT_MAX = 2**31 - 1, 2**63 - 1
_MILLISECONDS = {"DAY": 86_400_000, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1_000}
_EXTRACTS = {
    "DAY_OF_MONTH": "day",
    "DOW": "day_of_week",
    "DOY": "day_of_year",
    "YOW": "year_of_week",
    "TIMEZONE_HOUR": "timezone_hour",
    "TIMEZONE_MINUTE": "timezone_minute",
}


@rule(Constant)
def _constant(context: Context, node: Constant) -> Value:
    value = _literal(node)
    if context.literals is None or value.type == UNKNOWN:
        return value
    alias, collected = context.literals
    collected.append(value.sql)
    return Value(f"{alias}.c{len(collected) - 1}", value.type, value.constant)


def _literal(node: Constant) -> Value:
    if node.kind == "null":
        return Value("NULL", UNKNOWN)
    if node.kind == "boolean":
        return Value(node.text, BOOLEAN, node.text)
    if node.kind == "string":
        return Value(literal(node.text), varchar(len(node.text)), node.text)
    if node.kind == "integer":
        return _integer(node)
    if node.kind == "double":
        return Value(f"CAST({node.text} AS DOUBLE)", DOUBLE, node.text)
    if node.kind == "decimal":
        return _decimal(node.text)
    digits = re.sub(r"\s", "", node.text)
    if len(digits) % 2 or re.search(r"[^0-9A-Fa-f]", digits):
        raise AnalysisProblem("SYNTAX_ERROR", node.at, "Binary literal can only contain hexadecimal digits")
    return Value(f"unhex('{digits}')", VARBINARY)


def _integer(node: Constant) -> Value:
    number = int(node.text)
    if number <= _INTEGER_MAX:
        return Value(str(number), INTEGER, str(number))
    if number <= _BIGINT_MAX:
        return Value(f"CAST({number} AS BIGINT)", BIGINT, str(number))
    raise AnalysisProblem("INVALID_LITERAL", node.at, f"Invalid numeric literal: {node.text}")


def _decimal(text: str) -> Value:
    whole, _, fraction = text.partition(".")
    digits = len(whole.lstrip("-+").lstrip("0")) + len(fraction)
    type_ = decimal(max(digits, 1), len(fraction))
    return Value(f"CAST('{text}' AS {physical(type_)})", type_, text)


@rule(TypedConstant)
def _typed(context: Context, node: TypedConstant) -> Value:
    target = query_type(node.type)
    if node.type.base == "decimal":
        return _decimal(node.text.strip())
    if node.type.base == "json":
        made = Value(f"trino_json_sorted(trino_json_parse({literal(node.text)}))", target)
    elif node.type.base == "timestamp":
        made = _timestamp(node, target)
    elif node.type.base in ("varchar", "char"):
        return Value(literal(node.text), Type(node.type.base, len(node.text)), node.text)
    else:
        made = cast(Value(literal(node.text), VARCHAR), target, node.at)
    return made


def _timestamp(node: TypedConstant, target: Type) -> Value:
    text = node.text.strip()
    if re.search(r"\d\s*([A-Za-z][\w/+-]*|[+-]\d{1,2}:\d{2})$", text):
        return cast(Value(literal(text), VARCHAR), TIMESTAMP_TZ, node.at)
    fraction = re.search(r"\.(\d+)$", text)
    # TIMESTAMP '… 10:00:00.123456' has the precision that is written.
    precise = timestamp(len(fraction[1])) if fraction else Type("timestamp", 0)
    made = cast(Value(literal(text), VARCHAR), precise if (precise.length or 0) > 3 else target, node.at)
    return Value(made.sql, made.type)


@rule(IntervalConstant)
def _interval(context: Context, node: IntervalConstant) -> Value:
    sign = -1 if node.negative else 1
    try:
        if node.start in ("YEAR", "MONTH"):
            return Value(str(sign * _months(node)), YEAR_TO_MONTH)
        return Value(f"CAST({sign * _milliseconds(node)} AS BIGINT)", DAY_TO_SECOND)
    except (ValueError, KeyError) as error:
        raise AnalysisProblem("INVALID_LITERAL", node.at, f"'{node.text}' is not a valid interval literal") from error


def _months(node: IntervalConstant) -> int:
    if node.end is None:
        return int(node.text) * (12 if node.start == "YEAR" else 1)
    years, months = node.text.split("-")
    return int(years) * 12 + int(months)


def _milliseconds(node: IntervalConstant) -> int:
    if node.end is None:
        whole, _, fraction = node.text.strip().partition(".")
        negative = whole.startswith("-")
        amount = abs(int(whole)) * _MILLISECONDS[node.start] + int((fraction + "000")[:3])
        return -amount if negative else amount
    fields = list(_MILLISECONDS)
    used = fields[fields.index(node.start) : fields.index(node.end) + 1]
    parts = re.split(r"[ :]", node.text.strip())
    if len(parts) != len(used):
        raise ValueError(node.text)
    return round(sum(float(part) * _MILLISECONDS[field] for part, field in zip(parts, used, strict=True)))


@rule(Parameter)
def _parameter(context: Context, node: Parameter) -> Value:
    return context.value(context.analysis.parameters[node.index])


@rule(Special)
def _special(context: Context, node: Special) -> Value:
    analysis = context.analysis
    now = datetime.datetime.fromtimestamp(analysis.now_ms / 1000, datetime.UTC).replace(tzinfo=None)
    wall = f"TIMESTAMP '{now.isoformat(' ', 'milliseconds')}'"
    made = {
        "CURRENT_DATE": Value(f"DATE '{now.date().isoformat()}'", DATE),
        "CURRENT_TIMESTAMP": Value(f"struct_pack(t := {wall}, z := 'UTC')", TIMESTAMP_TZ),
        "LOCALTIMESTAMP": Value(wall, TIMESTAMP),
        "LOCALTIME": Value(f"TIME '{now.time().isoformat('milliseconds')}'", Type("time", 3)),
        "CURRENT_TIME": Value(f"TIME '{now.time().isoformat('milliseconds')}'", Type("time", 3)),
        "CURRENT_USER": Value(literal(analysis.user), VARCHAR),
        "CURRENT_CATALOG": Value(literal(analysis.default_catalog), VARCHAR),
        "CURRENT_SCHEMA": Value(literal(analysis.default_schema), VARCHAR),
    }
    return made[node.name]


@rule(Extract)
def _extract(context: Context, node: Extract) -> Value:
    name = _EXTRACTS.get(node.field.text.upper(), node.field.lower)
    return context.value(Function(node.at, name, (node.operand,)))


@rule(AtTimeZone)
def _at_time_zone(context: Context, node: AtTimeZone) -> Value:
    operand, zone = context.value(node.operand), context.value(node.zone)
    if operand.type.base not in ("timestamp", TIMESTAMP_TZ.base):
        raise type_mismatch(node.at, f"Type of value must be a time or timestamp with or without time zone (actual "
                            f"{operand.type})")  # fmt: skip
    if zone.type.base == "interval day to second":
        text = f"trino_minutes_zone({zone.sql} // 60000)"
    else:
        text = f"trino_zone({zone.sql})"
    return Value(f"trino_at(({cast(operand, TIMESTAMP_TZ, node.at).sql}).t, {text})", TIMESTAMP_TZ)
