"""How the keys of JSON files are really spelled: the catalog's names are in lower case, DuckDB's look-up is exact.

Samples of each file are parsed; a name that no sample has is looked for in all bytes. What is found is kept by path,
for files never change.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import orjson

from tailrace.athena.analysis.type import Type
from tailrace.athena.worker.compression import open_decompressed

_SAMPLE_BYTES_TOTAL = 6 << 20
_SAMPLE_BYTES_MIN = 8 << 10
_SAMPLE_BYTES_MAX = 1 << 20
_SAMPLES_A_FILE = 8
_SEARCH_BYTES = 8 << 20
_FILES_KEPT = 100_000
_SUFFIXES = {"gzip": "any.gz", "zstd": "any.zst"}

Spellings = dict[tuple[str, ...], set[str]]


class Known(msgspec.Struct):
    """What is known of one file. Paths are of lower-case names: ("address", "zip")."""

    spellings: Spellings = msgspec.field(default_factory=dict)
    odd_lines: bool = False
    complete: bool = False
    sought: set[str] = msgspec.field(default_factory=set)


_known: dict[str, Known] = {}


class Survey(msgspec.Struct, frozen=True):
    """The files to read as they are, by the spellings that they share, and those whose lines must be written anew."""

    plain: Mapping[tuple[tuple[tuple[str, ...], str], ...], Sequence[int]]
    odd: Sequence[int]


def survey(paths: Sequence[str], codec: str, names: Mapping[str, Type], canonical: Callable[[str], str]) -> Survey:
    """Answer how to read some files: ``names`` are the keys that are wanted, in lower case, with their types."""
    fresh = [path for path in paths if path not in _known]
    budget = max(_SAMPLE_BYTES_MIN, min(_SAMPLE_BYTES_MAX, _SAMPLE_BYTES_TOTAL // max(len(fresh), 1)))
    wanted = list(_wanted(names, ()))
    plain: dict[tuple[tuple[tuple[str, ...], str], ...], list[int]] = {}
    odd: list[int] = []
    for index, path in enumerate(paths):
        known = _known.get(path)
        if known is None:
            known = _sampled(path, codec, budget, canonical)
            _keep(path, known)
        _seek(path, codec, known, [each for each in wanted if each not in known.spellings])
        spelled = {each: known.spellings.get(each, {each[-1]}) for each in wanted}
        if known.odd_lines or any(len(each) > 1 for each in spelled.values()):
            odd.append(index)
        else:
            plain.setdefault(tuple((each, next(iter(found))) for each, found in spelled.items()), []).append(index)
    return Survey(plain, odd)


def _keep(path: str, known: Known) -> None:
    if len(_known) >= _FILES_KEPT:
        _known.clear()
    _known[path] = known


def _wanted(names: Mapping[str, Type], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Answer the paths of all keys, those of nested structs too; arrays and maps add no part."""
    for name, type_ in names.items():
        yield (*above, name)
        yield from _inside(type_, (*above, name))


def _inside(type_: Type, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if type_.base == "row":
        fields = {name: part for name, part in zip(type_.names, type_.parts, strict=True) if name is not None}
        yield from _wanted(fields, above)
    elif type_.base in ("array", "map"):
        yield from _inside(type_.parts[-1], above)


def _sampled(path: str, codec: str, budget: int, canonical: Callable[[str], str]) -> Known:
    known = Known()
    shapes: set[tuple[str, ...]] = set()
    for lines in _samples(path, codec, budget, known):
        text = b",".join(lines)
        values = _values(text, lines, known)
        if any(type(value) is not dict for value in values):
            known.odd_lines = True
            values = [value for value in values if type(value) is dict]
        for shape in {*map(tuple, values)} - shapes:
            shapes.add(shape)
            _learn_keys(known.spellings, shape, (), canonical)
            known.odd_lines = known.odd_lines or len({*map(canonical, shape)}) != len(shape)
        if b"[" in text or text.count(b"{") > len(lines):  # else all are flat
            for value in values:
                _learn_inside(known.spellings, value, (), canonical)
    return known


def _values(text: bytes, lines: list[bytes], known: Known) -> list[Any]:
    """Answer what lines hold, without those that are no JSON: DuckDB will say so. ``text`` has commas between them."""
    with suppress(orjson.JSONDecodeError):
        values: list[Any] = orjson.loads(b"[" + text + b"]")  # all at once
        if len(values) == len(lines):
            return values
    values = []
    for line in lines:
        try:
            values.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            known.odd_lines = known.odd_lines or not line.strip()
    return values


def _samples(path: str, codec: str, budget: int, known: Known) -> Iterator[list[bytes]]:
    """Answer whole lines from several places of a file."""
    if codec != "none":
        with open_decompressed(path, _SUFFIXES[codec]) as file:
            data = file.read(budget)
            known.complete = not file.read(1)
        yield data.split(b"\n")[: None if known.complete else -1]
        return
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= budget:
            known.complete = True
            yield _without_end(file.read().split(b"\n"))
            return
        piece = max(budget // _SAMPLES_A_FILE, _SAMPLE_BYTES_MIN)
        count = max(budget // piece, 2)
        for place in range(count):
            start = (size - piece) * place // (count - 1)
            file.seek(start)
            yield file.read(piece).split(b"\n")[1 if start else 0 : -1]


def _without_end(lines: list[bytes]) -> list[bytes]:
    return lines[:-1] if lines and not lines[-1] else lines


def _learn(spellings: Spellings, value: Any, above: tuple[str, ...], canonical: Callable[[str], str]) -> None:
    if isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list):
                _learn(spellings, part, above, canonical)
        return
    _learn_keys(spellings, value, above, canonical)
    _learn_inside(spellings, value, above, canonical)


def _learn_inside(
    spellings: Spellings, value: dict[str, Any], above: tuple[str, ...], canonical: Callable[[str], str]
) -> None:
    for key, part in value.items():
        if isinstance(part, dict | list):
            _learn(spellings, part, (*above, canonical(key)), canonical)


def _learn_keys(
    spellings: Spellings, keys: Iterable[str], above: tuple[str, ...], canonical: Callable[[str], str]
) -> None:
    for key in keys:
        spellings.setdefault((*above, canonical(key)), set()).add(key)


def _seek(path: str, codec: str, known: Known, missing: list[tuple[str, ...]]) -> None:
    """Look through all of a file for names that its samples do not have."""
    names = {each[-1] for each in missing} - known.sought
    if known.complete or not names:
        return
    known.sought |= names
    patterns = {name: re.compile(rb'"(' + re.escape(name.encode()) + rb')"\s*:', re.IGNORECASE) for name in names}
    for block in _blocks(path, codec):
        lowered = block.lower()
        for name, pattern in patterns.items():
            if f'"{name}"'.encode() in lowered:
                for found in pattern.findall(block):
                    for each in missing:
                        if each[-1] == name:
                            known.spellings.setdefault(each, set()).add(found.decode())


def _blocks(path: str, codec: str) -> Iterator[bytes]:
    overlap = 256
    if codec != "none":
        with open_decompressed(path, _SUFFIXES[codec]) as file:
            before = b""
            while block := file.read(_SEARCH_BYTES):
                yield before + block
                before = block[-overlap:]
        return
    with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        for start in range(0, len(view), _SEARCH_BYTES):
            yield view[max(start - overlap, 0) : start + _SEARCH_BYTES]
