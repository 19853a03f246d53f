"""The beginning of a file, decompressed: what most formats are told by, and how far into the file it reaches."""

import bz2
import gzip
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import cramjam

STEP_BYTES = 2**20
SAMPLE_BYTES_MAX = 10 * STEP_BYTES
_WHOLE_BYTES_MAX = 256 * 2**20

# How each compression begins, and the name that the crawler gives it.
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"\x04\x22\x4d\x18", "lz4"),
)
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, cramjam.DecompressionError, ValueError)


class Broken(ValueError):
    """The file says that it is compressed and can't be decompressed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """So many bytes from the beginning. ``share`` is the part of the file that they are, from 0 to 1."""

    data: bytes
    complete: bool
    share: float


def compression_of(path: Path) -> str:
    """Answer a file's compression, or none."""
    with path.open("rb") as file:
        head = file.read(16)
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "none")


def read(path: Path, compression: str, size: int) -> Sample:
    """Answer up to ``size`` decompressed bytes from a file's beginning. Raises Broken."""
    total = path.stat().st_size
    try:
        with path.open("rb") as raw:
            data = _opened(raw, compression).read(size + 1)
            consumed = raw.tell()
    except _BROKEN as error:
        raise Broken(str(error)) from error
    complete = len(data) <= size
    if complete:
        return Sample(data, True, 1.0)
    share = consumed / total if compression != "none" else size / total
    return Sample(data[:size], False, min(max(share, 1e-9), 1.0))


def _opened(raw: IO[bytes], compression: str) -> IO[bytes]:
    if compression == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if compression == "bzip2":
        return cast(IO[bytes], bz2.BZ2File(raw))
    if compression == "zip":
        archive = zipfile.ZipFile(raw)
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise Broken("an archive of one file is expected")
        return archive.open(names[0])
    if compression in ("snappy", "lz4"):
        codec = cramjam.snappy if compression == "snappy" else cramjam.lz4
        return cast(IO[bytes], codec.decompress(raw.read(_WHOLE_BYTES_MAX)))
    return raw
