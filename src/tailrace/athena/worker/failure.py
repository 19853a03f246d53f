"""DuckDB's errors in Athena's words. What Trino's macros raise carries its own; the rest is known by its text."""

from __future__ import annotations

import re
from collections.abc import Callable

from tailrace.athena.functions.macros import FAILURE_MARK

_TYPES = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint", "FLOAT": "real",
          "DOUBLE": "double", "BOOL": "boolean", "INT128": "bigint"}  # fmt: skip
_CASTS = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INT", "INT64": "BIGINT", "FLOAT": "REAL"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_OWN = re.compile(rf"Could not convert string '{FAILURE_MARK}(.*)' to BOOL", re.DOTALL)


def _overflow(match: re.Match[str]) -> str:
    kind = _TYPES.get(match[2], match[2].lower())
    return f"NUMERIC_VALUE_OUT_OF_RANGE: {kind} {match[1]} overflow: {match[3]}"


def _out_of_range(match: re.Match[str]) -> str:
    value = re.sub(r"^(-?\d)e\+?", r"\1.0E", match[1])
    value = re.sub(r"e\+?", "E", value)
    return f"NUMERIC_VALUE_OUT_OF_RANGE: Out of range for {_TYPES.get(match[2], match[2])}: {value}"


def _not_castable(match: re.Match[str]) -> str:
    return f"INVALID_CAST_ARGUMENT: Cannot cast '{match[1]}' to {_CASTS.get(match[2], match[2])}"


def _no_decimal(match: re.Match[str]) -> str:
    precision, scale = match[2].split(",")
    why = "Value too large." if _NUMBER.fullmatch(match[1].strip()) else "Value is not a number."
    return f"INVALID_CAST_ARGUMENT: Cannot cast VARCHAR '{match[1]}' to DECIMAL({precision}, {scale}). {why}"


def _too_large_decimal(match: re.Match[str]) -> str:
    precision, scale = match[2].split(",")
    return f"INVALID_CAST_ARGUMENT: Cannot cast '{match[1]}' to DECIMAL({precision}, {scale})"


_JSON = "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: "


def _malformed(match: re.Match[str]) -> str:
    return f"{_JSON}{match[4].strip().rstrip('.')} at line {match[3]} (byte {match[2]})"


def _duplicate(match: re.Match[str]) -> str:
    return f'{_JSON}Duplicate key "{match[1]}"'


def _no_object(match: re.Match[str]) -> str:
    return f"{_JSON}A JSONObject text must begin with '{{' at line {match[1]}"


def _bad_field(match: re.Match[str]) -> str:
    return f"HIVE_BAD_DATA: Error parsing field value in line {match[1]}: {match[2].strip()}"


_TABLE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), made)
    for pattern, made in (
        (r'Malformed JSON in file "(.*?)", at byte (\d+) in line (\d+): ([^\n]*)', _malformed),
        (r'has duplicate key "(.*?)"', _duplicate),
        (r"in line (\d+): Expected OBJECT, but got", _no_object),
        (r"JSON transform error in file .*?, in line (\d+): ([^\n]*)", _bad_field),
        (r"Division by zero", "DIVISION_BY_ZERO: Division by zero"),
        (r"Overflow in \w+ of DECIMAL", "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"),
        (r"Overflow in (\w+) of (\w+) \((.*?)\)!", _overflow),
        (r"Type \w+ with value (\S+) can't be cast because the value is out of range for the destination type (\w+)",
         _out_of_range),
        (r"Could not convert string \"(.*?)\" to DECIMAL\((\d+,\d+)\)", _no_decimal),
        (r"Casting value \"(.*?)\" to type DECIMAL\((\d+,\d+)\) failed", _too_large_decimal),
        (r"Could not cast value (\S+) to DECIMAL\((\d+,\d+)\)", _too_large_decimal),
        (r"Could not convert string '(.*?)' to (\w+)", _not_castable),
        (r"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple "
         "rows"),
        (r"Map keys must be unique", "INVALID_FUNCTION_ARGUMENT: Duplicate map keys are not allowed"),
        (r"Out of Memory Error|failed to allocate|could not allocate", "EXCEEDED_MEMORY_LIMIT: Query exceeded local "
         "memory limit"),
        (r"TRY can not be used in combination with", "NOT_SUPPORTED: try over a subquery or a random value is not "
         "implemented in Tailrace yet"),
        (r"invalid perl operator: ([^\n]*)", lambda match: f"INVALID_FUNCTION_ARGUMENT: invalid perl operator: "
         f"{match[1]}: regular expressions are RE2's"),
        (r"No magic bytes found at end of file '(.*?)'", lambda match: f"HIVE_BAD_DATA: Not valid Parquet file: "
         f"{match[1]} expected magic number: PAR1"),
        (r"(No files found that match|Cannot open file|IO Error: [^\n]*)", lambda match: "HIVE_CANNOT_OPEN_SPLIT: "
         f"Error opening Hive split: {match[1]}"),
        (r"Invalid (?:unicode|UTF-?8)", "HIVE_BAD_DATA: Invalid UTF-8"),
    )
)  # fmt: skip


def failure_text(error: str) -> str:
    """Answer Athena's ``CODE: text`` for an error of DuckDB."""
    own = _OWN.search(error)
    if own is not None:
        return own[1]
    for pattern, made in _TABLE:
        match = pattern.search(error)
        if match is not None:
            return made if isinstance(made, str) else made(match)
    return f"GENERIC_INTERNAL_ERROR: {error.splitlines()[0] if error else 'unknown'}"
