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


def csv_page(path: Path, start: int, size: int, first: int, columns: int, limit: int) -> Page:
    """Answer rows of a CSV result. ``start`` and ``size`` are the object's bytes in the file, ``first`` the page's."""
    rows: list[list[Cell]] = []
    place = first
    with path.open("rb") as file:
        buffer = b""
        upto = place
        while len(rows) < limit:
            row, length = _row(buffer, columns, upto >= size)
            if row is not None:
                rows.append(row)
                place += length
                buffer = buffer[length:]
                continue
            if upto >= size:
                break
            file.seek(start + upto)
            block = file.read(min(_BLOCK_BYTES, size - upto))
            upto += len(block)
            buffer += block
    return Page(rows, place if place < size else None)


def _row(buffer: bytes, columns: int, ended: bool) -> tuple[list[Cell] | None, int]:
    """Answer the first row of some bytes and its length; nothing when it may go on."""
    cells: list[Cell] = []
    place = 0
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


def text_page(path: Path, start: int, size: int, first: int, limit: int) -> Page:
    """Answer lines of a text result, a cell each."""
    rows: list[list[Cell]] = []
    with path.open("rb") as file:
        file.seek(start + first)
        place = first
        while len(rows) < limit and place < size:
            line = file.readline(size - place)
            place += len(line)
            rows.append([line.decode("utf-8", "replace").removesuffix("\n")])
    return Page(rows, place if place < size else None)
