"""AWS's cron expressions, ``cron(minutes hours day-of-month month day-of-week year)``, in UTC; when one is due next."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tailrace.glue.entry import invalid

_FORM = re.compile(r"cron\((.*)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_YEARS_AHEAD = 10
_LAST = "L"


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes, hours, days, months and years at which something is due."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int] | None
    day: Callable[[date], bool]

    def after(self, instant: float) -> float | None:
        """Answer the first due instant after one, in epoch seconds; None when there is none in the next ten years."""
        start = datetime.fromtimestamp(instant, UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        day = start.date()
        last = day.replace(year=day.year + _YEARS_AHEAD, day=1)
        while day <= last:
            if day.month in self.months and (self.years is None or day.year in self.years) and self.day(day):
                for moment in self._moments(day):
                    if moment >= start:
                        return moment.timestamp()
            day += timedelta(days=1)
        return None

    def _moments(self, day: date) -> Iterator[datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def parsed(expression: str) -> Schedule:
    """Answer the schedule that an expression describes. Raises InvalidInputException."""
    found = _FORM.fullmatch(expression.strip())
    fields = found[1].split() if found else []
    if len(fields) != 6:
        raise _refused(expression)
    minutes, hours, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") == (weekday == "?"):
        raise _refused(expression)
    try:
        return Schedule(
            minutes=_numbers(minutes, 0, 59),
            hours=_numbers(hours, 0, 23),
            months=_numbers(month, 1, 12, _MONTHS),
            years=None if year == "*" else _numbers(year, 1970, 2199),
            day=_of_month(day) if weekday == "?" else _of_week(weekday),
        )
    except ValueError as error:
        raise _refused(expression) from error


def _numbers(field: str, first: int, last: int, names: dict[str, int] | None = None) -> frozenset[int]:
    def number(text: str) -> int:
        value = (names or {}).get(text) or int(text)
        if not first <= value <= last:
            raise ValueError(text)
        return value

    found: set[int] = set()
    for part in field.split(","):
        base, slash, step_text = part.partition("/")
        step = int(step_text) if slash else 1
        low, dash, high = base.partition("-")
        start = first if base == "*" else number(low)
        end = number(high) if dash else (last if base == "*" or slash else start)
        if step < 1 or end < start:
            raise ValueError(part)
        found.update(range(start, end + 1, step))
    return frozenset(found)


def _of_month(field: str) -> Callable[[date], bool]:
    if field == _LAST:
        return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    if field.endswith("W"):
        (wanted,) = _numbers(field[:-1], 1, 31)
        return lambda day: day == _nearest_workday(day.year, day.month, wanted)
    numbers = _numbers(field, 1, 31)
    return lambda day: day.day in numbers


def _of_week(field: str) -> Callable[[date], bool]:
    def number(text: str) -> int:
        (found,) = _numbers(text, 1, 7, _DAYS)
        return found

    def of(day: date) -> int:
        return day.isoweekday() % 7 + 1

    if "#" in field:
        name, _, nth = field.partition("#")
        weekday, (which,) = number(name), _numbers(nth, 1, 5)
        return lambda day: of(day) == weekday and (day.day - 1) // 7 + 1 == which
    if field.endswith(_LAST):
        weekday = number(field[:-1] or "SAT")
        return lambda day: of(day) == weekday and day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    numbers = _numbers(field, 1, 7, _DAYS)
    return lambda day: of(day) in numbers


def _nearest_workday(year: int, month: int, wanted: int) -> date:
    last = calendar.monthrange(year, month)[1]
    day = date(year, month, min(wanted, last))
    if day.isoweekday() == 6:
        return day - timedelta(days=1) if day.day > 1 else day + timedelta(days=2)
    if day.isoweekday() == 7:
        return day + timedelta(days=1) if day.day < last else day - timedelta(days=2)
    return day


def _refused(expression: str) -> Exception:
    return invalid(f"Invalid schedule expression: {expression}")
