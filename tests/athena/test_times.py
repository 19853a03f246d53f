"""Dates, times, zones and intervals."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, rows, value

VALUES = [
    ("date '2026-02-03'", "2026-02-03", "date"),
    ("timestamp '2026-02-03 04:05:06'", "2026-02-03 04:05:06.000", "timestamp(3)"),
    ("timestamp '2026-02-03 04:05:06.789 UTC'", "2026-02-03 04:05:06.789 UTC", "timestamp(3) with time zone"),
    ("timestamp '2026-02-03 04:05:06.123456'", "2026-02-03 04:05:06.123456", "timestamp(6)"),
    ("time '10:11:12'", "10:11:12.000", "time(3)"),
    ("current_date", "2026-01-02", "date"),
    ("current_timestamp", "2026-01-02 03:04:05.678 UTC", "timestamp(3) with time zone"),
    ("now()", "2026-01-02 03:04:05.678 UTC", "timestamp(3) with time zone"),
    ("localtimestamp", "2026-01-02 03:04:05.678", "timestamp(3)"),
    ("year(date '2026-02-03')", "2026", "bigint"),
    ("month(timestamp '2026-02-03 04:05:06')", "2", "bigint"),
    ("day(date '2026-02-03')", "3", "bigint"),
    ("quarter(date '2026-05-01')", "2", "bigint"),
    ("week(date '2021-01-03')", "53", "bigint"),
    ("year_of_week(date '2021-01-03')", "2020", "bigint"),
    ("day_of_week(date '2026-02-08')", "7", "bigint"),
    ("dow(date '2026-02-02')", "1", "bigint"),
    ("day_of_year(date '2026-02-03')", "34", "bigint"),
    ("hour(timestamp '2026-02-03 04:05:06.789')", "4", "bigint"),
    ("hour(from_iso8601_timestamp('2020-01-01T10:00:00+02:00'))", "10", "bigint"),
    ("minute(timestamp '2026-02-03 04:05:06.789')", "5", "bigint"),
    ("second(timestamp '2026-02-03 04:05:06.789')", "6", "bigint"),
    ("millisecond(timestamp '2026-02-03 04:05:06.789')", "789", "bigint"),
    ("extract(hour from time '10:11:12')", "10", "bigint"),
    ("extract(dow from date '2026-02-08')", "7", "bigint"),
    ("last_day_of_month(timestamp '2024-02-03 00:00:00')", "2024-02-29", "date"),
    ("date_add('day', 3, date '2026-02-27')", "2026-03-02", "date"),
    ("date_add('month', 1, timestamp '2026-01-31 10:00:00')", "2026-02-28 10:00:00.000", "timestamp(3)"),
    ("date_add('hour', -5, timestamp '2026-01-01 02:00:00')", "2025-12-31 21:00:00.000", "timestamp(3)"),
    ("date_add('millisecond', 5, timestamp '2026-01-01 00:00:00')", "2026-01-01 00:00:00.005", "timestamp(3)"),
    ("date_add('quarter', 1, date '2026-01-31')", "2026-04-30", "date"),
    ("date_diff('day', date '2026-01-01', date '2026-03-01')", "59", "bigint"),
    ("date_diff('hour', timestamp '2026-01-01 00:30:00', timestamp '2026-01-01 02:00:00')", "1", "bigint"),
    ("date_diff('month', date '2026-01-31', date '2026-02-28')", "1", "bigint"),
    ("date_diff('second', timestamp '2026-01-01 00:00:01', timestamp '2026-01-01 00:00:00')", "-1", "bigint"),
    ("date_diff('week', date '2026-01-01', date '2026-01-31')", "4", "bigint"),
    ("date_diff('day', timestamp '2026-01-01 23:00:00', timestamp '2026-01-02 01:00:00')", "0", "bigint"),
    ("date_trunc('month', date '2026-02-17')", "2026-02-01", "date"),
    ("date_trunc('week', date '2026-02-08')", "2026-02-02", "date"),
    ("date_trunc('hour', timestamp '2026-02-03 04:05:06.789')", "2026-02-03 04:00:00.000", "timestamp(3)"),
    (
        "date_trunc('day', from_iso8601_timestamp('2026-02-03T01:00:00+02:00'))",
        "2026-02-03 00:00:00.000 +02:00",
        "timestamp(3) with time zone",
    ),
    ("from_unixtime(0)", "1970-01-01 00:00:00.000 UTC", "timestamp(3) with time zone"),
    ("from_unixtime(1.5)", "1970-01-01 00:00:01.500 UTC", "timestamp(3) with time zone"),
    ("from_unixtime(1767323045678/1000.0)", "2026-01-02 03:04:05.700 UTC", "timestamp(3) with time zone"),
    ("from_unixtime(0, 'America/New_York')", "1969-12-31 19:00:00.000 America/New_York", "timestamp(3) with time zone"),
    ("from_unixtime(0, 2, 30)", "1970-01-01 02:30:00.000 +02:30", "timestamp(3) with time zone"),
    ("to_unixtime(timestamp '1970-01-01 00:00:01.5')", "1.5", "double"),
    ("to_unixtime(from_unixtime(5))", "5.0", "double"),
    ("from_iso8601_timestamp('2026-02-03')", "2026-02-03 00:00:00.000 UTC", "timestamp(3) with time zone"),
    (
        "from_iso8601_timestamp('2026-02-03T04:05:06.789Z')",
        "2026-02-03 04:05:06.789 UTC",
        "timestamp(3) with time zone",
    ),
    (
        "from_iso8601_timestamp('2026-02-03T04:05:06-05:00')",
        "2026-02-03 04:05:06.000 -05:00",
        "timestamp(3) with time zone",
    ),
    ("from_iso8601_date('2026-02-03')", "2026-02-03", "date"),
    ("to_iso8601(date '2026-02-03')", "2026-02-03", "varchar"),
    ("to_iso8601(timestamp '2026-02-03 04:05:06.789')", "2026-02-03T04:05:06.789", "varchar"),
    ("to_iso8601(from_iso8601_timestamp('2026-02-03T04:05:06+05:30'))", "2026-02-03T04:05:06.000+05:30", "varchar"),
    (
        "at_timezone(timestamp '2026-07-01 00:00:00 UTC', 'Europe/Paris')",
        "2026-07-01 02:00:00.000 Europe/Paris",
        "timestamp(3) with time zone",
    ),
    (
        "timestamp '2026-07-01 00:00:00 UTC' at time zone 'Asia/Tokyo'",
        "2026-07-01 09:00:00.000 Asia/Tokyo",
        "timestamp(3) with time zone",
    ),
    (
        "timestamp '2026-07-01 00:00:00' at time zone '+02:00'",
        "2026-07-01 02:00:00.000 +02:00",
        "timestamp(3) with time zone",
    ),
    (
        "with_timezone(timestamp '2026-07-01 00:00:00', 'Europe/Paris') = timestamp '2026-06-30 22:00:00 UTC'",
        "true",
        "boolean",
    ),
    ("timezone_hour(from_iso8601_timestamp('2026-02-03T04:05:06+05:30'))", "5", "bigint"),
    ("timezone_minute(from_iso8601_timestamp('2026-02-03T04:05:06+05:30'))", "30", "bigint"),
    ("current_timezone()", "UTC", "varchar"),
    ("cast(timestamp '2026-01-01 00:00:00 +02:00' as timestamp)", "2026-01-01 00:00:00.000", "timestamp(3)"),
    ("cast(timestamp '2026-01-01 00:00:00 +02:00' as date)", "2026-01-01", "date"),
    ("cast(timestamp '2026-01-01 00:00:00 +02:00' as varchar)", "2026-01-01 00:00:00.000 +02:00", "varchar"),
    ("date_format(timestamp '2026-02-03 14:05:06.789', '%Y-%m-%d %H:%i:%s')", "2026-02-03 14:05:06", "varchar"),
    (
        "date_format(timestamp '2026-02-03 14:05:06.789', '%y %c %e %k %l %h %p %M %b %W %a %j %f %T %r %v %x %%')",
        "26 2 3 14 2 02 PM February Feb Tuesday Tue 034 789000 14:05:06 02:05:06 PM 06 2026 %",
        "varchar",
    ),
    ("date_format(date '2026-02-03', '%d/%m/%Y')", "03/02/2026", "varchar"),
    ("date_parse('2026-02-03', '%Y-%m-%d')", "2026-02-03 00:00:00.000", "timestamp(3)"),
    ("date_parse('03/Feb/2026:14:05:06', '%d/%b/%Y:%H:%i:%s')", "2026-02-03 14:05:06.000", "timestamp(3)"),
    ("date_parse('2026-02-03 14:05:06.5', '%Y-%m-%d %H:%i:%s.%f')", "2026-02-03 14:05:06.500", "timestamp(3)"),
    (
        "format_datetime(timestamp '2026-02-03 14:05:06.789', 'yyyy-MM-dd''T''HH:mm:ss.SSS')",
        "2026-02-03T14:05:06.789",
        "varchar",
    ),
    (
        "format_datetime(from_iso8601_timestamp('2026-02-03T04:05:06+05:30'), 'yyyy-MM-dd HH:mm:ss ZZ')",
        "2026-02-03 04:05:06 +05:30",
        "varchar",
    ),
    ("format_datetime(date '2026-02-03', 'EEEE d MMMM yy')", "Tuesday 3 February 26", "varchar"),
    (
        "parse_datetime('2026-02-03 14:05', 'yyyy-MM-dd HH:mm')",
        "2026-02-03 14:05:00.000 UTC",
        "timestamp(3) with time zone",
    ),
    (
        "parse_datetime('2026-02-03 14:05 +0200', 'yyyy-MM-dd HH:mm Z')",
        "2026-02-03 14:05:00.000 +02:00",
        "timestamp(3) with time zone",
    ),
    ("interval '2' day", "2 00:00:00.000", "interval day to second"),
    ("interval '1:30' hour to minute", "0 01:30:00.000", "interval day to second"),
    ("interval '-3' month", "-0-3", "interval year to month"),
    ("interval '1-2' year to month", "1-2", "interval year to month"),
    ("interval '1 02:03:04' day to second", "1 02:03:04.000", "interval day to second"),
    ("date '2026-01-31' + interval '1' month", "2026-02-28", "date"),
    ("timestamp '2026-01-01 00:00:00' - interval '90' second", "2025-12-31 23:58:30.000", "timestamp(3)"),
    ("interval '1' day * 2.5", "2 12:00:00.000", "interval day to second"),
    ("interval '1' day + interval '2' hour", "1 02:00:00.000", "interval day to second"),
    ("date '2026-01-03' - date '2026-01-01'", "2 00:00:00.000", "interval day to second"),
    ("to_milliseconds(interval '1' second)", "1000", "bigint"),
    ("human_readable_seconds(96)", "1 minute, 36 seconds", "varchar"),
    ("day(interval '2' day)", "2", "bigint"),
]
FAILURES = [
    ("date_add('hour', 1, date '2026-01-01')", "INVALID_FUNCTION_ARGUMENT: 'hour' is not a valid DATE field"),
    ("date_trunc('foo', date '2026-02-17')", "INVALID_FUNCTION_ARGUMENT: 'foo' is not a valid DATE field"),
    (
        "from_iso8601_timestamp('2026-13-03T04:05:06Z')",
        'INVALID_FUNCTION_ARGUMENT: Invalid format: "2026-13-03T04:05:06Z"',
    ),
    ("from_iso8601_timestamp('x')", 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"'),
    (
        "date_format(timestamp '2026-02-03 14:05:06', '%D')",
        "INVALID_FUNCTION_ARGUMENT: %D not supported in date format string",
    ),
    ("date_parse('x', '%Y')", 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"'),
    ("interval 'x' day", "INVALID_LITERAL: line 1:8: 'x' is not a valid interval literal"),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


ZONED = """SELECT date_trunc('minute', t), date_add('hour', 1, t), t + interval '1' day, t - interval '1' month,
    hour(t), to_iso8601(t), format_datetime(t, 'HH:mm ZZ'), at_timezone(t, 'Europe/Paris')
FROM (SELECT from_iso8601_timestamp(text) AS t FROM (VALUES '2026-03-01T04:05:06-05:30', '2026-03-01T04:05:06Z', NULL)
AS texts(text)) AS times"""


def test_zoned_times_of_columns() -> None:
    _, found = rows(ZONED)
    assert found == [
        ("2026-03-01 04:05:00.000 -05:30", "2026-03-01 05:05:06.000 -05:30", "2026-03-02 04:05:06.000 -05:30",
         "2026-02-01 04:05:06.000 -05:30", "4", "2026-03-01T04:05:06.000-05:30", "04:05 -05:30",
         "2026-03-01 10:35:06.000 Europe/Paris"),
        ("2026-03-01 04:05:00.000 UTC", "2026-03-01 05:05:06.000 UTC", "2026-03-02 04:05:06.000 UTC",
         "2026-02-01 04:05:06.000 UTC", "4", "2026-03-01T04:05:06.000Z", "04:05 +00:00",
         "2026-03-01 05:05:06.000 Europe/Paris"),
        (None,) * 8,
    ]  # fmt: skip


def test_zoned_times_within_one_another() -> None:
    nested = "from_iso8601_timestamp('2026-01-31T23:59:59Z')"
    for _ in range(12):  # it would be a query of millions of terms, were each to write what is within it twice
        nested = f"date_trunc('day', {nested} + interval '1' day)"
    assert value(nested) == ("2026-02-12 00:00:00.000 UTC", "timestamp(3) with time zone")


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
