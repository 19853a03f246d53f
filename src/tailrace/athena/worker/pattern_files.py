"""Lines by a pattern: RegexSerDe, whose groups are the columns, and Grok, which is made of named patterns."""

from __future__ import annotations

import re

from tailrace.athena.analysis.type import Type
from tailrace.athena.functions.times import literal
from tailrace.athena.worker.delimited_files import lazy_value, line_reader
from tailrace.athena.worker.grok_patterns import PATTERNS
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.reader import Reading

_REFERENCE = re.compile(r"%\{(\w+)(?::([\w.]+))?(?::\w+)?\}")
_DEPTH_MAX = 20


def regex_reader(reading: Reading) -> list[str]:
    """Answer the SELECTs of a group that RegexSerDe reads: a line that does not match is a row of NULLs."""
    pattern = reading.parameters.get("input.regex")
    if not pattern:
        raise QueryFailure('HIVE_UNKNOWN_ERROR: This table does not have serde property "input.regex"!')
    return _select(reading, pattern)


def grok_reader(reading: Reading) -> list[str]:
    """Answer the SELECTs of a group that Grok reads: columns are the named parts in order."""
    own = {}
    for line in reading.parameters.get("input.grokCustomPatterns", "").splitlines():
        name, _, text = line.strip().partition(" ")
        own[name] = text
    return _select(reading, _expanded(reading.parameters.get("input.format", ""), {**PATTERNS, **own}, 0))


def _expanded(text: str, patterns: dict[str, str], depth: int) -> str:
    if depth > _DEPTH_MAX:
        raise QueryFailure("HIVE_CURSOR_ERROR: the Grok pattern refers to itself")

    def replace(match: re.Match[str]) -> str:
        if match[1] not in patterns:
            raise QueryFailure(f"HIVE_CURSOR_ERROR: No definition for key '{match[1]}' found, aborting")
        inner = _expanded(patterns[match[1]], patterns, depth + 1)
        # Only what is named is a group that counts.
        inner = re.sub(r"(?<!\\)\((?!\?)", "(?:", inner)
        return f"({inner})" if match[2] else f"(?:{inner})"

    return _REFERENCE.sub(replace, text)


def _select(reading: Reading, pattern: str) -> list[str]:
    places = {column.name: place for place, column in enumerate(reading.group.columns)}
    selects = []
    for codec, files in reading.by_codec().items():
        columns = {column.index: _group(pattern, places[column.name] + 1, type_) for column, type_ in reading.wanted()}
        selects.append(reading.select(line_reader(reading, codec, files), columns, files))
    return selects


def _group(pattern: str, place: int, type_: Type) -> str:
    text = (
        f"CASE WHEN regexp_full_match(r.line, {literal(pattern)}) "
        f"THEN regexp_extract(r.line, {literal(f'^(?:{pattern})$')}, {place}) END"
    )
    return lazy_value(text, type_, (), "\\N")
