"""Prepared statements as they are kept, by workgroup."""

from __future__ import annotations

import msgspec

from tailrace.engine.rows import Rows


class PreparedStatement(msgspec.Struct, frozen=True):
    """A statement with question marks, under a name."""

    name: str
    workgroup: str
    text: str
    description: str | None
    modified_ms: int


PREPARED = Rows("athena/prepared", PreparedStatement)


def prepared_key(region: str, workgroup: str, name: str) -> str:
    """Answer the key of a prepared statement."""
    return f"{region}/{workgroup}/{name}"
