"""What the task process is told of a scan: plain values that JSON carries from the server and back into these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class FileToRead(msgspec.Struct, frozen=True):
    """An object of S3 and where its bytes lie. ``partition`` is its place among the scan's partitions."""

    path: str
    uri: str
    size: int
    modified_ms: int
    partition: int


class ColumnToRead(msgspec.Struct, frozen=True):
    """A column of the files: its name, its Hive type, and ``c<index>`` in the scan."""

    name: str
    type: str
    index: int


class Group(msgspec.Struct, frozen=True):
    """Files that are read alike: by one SerDe with one set of columns, which are all of the files' in their order."""

    serde: str
    input_format: str
    parameters: Mapping[str, str]
    columns: Sequence[ColumnToRead]
    files: Sequence[FileToRead]


class ScanPlan(msgspec.Struct, frozen=True):
    """A scan: its groups, the values of its partitions, and which hidden columns are read.

    ``used`` are the indexes of the columns that the query reads; ``nothing`` types the scan when there are no files.
    """

    number: int
    groups: Sequence[Group]
    keys: Sequence[ColumnToRead]
    partitions: Sequence[Sequence[str | None]]
    hidden: Mapping[str, int]
    used: Sequence[int]
    columns: Sequence[ColumnToRead]


def plan_of(value: Any) -> ScanPlan:
    """Answer the scan that the payload of a task describes."""
    return msgspec.convert(value, ScanPlan)
