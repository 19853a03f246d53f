"""The .metadata object beside a result: its columns, in protobuf's wire form. AWS does not document its own."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.athena.results.columns import Column


def metadata_bytes(columns: Sequence[Column]) -> bytes:
    """Answer the columns: field 4 of the message, each with its name, label, type, precision and scale."""
    return b"".join(_field(4, _column(column)) for column in columns)


def _column(column: Column) -> bytes:
    text = b"".join(
        _field(number, value.encode())
        for number, value in ((1, "hive"), (4, column.name), (5, column.name), (6, column.type))
    )
    return text + _varint(7 << 3) + _varint(column.precision) + _varint(8 << 3) + _varint(column.scale)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
