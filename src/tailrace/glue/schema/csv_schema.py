"""CSV: the delimiter found, a header told from data, columns typed bigint, double or string.

At least two columns and two rows, all rows alike; a header's cells are all texts and some data cell isn't (Glue guide).
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tailrace.glue.schema.hive_type import BIGINT, DOUBLE, STRING, Scalar, Type, merged
from tailrace.glue.schema.shape import add_columns

DELIMITERS = (",", "|", "\t", ";", "\u0001")
ROWS_MAX = 1000
_HEADER_CHARS_MAX = 150
_WHOLE = re.compile(r"[+-]?\d{1,19}")
_FRACTION = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_CUSTOM_TYPES = {"LONG": "bigint", "SHORT": "smallint", "DECIMAL": "decimal(38,18)"}
_FIELD_CHARS_MAX = 10 * 2**20


class NotCsv(ValueError):
    """The text isn't rows of one width."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a custom classifier says; the built-in one says nothing."""

    delimiter: str | None = None
    quote: str | None = None
    header: str = "UNKNOWN"
    names: Sequence[str] = ()
    trim: bool = True
    single_column: bool = False
    types: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A CSV file's columns, its delimiter, whether it has a header, and how many rows of data were looked at."""

    columns: dict[str, Type]
    delimiter: str
    has_header: bool
    rows: int
    quoted: bool
    names: tuple[str, ...] = field(default=())


def found_in(text: str, rules: Rules, *, complete: bool) -> Found:
    """Answer what a sample holds. Raises NotCsv."""
    lines = text if complete else text[: text.rfind("\n") + 1]
    candidates = (rules.delimiter,) if rules.delimiter else DELIMITERS
    for delimiter in candidates:
        rows = _rows(lines, delimiter, rules)
        if rows is not None:
            return _described(rows, delimiter, rules, quoted=_is_quoted(lines, rules))
    raise NotCsv


def _rows(text: str, delimiter: str, rules: Rules) -> list[list[str]] | None:
    csv.field_size_limit(_FIELD_CHARS_MAX)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, quotechar=rules.quote or '"', strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append([cell.strip() for cell in row] if rules.trim else row)
            if len(rows) > ROWS_MAX:
                break
    except csv.Error:
        return None
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    told = rules.header != "UNKNOWN" or rules.single_column
    if len(rows[0]) < (1 if rules.single_column else 2) or len(rows) < (1 if told else 2):
        return None
    return rows


def _described(rows: list[list[str]], delimiter: str, rules: Rules, *, quoted: bool) -> Found:
    types = [_type(cell) for cell in rows[0]]
    data = rows[1:]
    typed = _types(data, len(rows[0]))
    has_header = rules.header == "PRESENT" or (rules.header == "UNKNOWN" and _is_header(rows[0], types, typed, rules))
    if not has_header:
        data, typed = rows, _types(rows, len(rows[0]))
    names = rules.names or (rows[0] if has_header else [f"col{place}" for place in range(len(typed))])
    if len(names) != len(typed):
        raise NotCsv
    if len(rules.types) == len(typed):
        typed = [Scalar(_CUSTOM_TYPES.get(name, name.lower())) for name in rules.types]
    columns: dict[str, Type] = {}
    add_columns(columns, ((name or f"col{place}", typed[place]) for place, name in enumerate(names)))
    return Found(columns, delimiter, has_header, len(data), quoted, tuple(names))


def _is_header(cells: list[str], types: list[Type], data: list[Type], rules: Rules) -> bool:
    if rules.names and [cell.lower() for cell in cells] == [name.lower() for name in rules.names]:
        return True
    if any(found != STRING or len(cell) > _HEADER_CHARS_MAX for cell, found in zip(cells, types, strict=True)):
        return False
    if not all(cells[:-1]) or len(set(cells)) < len(cells):
        return False
    return any(found != STRING for found in data)


def _types(rows: list[list[str]], width: int) -> list[Type]:
    types: list[Type | None] = [None] * width
    for row in rows:
        for place, cell in enumerate(row):
            if cell:
                found, known = _type(cell), types[place]
                types[place] = found if known is None else merged(known, found)
    return [STRING if found is None else found for found in types]


def _type(cell: str) -> Type:
    if _WHOLE.fullmatch(cell):
        return BIGINT
    return DOUBLE if _FRACTION.fullmatch(cell) else STRING


def _is_quoted(text: str, rules: Rules) -> bool:
    return rules.quote is not None and rules.quote in text
