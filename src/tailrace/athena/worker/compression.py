"""Compression of text files, known by their key's suffix. DuckDB reads gzip and zstd; others are unpacked first."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import cramjam

from tailrace.athena.worker.query_failure import QueryFailure

DUCKDB_CODECS = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_OTHERS = (".bz2", ".snappy", ".lz4", ".deflate", ".lzo")


def codec_of(uri: str) -> str:
    """Answer DuckDB's name of a file's compression: ``none``, ``gzip`` or ``zstd``; ``other`` must be unpacked."""
    suffix = f".{uri.rpartition('.')[2].lower()}"
    if suffix in _OTHERS:
        return "other"
    return DUCKDB_CODECS.get(suffix, "none")


def unpack(source: str, uri: str, target: Path) -> None:
    """Write a file's bytes without their compression."""
    with open_decompressed(source, uri) as file, target.open("wb") as out:
        while block := file.read(1 << 20):
            out.write(block)


def open_decompressed(path: str, uri: str) -> BinaryIO:
    """Open a file for reading without its compression. QueryFailure when it can't be undone."""
    suffix = Path(uri).suffix.lower()
    try:
        if suffix == ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if suffix == ".bz2":
            return cast(BinaryIO, bz2.open(path, "rb"))
        if suffix in (".zst", ".zstd", ".snappy", ".lz4", ".deflate"):
            return io.BytesIO(_whole(Path(path).read_bytes(), suffix))
        if suffix == ".lzo":
            raise QueryFailure(f"HIVE_CANNOT_OPEN_SPLIT: {uri}: LZO is not implemented in Tailrace yet")
        return Path(path).open("rb")
    except (OSError, EOFError, zlib.error, cramjam.DecompressionError) as error:
        raise QueryFailure(f"HIVE_CURSOR_ERROR: Failed to read file at {uri}: {error}") from error


def _whole(data: bytes, suffix: str) -> bytes:
    if suffix in (".zst", ".zstd"):
        return bytes(cramjam.zstd.decompress(data))
    if suffix == ".lz4":
        return bytes(cramjam.lz4.decompress(data))
    if suffix == ".deflate":
        return zlib.decompress(data)
    if data.startswith(b"\xff\x06\x00\x00sNaPpY"):
        return bytes(cramjam.snappy.decompress(data))
    return _hadoop_snappy(data)


def _hadoop_snappy(data: bytes) -> bytes:
    """Undo Hadoop's framing: blocks of raw snappy, their lengths in front, big-endian."""
    made = bytearray()
    place = 0
    while place + 4 <= len(data):
        expected = int.from_bytes(data[place : place + 4], "big")
        place += 4
        upto = len(made) + expected
        while len(made) < upto:
            length = int.from_bytes(data[place : place + 4], "big")
            place += 4
            made += bytes(cramjam.snappy.decompress_raw(data[place : place + length]))
            place += length
    return bytes(made)
