"""A relation made: its SQL and its fields."""

from __future__ import annotations

import msgspec

from tailrace.athena.analysis.scope import Field


class Source(msgspec.Struct, frozen=True):
    """What can stand in FROM; ``lateral`` when it refers to what is on its left."""

    sql: str
    fields: tuple[Field, ...]
    lateral: bool = False
