"""JSON files that DuckDB can't read as the SerDe does, written anew: one object a line with keys in lower case.

As the SerDe has it: what follows the first value of a line is not seen, an empty line is a row of NULLs, an array holds
the columns in order, keys that differ in case alone are an error, and a malformed line is one or a row of NULLs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from tailrace.athena.worker.compression import open_decompressed
from tailrace.athena.worker.query_failure import QueryFailure

_PROBLEM = "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: "
_DECODER = json.JSONDecoder(parse_float=lambda text: _Number(text), parse_int=lambda text: _Number(text))


class _Number(float):
    """A number as it is written."""

    def __new__(cls, text: str) -> _Number:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def rewrite(
    source: str, uri: str, target: Path, columns: Sequence[str], canonical: Callable[[str], str], ignore_malformed: bool
) -> None:
    """Write a file's rows anew. Raises QueryFailure HIVE_CURSOR_ERROR for a line that is no row."""
    with open_decompressed(source, uri) as lines, target.open("wb") as out:
        for value in _values(lines, ignore_malformed):
            row = dict(zip(columns, value, strict=False)) if isinstance(value, list) else value
            out.write(_encoded(_lowered(row, canonical)))
            out.write(b"\n")


def _values(lines: BinaryIO, ignore_malformed: bool) -> Iterator[Any]:
    for number, line in enumerate(lines, 1):
        try:
            yield _value(line, number)
        except QueryFailure:
            if not ignore_malformed:
                raise
            yield {}


def _value(line: bytes, number: int) -> Any:
    text = line.decode("utf-8", "replace").strip()
    if not text:
        return {}
    if text[0] not in "{[":
        raise QueryFailure(f"{_PROBLEM}A JSONObject text must begin with '{{' at 1 [character 2 line 1]")
    try:
        value, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        place = f"at {error.pos + 1} [character {error.pos + 2} line 1]"
        raise QueryFailure(f"{_PROBLEM}{error.msg} {place}") from error
    return value


def _lowered(value: Any, canonical: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_lowered(part, canonical) for part in value]
    if not isinstance(value, dict):
        return value
    lowered: dict[str, Any] = {}
    for key, part in value.items():
        name = canonical(key)
        if name in lowered:
            raise QueryFailure(f'{_PROBLEM}Duplicate key "{name}"')
        lowered[name] = _lowered(part, canonical)
    return lowered


def _encoded(value: Any) -> bytes:
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    return orjson.Fragment(value.text)
