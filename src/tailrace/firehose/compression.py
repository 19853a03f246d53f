"""Compression of delivered objects, as a stream: memory stays small whatever the object's size."""

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import cramjam

_HADOOP_BLOCK_BYTES = 256 * 1024


class Compressor(Protocol):
    """Take data, answer what can be written already."""

    def write(self, data: bytes) -> bytes:
        """Answer what the data adds to the object."""

    def finish(self) -> bytes:
        """Answer the end of the object."""


class Plain:
    """No compression."""

    def write(self, data: bytes) -> bytes:
        """Answer the data."""
        return data

    def finish(self) -> bytes:
        """Answer nothing."""
        return b""


class Gzip:
    """RFC 1952."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(wbits=31)

    def write(self, data: bytes) -> bytes:
        """Answer what the data adds to the object."""
        return self._stream.compress(data)

    def finish(self) -> bytes:
        """Answer the end of the object."""
        return self._stream.flush()


class Zip:
    """An archive with one member."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._archive = _Archive(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._member = self._archive.open(zipfile.ZipInfo("data"), "w")

    def write(self, data: bytes) -> bytes:
        """Answer what the data adds to the object."""
        self._member.write(data)
        return self._sink.taken()

    def finish(self) -> bytes:
        """Answer the end of the object."""
        self._member.close()
        self._archive.close()
        return self._sink.taken()


class Snappy:
    """Snappy's framing format."""

    def __init__(self) -> None:
        self._stream: Any = cramjam.snappy.Compressor()

    def write(self, data: bytes) -> bytes:
        """Answer what the data adds to the object."""
        self._stream.compress(data)
        return bytes(self._stream.flush())

    def finish(self) -> bytes:
        """Answer the end of the object."""
        return bytes(self._stream.finish())


class HadoopSnappy:
    """Hadoop's block format: the sizes of a block, uncompressed and compressed, and the raw block."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> bytes:
        """Answer what the data adds to the object."""
        self._waiting += data
        blocks = []
        while len(self._waiting) >= _HADOOP_BLOCK_BYTES:
            blocks.append(_hadoop_block(bytes(self._waiting[:_HADOOP_BLOCK_BYTES])))
            del self._waiting[:_HADOOP_BLOCK_BYTES]
        return b"".join(blocks)

    def finish(self) -> bytes:
        """Answer the end of the object."""
        return _hadoop_block(bytes(self._waiting)) if self._waiting else b""


class _Archive(zipfile.ZipFile):
    """An archive that may be given up half written."""

    def __del__(self) -> None:
        # Nothing: ZipFile's raises into the garbage collector, wherever that is at work, what nobody can answer.
        pass


class _Sink(io.RawIOBase):
    """A file that can only be written to, so that the archive needs no seeking."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _hadoop_block(data: bytes) -> bytes:
    compressed = bytes(cramjam.snappy.compress_raw(data))
    return len(data).to_bytes(4, "big") + len(compressed).to_bytes(4, "big") + compressed


COMPRESSORS: dict[str, Callable[[], Compressor]] = {
    "UNCOMPRESSED": Plain,
    "GZIP": Gzip,
    "ZIP": Zip,
    "Snappy": Snappy,
    "HADOOP_SNAPPY": HadoopSnappy,
}
SUFFIXES = {"UNCOMPRESSED": "", "GZIP": ".gz", "ZIP": ".zip", "Snappy": ".snappy", "HADOOP_SNAPPY": ".hsnappy"}
