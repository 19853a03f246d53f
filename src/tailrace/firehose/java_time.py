"""Patterns of Java's DateTimeFormatter, as ``!{timestamp:...}`` uses them: letters are fields, quotes are literal text.

Week fields follow the US calendar (weeks begin on Sunday, the first week holds January 1), as the JVM's default does.
Source: java.time.format.DateTimeFormatter, "Patterns for Formatting and Parsing".
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

Field = Callable[[datetime], str]

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]
_MONTHS += ["November", "December"]
_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_ORDINALS = ("1st", "2nd", "3rd", "4th")
_RESERVED = frozenset("{}#")


class BadPattern(ValueError):
    """The pattern is not one that Java's formatter takes."""


def compiled(pattern: str) -> Callable[[datetime], str]:
    """Answer what formats an instant by a pattern. Raises BadPattern."""
    fields: list[Field] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            text, at = _quoted(pattern, at)
            fields.append(_literal(text))
        elif letter.isascii() and letter.isalpha():
            end = at
            while end < len(pattern) and pattern[end] == letter:
                end += 1
            fields.append(_field(letter, end - at))
            at = end
        elif letter in _RESERVED:
            raise BadPattern(f"Pattern includes reserved character: '{letter}'")
        else:
            # Square brackets mark optional parts, which matter to parsing only.
            fields.append(_literal("" if letter in "[]" else letter))
            at += 1
    return lambda instant: "".join([field(instant) for field in fields])


def _quoted(pattern: str, at: int) -> tuple[str, int]:
    text, place = "", at + 1
    while place < len(pattern):
        if pattern[place] == "'":
            if pattern[place + 1 : place + 2] != "'":
                return text or "'", place + 1
            place += 1
        text += pattern[place]
        place += 1
    raise BadPattern(f"Pattern ends with an incomplete string literal: {pattern}")


def _literal(text: str) -> Field:
    return lambda instant: text


def _field(letter: str, count: int) -> Field:
    table = _FIELDS.get(letter)
    if table is None:
        raise BadPattern(f"Unknown pattern letter: {letter}")
    make, most = table
    if count > most:
        raise BadPattern(f"Too many pattern letters: {letter}")
    return make(count)


def _number(value: Callable[[datetime], int]) -> Callable[[int], Field]:
    return lambda count: lambda instant: str(value(instant)).zfill(count)


def _year(value: Callable[[datetime], int]) -> Callable[[int], Field]:
    def make(count: int) -> Field:
        if count == 2:
            return lambda instant: f"{value(instant) % 100:02d}"
        return lambda instant: str(value(instant)).zfill(count)

    return make


def _text(names: list[str], value: Callable[[datetime], int], numeric: int) -> Callable[[int], Field]:
    """Numbers up to a count of letters, then the short, the full and the narrow name."""

    def make(count: int) -> Field:
        if count <= numeric:
            return lambda instant: str(value(instant) + 1).zfill(count)
        if count == 4:
            return lambda instant: names[value(instant)]
        return lambda instant: names[value(instant)][: 1 if count == 5 else 3]

    return make


def _quarter(count: int) -> Field:
    def name(instant: datetime) -> str:
        quarter = (instant.month - 1) // 3
        if count <= 2:
            return str(quarter + 1).zfill(count)
        return f"Q{quarter + 1}" if count == 3 else f"{_ORDINALS[quarter]} quarter" if count == 4 else str(quarter + 1)

    return name


def _fraction(count: int) -> Field:
    return lambda instant: f"{instant.microsecond * 1000:09d}"[:count]


def _era(count: int) -> Field:
    return _literal("Anno Domini" if count == 4 else "A" if count == 5 else "AD")


def _half_day(count: int) -> Field:
    return lambda instant: "AM" if instant.hour < 12 else "PM"


def _offset(zulu: bool) -> Callable[[int], Field]:
    def make(count: int) -> Field:
        def name(instant: datetime) -> str:
            sign, hours, minutes, seconds = _parts(instant)
            if zulu and not (hours or minutes or seconds):
                return "Z"
            if count == 1:
                return f"{sign}{hours:02d}" + (f"{minutes:02d}" if minutes else "")
            colon = ":" if count in (3, 5) else ""
            tail = f"{colon}{seconds:02d}" if seconds and count >= 4 else ""
            return f"{sign}{hours:02d}{colon}{minutes:02d}{tail}"

        return name

    return make


def _rfc_offset(count: int) -> Field:
    if count <= 3:
        return _offset(zulu=False)(2)
    return _localized_offset(4) if count == 4 else _offset(zulu=True)(5)


def _localized_offset(count: int) -> Field:
    def name(instant: datetime) -> str:
        sign, hours, minutes, _ = _parts(instant)
        if not (hours or minutes):
            return "GMT"
        if count == 4:
            return f"GMT{sign}{hours:02d}:{minutes:02d}"
        return f"GMT{sign}{hours}" + (f":{minutes:02d}" if minutes else "")

    if count not in (1, 4):
        raise BadPattern("Pattern letter count must be 1 or 4: O")
    return name


def _zone_id(count: int) -> Field:
    if count != 2:
        raise BadPattern("Pattern letter count must be 2: V")
    return lambda instant: str(instant.tzinfo)


def _zone_name(count: int) -> Field:
    return lambda instant: instant.tzname() or ""


def _parts(instant: datetime) -> tuple[str, int, int, int]:
    seconds = round((instant.utcoffset() or timedelta()).total_seconds())
    sign = "-" if seconds < 0 else "+"
    return sign, abs(seconds) // 3600, abs(seconds) // 60 % 60, abs(seconds) % 60


def _weekday(instant: datetime) -> int:
    """Sunday is 0."""
    return instant.isoweekday() % 7


def _week_year(instant: datetime) -> int:
    week_end = instant.date() + timedelta(days=6 - _weekday(instant))
    return week_end.year


def _week_of_year(instant: datetime) -> int:
    first = date(_week_year(instant), 1, 1)
    begin = first - timedelta(days=first.isoweekday() % 7)
    return (instant.date() - begin).days // 7 + 1


def _week_of_month(instant: datetime) -> int:
    first = instant.date().replace(day=1)
    return (instant.day + first.isoweekday() % 7 - 1) // 7 + 1


def _day_ms(instant: datetime) -> int:
    return ((instant.hour * 60 + instant.minute) * 60 + instant.second) * 1000 + instant.microsecond // 1000


_ANY = 19
_FIELDS: dict[str, tuple[Callable[[int], Field], int]] = {
    "G": (_era, 5),
    "u": (_year(lambda instant: instant.year), _ANY),
    "y": (_year(lambda instant: instant.year), _ANY),
    "Y": (_year(_week_year), _ANY),
    "D": (_number(lambda instant: instant.timetuple().tm_yday), 3),
    "M": (_text(_MONTHS, lambda instant: instant.month - 1, 2), 5),
    "L": (_text(_MONTHS, lambda instant: instant.month - 1, 2), 5),
    "d": (_number(lambda instant: instant.day), 2),
    "Q": (_quarter, 5),
    "q": (_quarter, 5),
    "w": (_number(_week_of_year), 2),
    "W": (_number(_week_of_month), 1),
    "E": (_text(_DAYS, _weekday, 0), 5),
    "e": (_text(_DAYS, _weekday, 2), 5),
    "c": (_text(_DAYS, _weekday, 1), 5),
    "F": (_number(lambda instant: (instant.day - 1) % 7 + 1), 1),
    "a": (_half_day, 1),
    "h": (_number(lambda instant: instant.hour % 12 or 12), 2),
    "K": (_number(lambda instant: instant.hour % 12), 2),
    "k": (_number(lambda instant: instant.hour or 24), 2),
    "H": (_number(lambda instant: instant.hour), 2),
    "m": (_number(lambda instant: instant.minute), 2),
    "s": (_number(lambda instant: instant.second), 2),
    "S": (_fraction, 9),
    "A": (_number(_day_ms), _ANY),
    "n": (_number(lambda instant: instant.microsecond * 1000), _ANY),
    "N": (_number(lambda instant: _day_ms(instant) * 1_000_000 + instant.microsecond % 1000 * 1000), _ANY),
    "V": (_zone_id, 2),
    "z": (_zone_name, 4),
    "O": (_localized_offset, 4),
    "X": (_offset(zulu=True), 5),
    "x": (_offset(zulu=False), 5),
    "Z": (_rfc_offset, 5),
}
