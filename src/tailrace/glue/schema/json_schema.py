"""JSON: objects, one a line, one after the other, or one array of everything; and what columns they have.

A custom classifier's path shapes the schema only: the SerDe reads whole lines all the same.
"""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from tailrace.glue.schema.hive_type import NOTHING, Type, merged, type_of
from tailrace.glue.schema.json_path import Step, select
from tailrace.glue.schema.shape import add_columns

ARRAY_COLUMN = "array"
VALUE_COLUMN = "record"
_DECODER = json.JSONDecoder()
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class NotJson(ValueError):
    """The bytes aren't JSON objects or arrays."""


def records_of(sample: bytes, *, complete: bool) -> tuple[list[Any], int]:
    """Answer the records of a sample and how many of its bytes they take. Raises NotJson.

    ``complete`` says that nothing follows the sample; else its last record may be cut off and is left out.
    """
    body = sample.removeprefix(_BOM)
    if body.lstrip(_BLANK)[:1] not in (b"{", b"["):
        raise NotJson
    lines = _by_line(body, complete)
    if lines is not None:
        return lines
    return _one_after_the_other(body, complete)


def columns_of(records: list[Any], steps: tuple[Step, ...] = ()) -> tuple[dict[str, Type], tuple[str, ...]]:
    """Answer the columns by lower-case name, and the names as they stand in the records."""
    fields: dict[str, Type] = {}
    get = fields.get
    for row in _rows(records, steps):
        for name, value in row.items():
            found = type_of(value)
            known = get(name)
            if known is not found:
                fields[name] = found if known is None else merged(known, found)
    columns: dict[str, Type] = {}
    add_columns(columns, fields.items())
    return columns, tuple(fields)


def _rows(records: list[Any], steps: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    for record in records:
        for value in select(steps, record):
            if isinstance(value, dict):
                yield value
            elif steps:
                yield {VALUE_COLUMN: value}
            else:
                yield {ARRAY_COLUMN: value}


def _by_line(body: bytes, complete: bool) -> tuple[list[Any], int] | None:
    end = len(body) if complete else body.rfind(b"\n") + 1
    records = []
    for line in body[:end].splitlines():
        if not line or line.isspace():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(record, dict | list):
            return None
        records.append(record)
    return (records, end) if records else None


def _one_after_the_other(body: bytes, complete: bool) -> tuple[list[Any], int]:
    text = body.decode("utf-8", "strict" if complete else "ignore")
    records: list[Any] = []
    at = _skip_blank(text, 0)
    while at < len(text):
        try:
            record, end = _DECODER.raw_decode(text, at)
        except ValueError as error:
            # What doesn't parse is either a record cut off by the end of the sample, or no JSON.
            if complete or (not records and not _cut_off(text, at)):
                raise NotJson from error
            break
        if not isinstance(record, dict | list):
            raise NotJson
        records.append(record)
        at = _skip_blank(text, end)
    return records, len(text[:at].encode())


def _cut_off(text: str, at: int) -> bool:
    return text[at : at + 1] in ("{", "[")


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def is_schema(columns: dict[str, Type]) -> bool:
    """Answer whether there is a column that is more than nulls."""
    return any(found != NOTHING for found in columns.values())
