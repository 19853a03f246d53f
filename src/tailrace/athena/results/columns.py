"""ColumnInfo: how Athena describes the columns of a result."""

from __future__ import annotations

import msgspec

from tailrace.athena.analysis.type import VARCHAR_UNBOUNDED, Type

_PRECISIONS = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "real": 17,
    "double": 17,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "time": 3,
    "varbinary": 1073741824,
}
_NAMES = {"real": "float"}


class Column(msgspec.Struct, frozen=True):
    """A column of a result."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0

    def info(self) -> dict[str, object]:
        """Answer it as ColumnInfo."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type in ("varchar", "char"),
        }


def result_column(name: str, type_: Type) -> Column:
    """Answer the column of a query's result."""
    base = _NAMES.get(type_.base, type_.base)
    if type_.base in ("varchar", "char"):
        return Column(name, base, VARCHAR_UNBOUNDED if type_.length is None else type_.length)
    if type_.base == "decimal":
        return Column(name, base, type_.length or 0, type_.scale or 0)
    return Column(name, base, _PRECISIONS.get(type_.base, 0))


def text_column(name: str) -> Column:
    """Answer a column of a DDL statement's result."""
    return Column(name, "string")
