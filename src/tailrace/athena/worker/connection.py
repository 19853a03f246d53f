"""The DuckDB connection of the task process: its settings, Trino's macros and the few functions that are Python's."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import duckdb

from tailrace.athena.functions.macros import macros_for, names_in

_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET enable_progress_bar = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET parquet_metadata_cache = true",  # files of objects never change; it is let go when memory is short
)
_SOUNDEX = {**dict.fromkeys("BFPV", "1"), **dict.fromkeys("CGJKQSXZ", "2"), **dict.fromkeys("DT", "3"), "L": "4",
            **dict.fromkeys("MN", "5"), "R": "6"}  # fmt: skip


def _json_sorted(text: str) -> str:
    """Write JSON as Trino's canonical form: keys in order, no blanks."""
    if "{" not in text:
        return text
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sha512(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def _crc32(data: bytes) -> int:
    return binascii.crc32(data)


def _hmac(name: str, data: bytes, key: bytes) -> bytes:
    return hmac.digest(key, data, name)


def _soundex(text: str) -> str:
    letters = [letter for letter in text.upper() if letter.isalpha()]
    if not letters:
        return ""
    code, last = letters[0], _SOUNDEX.get(letters[0], "")
    for letter in letters[1:]:
        digit = _SOUNDEX.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "HW":
            last = digit
    return (code + "000")[:4]


_PYTHON: dict[str, tuple[Callable[..., Any], list[Any], str]] = {
    "trino_json_sorted": (_json_sorted, ["VARCHAR"], "VARCHAR"),
    "trino_sha512": (_sha512, ["BLOB"], "BLOB"),
    "trino_crc32": (_crc32, ["BLOB"], "BIGINT"),
    "trino_hmac": (_hmac, ["VARCHAR", "BLOB", "BLOB"], "BLOB"),
    "trino_soundex": (_soundex, ["VARCHAR"], "VARCHAR"),
}


class Connection:
    """DuckDB with what a piece of SQL needs made beforehand."""

    def __init__(self, temporary_folder: str | None = None) -> None:
        self.duckdb = duckdb.connect()
        for setting in _SETTINGS:
            self.duckdb.execute(setting)
        if temporary_folder is not None:
            self.duckdb.execute(f"SET temp_directory = '{temporary_folder.replace(chr(39), chr(39) * 2)}'")
        self._made: set[str] = set()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        """Run some SQL, its macros and functions made first; ``$1`` is the first parameter."""
        macros = macros_for(sql)
        for text in (sql, *macros.values()):
            for name in names_in(text):
                if name in _PYTHON and name not in self._made:
                    function, arguments, result = _PYTHON[name]
                    self.duckdb.create_function(name, function, arguments, result)
                    self._made.add(name)
        for name, definition in macros.items():
            if name not in self._made:
                self.duckdb.execute(definition)
                self._made.add(name)
        return self.duckdb.execute(sql, parameters or None)


@cache
def connection() -> Connection:
    """Answer the process's connection."""
    return Connection()
