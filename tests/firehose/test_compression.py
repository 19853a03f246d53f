"""Compression as a stream: whatever the pieces, the whole comes back."""

import gc
import gzip
import io
import random
import zipfile
from collections.abc import Callable

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.firehose.compression import COMPRESSORS


def unzip(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(archive.namelist()[0])


def unhadoop(data: bytes) -> bytes:
    found, at = b"", 0
    while at < len(data):
        size, length = (int.from_bytes(data[place : place + 4], "big") for place in (at, at + 4))
        block = bytes(cramjam.snappy.decompress_raw(data[at + 8 : at + 8 + length]))
        assert len(block) == size
        found, at = found + block, at + 8 + length
    return found


DECOMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "UNCOMPRESSED": lambda data: data,
    "GZIP": gzip.decompress,
    "ZIP": unzip,
    "Snappy": lambda data: bytes(cramjam.snappy.decompress(data)),
    "HADOOP_SNAPPY": unhadoop,
}


@pytest.mark.parametrize("name", list(COMPRESSORS))
@given(pieces=st.lists(st.binary(max_size=300), max_size=8))
def test_what_goes_in_comes_out(name: str, pieces: list[bytes]) -> None:
    compressor = COMPRESSORS[name]()
    written = b"".join([compressor.write(piece) for piece in pieces]) + compressor.finish()
    assert DECOMPRESSORS[name](written) == b"".join(pieces)


@pytest.mark.parametrize("name", list(COMPRESSORS))
def test_what_is_given_up_half_written_raises_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", raised.append)
    compressor = COMPRESSORS[name]()
    compressor.write(b"half")
    holder: list[object] = [compressor]
    holder.append(holder)  # as a buffer is that nobody needs any more: only the collector finds it
    del compressor, holder
    gc.collect()
    assert raised == []


@pytest.mark.parametrize("name", list(COMPRESSORS))
def test_large_objects_are_written_as_they_come(name: str) -> None:
    compressor = COMPRESSORS[name]()
    piece = random.Random(1).randbytes(500_000)
    parts = [compressor.write(piece) for _ in range(4)]
    assert all(parts), "nothing is held back until the end"
    assert DECOMPRESSORS[name](b"".join(parts) + compressor.finish()) == piece * 4
