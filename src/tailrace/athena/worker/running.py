"""A query over its scans: run, and run again when a file turns out to need another way of being read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import duckdb

from tailrace.athena.worker.connection import Connection
from tailrace.athena.worker.failure import failure_text
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.scans import Scans

_ODD_JSON = re.compile(r"(Malformed JSON in file|Expected OBJECT, but got|has duplicate key)")
_FILE = re.compile(r'in file "(.*?)"')
_LARGE_OBJECT = re.compile(r"\"maximum_object_size\" of \d+ bytes exceeded")
_TRIES_A_FILE = 4

T = TypeVar("T")


def run(connection: Connection, scans: Scans, work: Callable[[str], T]) -> T:
    """Do some work with the WITH that names the scans. Raises QueryFailure with Athena's text."""
    for attempt in range(_TRIES_A_FILE + 3):
        try:
            return work(scans.named())
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            if not _read_otherwise(str(error), scans, attempt):
                raise QueryFailure(failure_text(_with_uris(str(error), scans))) from error
    raise AssertionError("every file has been written anew")


def _read_otherwise(error: str, scans: Scans, attempt: int) -> bool:
    """Choose the slow way for the file that the error names, or for all; False when that was already done."""
    ways = scans.ways
    if _LARGE_OBJECT.search(error) and not ways.large_objects:
        ways.large_objects = True
        return True
    if not _ODD_JSON.search(error):
        return False
    paths = set(scans.paths())
    match = _FILE.search(error)
    named = {match[1]} & paths if match is not None else set()
    chosen = named if named and attempt < _TRIES_A_FILE else paths
    if chosen <= ways.rewritten:
        return False
    ways.rewritten |= chosen
    return True


def _with_uris(error: str, scans: Scans) -> str:
    """Name objects rather than the paths of their bytes."""
    for path, uri in scans.paths().items():
        error = error.replace(path, uri)
    return error
