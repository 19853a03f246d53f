"""Capacity units: what reads and writes cost, and how ConsumedCapacity tells it.

Reads count 4 KB, writes 1 KB of the larger of before and after; an untouched index has no entry (measured ladder).
"""

from typing import Any

import msgspec

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096


def write_units(size: int) -> int:
    """Answer the write units of an item of a size; at least one."""
    return max(1, -(-size // WRITE_UNIT_BYTES))


def read_units(size: int, *, consistent: bool) -> float:
    """Answer the read units of bytes read at once; at least one's worth."""
    units = max(1, -(-size // READ_UNIT_BYTES))
    return float(units) if consistent else units / 2


class Units(msgspec.Struct):
    """The units a request consumed of one table and its indexes."""

    table: float = 0.0
    local_indexes: dict[str, float] = msgspec.field(default_factory=dict)
    global_indexes: dict[str, float] = msgspec.field(default_factory=dict)

    def add_index(self, name: str, units: float, *, is_global: bool) -> None:
        """Count units of an index."""
        indexes = self.global_indexes if is_global else self.local_indexes
        indexes[name] = indexes.get(name, 0.0) + units

    @property
    def total(self) -> float:
        """The units of the table and all its indexes."""
        return self.table + sum(self.local_indexes.values()) + sum(self.global_indexes.values())


def consumed(
    table_name: str, units: Units, detail: str | None, *, factor: float = 1.0, split: str | None = None
) -> dict[str, Any]:
    """Answer a ConsumedCapacity; ``split`` names the member that transactions repeat each total in."""

    def capacity(amount: float) -> dict[str, float]:
        told = {"CapacityUnits": amount * factor}
        return {**told, split: amount * factor} if split else told

    answer: dict[str, Any] = {"TableName": table_name, **capacity(units.total)}
    if detail == "INDEXES":
        answer["Table"] = capacity(units.table)
        for member, indexes in (
            ("LocalSecondaryIndexes", units.local_indexes),
            ("GlobalSecondaryIndexes", units.global_indexes),
        ):
            if indexes:
                answer[member] = {name: capacity(amount) for name, amount in indexes.items()}
    return answer


def is_wanted(detail: str | None) -> bool:
    """Say whether ReturnConsumedCapacity asks for anything."""
    return detail in ("TOTAL", "INDEXES")
