"""A relation made: its SQL and its fields."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.athena.analysis.scope import Field


@dataclass(frozen=True, slots=True)
class Source:
    """What can stand in FROM; ``lateral`` when it refers to what is on its left."""

    sql: str
    fields: tuple[Field, ...]
    lateral: bool = False
