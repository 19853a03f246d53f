"""Functions of dates, times and intervals.

A timestamp with time zone is a struct; ``trino_local`` answers its wall clock, ``trino_zoned`` puts one together.
"""

from collections.abc import Sequence

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type
from tailrace.athena.functions.signature import Line
from tailrace.athena.functions.time_patterns import PatternProblem, from_joda, from_mysql

_TZ = "timestamp with time zone"
UNITS = {
    "millisecond": "to_milliseconds({0})",
    "second": "to_seconds({0})",
    "minute": "to_minutes({0})",
    "hour": "to_hours({0})",
    "day": "to_days(CAST({0} AS INTEGER))",
    "week": "to_days(CAST({0} * 7 AS INTEGER))",
    "month": "to_months(CAST({0} AS INTEGER))",
    "quarter": "to_months(CAST({0} * 3 AS INTEGER))",
    "year": "to_months(CAST({0} * 12 AS INTEGER))",
}
_DATE_UNITS = ("day", "week", "month", "quarter", "year")


class ArgumentProblem(ValueError):
    """An argument that can be known to be wrong before the query runs; the text is Trino's."""


def literal(text: str) -> str:
    """Answer a string of DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"


def _unit(value: Value, of: Type) -> str:
    unit = (value.constant or "").lower()
    allowed = _DATE_UNITS if of.base == "date" else tuple(UNITS)
    if unit not in allowed:
        name = {"date": "DATE", "timestamp": "Timestamp", _TZ: "Timestamp"}.get(of.base, of.base)
        raise ArgumentProblem(f"'{value.constant}' is not a valid {name} field")
    return unit


def _date_add(values: Sequence[Value], result: Type) -> str:
    unit, count, moment = values
    step = UNITS[_unit(unit, result)].format(count.sql)
    if result.base == "date":
        return f"CAST({moment.sql} + {step} AS DATE)"
    if result.base == _TZ:
        return f"trino_shifted({moment.sql}, {step})"
    return f"({moment.sql} + {step})"


def _date_diff(values: Sequence[Value], result: Type) -> str:
    unit, first, second = values
    wall = "({}).t" if first.type.base == _TZ else "{}"
    name = _unit(unit, first.type)
    return f"date_sub('{name}', {wall.format(first.sql)}, {wall.format(second.sql)})"


def _date_trunc(values: Sequence[Value], result: Type) -> str:
    unit, moment = values
    name = _unit(unit, result)
    if result.base == "date":
        return f"CAST(date_trunc('{name}', {moment.sql}) AS DATE)"
    if result.base == _TZ:
        return f"trino_truncated('{name}', {moment.sql})"
    return f"date_trunc('{name}', {moment.sql})"


def _constant(value: Value, function: str) -> str:
    if value.constant is None:
        raise ArgumentProblem(f"{function} with a pattern that is not a constant is not implemented in Tailrace yet")
    return value.constant


def _date_format(values: Sequence[Value], result: Type) -> str:
    moment, pattern = values
    wall = f"trino_local({moment.sql})" if moment.type.base == _TZ else moment.sql
    return f"strftime({wall}, {literal(_mysql(pattern, 'date_format'))})"


def _mysql(pattern: Value, function: str) -> str:
    try:
        return from_mysql(_constant(pattern, function))
    except PatternProblem as error:
        raise ArgumentProblem(str(error)) from error


def _date_parse(values: Sequence[Value], result: Type) -> str:
    text, pattern = values
    return f"trino_parsed({text.sql}, {literal(_mysql(pattern, 'date_parse'))})"


def _format_datetime(values: Sequence[Value], result: Type) -> str:
    moment, pattern = values
    try:
        written, zoned = from_joda(_constant(pattern, "format_datetime"), parsing=False)
    except PatternProblem as error:
        raise ArgumentProblem(str(error)) from error
    if moment.type.base != _TZ:
        return f"strftime({moment.sql}, {literal(written)})"
    if zoned:
        return f"trino_format_zoned({moment.sql}, {literal(written)})"
    return f"strftime(trino_local({moment.sql}), {literal(written)})"


def _parse_datetime(values: Sequence[Value], result: Type) -> str:
    text, pattern = values
    try:
        written, zoned = from_joda(_constant(pattern, "parse_datetime"), parsing=True)
    except PatternProblem as error:
        raise ArgumentProblem(str(error)) from error
    if zoned:
        return f"trino_parsed_zoned({text.sql}, {literal(written)})"
    return f"trino_at(trino_parsed({text.sql}, {literal(written)}), 'UTC')"


def _parts(names: str, template: str, kinds: tuple[str, ...] = ("date", "timestamp", _TZ)) -> list[Line]:
    """The same part of dates, of timestamps, and of the wall clock of zoned ones."""
    return [
        (f"{name}({kind}) -> bigint", template.format("trino_local({0})" if kind == _TZ else "{0}"))
        for name in names.split()
        for kind in kinds
    ]


_CLOCK = ("timestamp", _TZ)
TIMES: list[Line] = [
    *_parts("year", "year({})"),
    *_parts("quarter", "quarter({})"),
    *_parts("month", "month({})"),
    *_parts("week week_of_year", "weekofyear({})"),
    *_parts("day day_of_month", "day({})"),
    *_parts("day_of_week dow", "isodow({})"),
    *_parts("day_of_year doy", "dayofyear({})"),
    *_parts("year_of_week yow", "isoyear({})"),
    *_parts("hour", "hour({})", (*_CLOCK, "time")),
    *_parts("minute", "minute({})", (*_CLOCK, "time")),
    *_parts("second", "second({})", (*_CLOCK, "time")),
    *_parts("millisecond", "(millisecond({}) % 1000)", (*_CLOCK, "time")),
    ("day(interval day to second) -> bigint", "({0} // 86400000)"),
    ("hour(interval day to second) -> bigint", "({0} // 3600000 % 24)"),
    ("minute(interval day to second) -> bigint", "({0} // 60000 % 60)"),
    ("second(interval day to second) -> bigint", "({0} // 1000 % 60)"),
    ("millisecond(interval day to second) -> bigint", "({0} % 1000)"),
    ("year(interval year to month) -> bigint", "CAST({0} // 12 AS BIGINT)"),
    ("month(interval year to month) -> bigint", "CAST({0} % 12 AS BIGINT)"),
    ("to_milliseconds(interval day to second) -> bigint", "{0}"),
    ("timezone_hour(timestamp with time zone) -> bigint", "trino_offset({0}) // 60"),
    ("timezone_minute(timestamp with time zone) -> bigint", "trino_offset({0}) % 60"),
    ("timezone(timestamp with time zone) -> varchar", "({0}).z"),
    ("last_day_of_month(date) -> date", "last_day({0})"),
    ("last_day_of_month(timestamp) -> date", "last_day({0})"),
    ("last_day_of_month(timestamp with time zone) -> date", "last_day(trino_local({0}))"),
    *((f"date_add(varchar, bigint, {kind}) -> {kind}", _date_add) for kind in ("date", *_CLOCK)),
    *((f"date_diff(varchar, {kind}, {kind}) -> bigint", _date_diff) for kind in ("date", *_CLOCK)),
    *((f"date_trunc(varchar, {kind}) -> {kind}", _date_trunc) for kind in ("date", *_CLOCK)),
    *((f"date_format({kind}, varchar) -> varchar", _date_format) for kind in _CLOCK),
    ("date_parse(varchar, varchar) -> timestamp", _date_parse),
    *((f"format_datetime({kind}, varchar) -> varchar", _format_datetime) for kind in _CLOCK),
    ("parse_datetime(varchar, varchar) -> timestamp with time zone", _parse_datetime),
    ("from_unixtime(double) -> timestamp with time zone", "trino_from_unixtime({0}, 'UTC')"),
    ("from_unixtime(double, varchar) -> timestamp with time zone", "trino_from_unixtime({0}, {1})"),
    ("from_unixtime_nanos(bigint) -> timestamp with time zone", "trino_at(make_timestamp({0} // 1000), 'UTC')"),
    ("to_unixtime(timestamp) -> double", "(epoch_us({0}) / CAST(1000000 AS DOUBLE))"),
    ("to_unixtime(timestamp with time zone) -> double", "(epoch_us(({0}).t) / CAST(1000000 AS DOUBLE))"),
    ("from_iso8601_timestamp(varchar) -> timestamp with time zone", "trino_from_iso8601({0})"),
    ("from_iso8601_timestamp_nanos(varchar) -> timestamp with time zone", "trino_from_iso8601({0})"),
    ("from_iso8601_date(varchar) -> date", "trino_iso8601_date({0})"),
    ("to_iso8601(date) -> varchar", "strftime({0}, '%Y-%m-%d')"),
    ("to_iso8601(timestamp) -> varchar", "strftime({0}, '%Y-%m-%dT%H:%M:%S.%g')"),
    ("to_iso8601(timestamp with time zone) -> varchar",
     "(strftime(trino_local({0}), '%Y-%m-%dT%H:%M:%S.%g') || trino_offset_text({0}, 'Z'))"),
    ("at_timezone(timestamp with time zone, varchar) -> timestamp with time zone",
     "trino_at(({0}).t, trino_zone({1}))"),
    ("with_timezone(timestamp, varchar) -> timestamp with time zone", "trino_zoned({0}, trino_zone({1}))"),
    ("current_timezone() -> varchar", "'UTC'"),
    ("human_readable_seconds(double) -> varchar", "trino_human_seconds({0})"),
]  # fmt: skip
