"""Pages of a stored result, read from where the page before ended: the token is the place in the file."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)"|)([,\n]|\Z)')
_BLOCK_BYTES = 1 << 18

Cell = str | None


class Page(msgspec.Struct, frozen=True):
    """Rows, and where the next page begins; None at the end."""

    rows: list[list[Cell]]
    following: int | None


def csv_page(path: str, start: int, size: int, first: int, columns: int, limit: int) -> Page:
    """Answer rows of a CSV result. ``start`` and ``size`` are the object's bytes in the file, ``first`` the page's."""
    rows: list[list[Cell]] = []
    with Path(path).open("rb") as file:
        file.seek(start + first)
        buffer, begun, place = b"", first, 0  # the buffer's place in the object, and the next row's in the buffer
        while len(rows) < limit:
            upto = begun + len(buffer)
            row, end = _row(buffer, place, columns, upto >= size)
            if row is not None:
                rows.append(row)
                place = end
                continue
            if upto >= size:
                break
            buffer, begun, place = buffer[place:] + file.read(min(_BLOCK_BYTES, size - upto)), begun + place, 0
    following = begun + place
    return Page(rows, following if following < size else None)


def _row(buffer: bytes, place: int, columns: int, ended: bool) -> tuple[list[Cell] | None, int]:
    """Answer the row at a place of some bytes and where it ends; nothing when it may go on."""
    cells: list[Cell] = []
    while place < len(buffer):
        match = _FIELD.match(buffer, place)
        if match is None or (match.end() == len(buffer) and match[2] != b"\n" and not ended):
            return None, 0
        text = match[1]
        cells.append(None if text is None else text.replace(b'""', b'"').decode("utf-8", "replace"))
        place = match.end()
        if match[2] != b",":
            break
    else:
        return None, 0
    return (cells, place) if len(cells) == columns else (None, 0)


def text_page(path: str, start: int, size: int, first: int, limit: int) -> Page:
    """Answer lines of a text result, a cell each."""
    rows: list[list[Cell]] = []
    with Path(path).open("rb") as file:
        file.seek(start + first)
        place = first
        while len(rows) < limit and place < size:
            line = file.readline(size - place)
            place += len(line)
            rows.append([line.decode("utf-8", "replace").removesuffix("\n")])
    return Page(rows, place if place < size else None)
