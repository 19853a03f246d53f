"""Patterns of dates and times: MySQL's (date_format, date_parse) and Joda's (format_datetime, parse_datetime), written
as DuckDB's strftime and strptime have them.
"""

import re

_MYSQL = {
    "a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
    "j": "%j", "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S",
    "T": "%H:%M:%S", "v": "%V", "W": "%A", "x": "%G", "Y": "%Y", "y": "%y", "%": "%%",
}  # fmt: skip
_JODA = {
    "yyyy": "%Y", "y": "%Y", "YYYY": "%Y", "Y": "%Y", "yy": "%y", "YY": "%y", "xxxx": "%G", "MMMM": "%B", "MMM": "%b",
    "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j", "EEEE": "%A", "EEE": "%a", "EE": "%a",
    "E": "%a", "e": "%u", "ww": "%V", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M",
    "ss": "%S", "s": "%-S", "SSS": "%g", "SSSSSS": "%f", "a": "%p", "aa": "%p", "z": "UTC", "Z": "+0000",
    "ZZ": "+00:00", "ZZZ": "UTC",
}  # fmt: skip
_JODA_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


class PatternProblem(ValueError):
    """The pattern holds something that has no meaning."""


def from_mysql(pattern: str) -> str:
    """Answer DuckDB's pattern for MySQL's. PatternProblem for a letter that Trino refuses."""
    made: list[str] = []
    index = 0
    while index < len(pattern):
        if pattern[index] != "%" or index + 1 == len(pattern):
            made.append(pattern[index])
            index += 1
            continue
        letter = pattern[index + 1]
        if letter in "DUuVwX":
            raise PatternProblem(f"%{letter} not supported in date format string")
        made.append(_MYSQL.get(letter, letter))
        index += 2
    return "".join(made)


def from_joda(pattern: str, *, parsing: bool) -> tuple[str, bool]:
    """Answer DuckDB's pattern for Joda's, and whether it has a zone. PatternProblem for a letter without meaning."""
    made: list[str] = []
    zoned = False
    for match in _JODA_TOKEN.finditer(pattern):
        text = match.group()
        if match.group(1) is not None:
            made.append((match.group(1).replace("''", "'") or "'").replace("%", "%%"))
        elif not text[0].isalpha():
            made.append(text.replace("%", "%%"))
        elif text not in _JODA:
            raise PatternProblem(f"Illegal pattern component: {text}")
        else:
            zoned = zoned or text[0] in "zZ"
            made.append("%z" if parsing and text[0] == "Z" else _JODA[text])
    return "".join(made), zoned
