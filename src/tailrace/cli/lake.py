"""The lake: the rows that a delivery stream wrote to S3, read back from the objects themselves."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from tailrace.cli.connection import Connection


@dataclass(frozen=True, slots=True)
class Lake:
    """Where a delivery stream's rows lie: a bucket and the prefix before the first expression."""

    bucket: str
    prefix: str

    def rows(self, connection: Connection) -> Iterator[dict[str, Any]]:
        """Answer every row, object by object; lines that are no JSON objects come as an empty row."""
        s3 = connection.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
            for found in page.get("Contents", ()):
                body = s3.get_object(Bucket=self.bucket, Key=found["Key"])["Body"].read()
                if body[:2] == b"\x1f\x8b":
                    body = gzip.decompress(body)
                for line in body.splitlines():
                    yield _row(line)


@dataclass(slots=True)
class Contents:
    """What a lake holds: how many rows, how many different changes, and the last change of each key."""

    rows: int = 0
    events: set[str] = field(default_factory=set)
    last: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = field(default_factory=dict)
    unnamed: int = 0

    def take(self, row: dict[str, Any], keys: list[str]) -> None:
        """Count a row. ``keys`` are the table's key attributes, which the rows carry as columns."""
        self.rows += 1
        if "event_id" not in row:
            self.unnamed += 1
            return
        self.events.add(row["event_id"])
        if all(key in row for key in keys) and "sequence_number" in row:
            key, sequence = tuple(str(row[name]) for name in keys), int(row["sequence_number"])
            if key not in self.last or self.last[key][0] < sequence:
                self.last[key] = (sequence, row)

    def current(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """Answer the rows of the items that exist: the last change of each key, deletes honoured."""
        return {key: row for key, (_, row) in self.last.items() if row.get("event_name") != "REMOVE"}


def differs(item: dict[str, dict[str, Any]], row: dict[str, Any]) -> list[str]:
    """Answer the attributes of a table's item whose value in the lake's row is another; absent columns don't count."""
    return [name for name, value in item.items() if name in row and not _same(value, row[name])]


def _same(attribute: dict[str, Any], value: Any) -> bool:
    kind, stored = next(iter(attribute.items()))
    if kind == "N":
        return isinstance(value, int | float | Decimal) and Decimal(stored) == Decimal(str(value))
    if kind in ("S", "BOOL"):
        return bool(stored == value)
    return True


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return row if isinstance(row, dict) else {}
