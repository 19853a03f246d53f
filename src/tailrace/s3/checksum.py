"""Checksums of S3: which algorithms there are, values of bytes and files, of parts put together, and their checks.

FULL_OBJECT is that of all bytes, COMPOSITE that of the parts' checksums (user guide, "Checking object integrity").
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anycrc  # type: ignore[import-untyped]

from tailrace.s3.errors import invalid_request
from tailrace.wire.errors import AwsError

FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"
DEFAULT = "CRC64NVME"
_CHUNK_BYTES = 1 << 20


class Running(Protocol):
    """A checksum being computed."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""

    def digest(self) -> bytes:
        """Answer the checksum of what has been added."""


class CrcModel(Protocol):
    """A CRC as anycrc computes it."""

    def calc(self, data: bytes, before: int = ..., /) -> int:
        """Answer the CRC of bytes that follow others with a known CRC."""

    def combine(self, first: int, second: int, second_size: int, /) -> int:
        """Answer the CRC of two pieces from theirs."""


class _Crc:
    def __init__(self, model: CrcModel, size: int) -> None:
        self._model = model
        self._size = size
        self._value = model.calc(b"")

    def update(self, data: bytes, /) -> None:
        self._value = self._model.calc(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm: how it is computed, and, for a CRC, how the checksums of two pieces become that of both."""

    name: str
    size: int
    start: Callable[[], Running]
    crc: CrcModel | None = None

    @property
    def member(self) -> str:
        """The member of S3's shapes that carries a value."""
        return f"Checksum{self.name}"

    @property
    def header(self) -> str:
        """The header that carries a value."""
        return f"x-amz-checksum-{self.name.lower()}"


def _crc(name: str, model_name: str, size: int) -> Algorithm:
    model: CrcModel = anycrc.Model(model_name)
    return Algorithm(name, size, lambda: _Crc(model, size), model)


def _hash(name: str, start: Callable[[], Running], size: int) -> Algorithm:
    return Algorithm(name, size, start)


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        _crc("CRC32", "CRC32-ISO-HDLC", 4),
        _crc("CRC32C", "CRC32-ISCSI", 4),
        _crc("CRC64NVME", "CRC64-NVME", 8),
        _hash("SHA1", lambda: hashlib.sha1(usedforsecurity=False), 20),
        _hash("SHA256", hashlib.sha256, 32),
        _hash("SHA512", hashlib.sha512, 64),
        _hash("MD5", lambda: hashlib.md5(usedforsecurity=False), 16),
    )
}
_SUPPORTED = "CRC32, CRC32C, CRC64NVME, SHA1, SHA256"
_MEMBERS = {algorithm.member: algorithm for algorithm in ALGORITHMS.values()}
_UNBUILT = {"ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128"}


def of_bytes(algorithm: str, data: bytes) -> str:
    """Answer the checksum of some bytes, in Base64."""
    running = ALGORITHMS[algorithm].start()
    running.update(data)
    return text(running.digest())


def of_file(algorithm: str, path: Path, start: int = 0, length: int | None = None) -> str:
    """Answer the checksum of a file, or of a part of it, in Base64; read piece by piece."""
    running = ALGORITHMS[algorithm].start()
    with path.open("rb") as file:
        file.seek(start)
        left = path.stat().st_size - start if length is None else length
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            running.update(chunk)
            left -= len(chunk)
    return text(running.digest())


def of_parts(algorithm: str, kind: str, parts: Sequence[tuple[str, int]]) -> str:
    """Answer the checksum of a multipart object from its parts' (checksum in Base64, size in bytes)."""
    found = ALGORITHMS[algorithm]
    raw = [(base64.b64decode(value), size) for value, size in parts]
    if kind == COMPOSITE:
        running = found.start()
        for value, _ in raw:
            running.update(value)
        return f"{text(running.digest())}-{len(raw)}"
    assert found.crc is not None, "only CRCs can be put together"
    whole = 0 if not raw else int.from_bytes(raw[0][0], "big")
    for value, size in raw[1:]:
        whole = found.crc.combine(whole, int.from_bytes(value, "big"), size)
    return text(whole.to_bytes(found.size, "big"))


def stated(params: Mapping[str, Any]) -> dict[str, str]:
    """Answer the values that a request states, by algorithm, unchecked."""
    return {_MEMBERS[name].name: value for name, value in params.items() if name in _MEMBERS}


def declared(params: Mapping[str, Any]) -> tuple[str, str] | None:
    """Answer the algorithm and the value that a request declares, or None; AwsError when it contradicts itself."""
    members = [name for name in params if name in _MEMBERS or name in _UNBUILT]
    if len(members) > 1:
        raise invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    asked = params.get("ChecksumAlgorithm")
    if not members:
        if asked is not None:
            raise invalid_request(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                "headers were found."
            )
        return None
    if members[0] in _UNBUILT:
        raise AwsError("NotImplemented", f"Tailrace does not compute {members[0][8:]}; take CRC64NVME.", 501)
    algorithm = _MEMBERS[members[0]]
    value = params[members[0]]
    if not well_formed(algorithm, value):
        raise invalid_request(f"Value for {algorithm.header} header is invalid.")
    return algorithm.name, value


def check_supported(algorithm: str) -> None:
    """Raise InvalidRequest for an algorithm that is none."""
    if algorithm not in ALGORITHMS:
        message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        raise invalid_request(f"{message}[{_SUPPORTED}]")


def well_formed(algorithm: Algorithm, value: str) -> bool:
    """Answer whether a text can be a checksum of an algorithm."""
    try:
        return len(base64.b64decode(value, validate=True)) == algorithm.size
    except ValueError:
        return False


def mismatch(algorithm: str) -> AwsError:
    """The error for a body that isn't what its checksum says."""
    return AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.", 400)


def check_md5(declared_md5: str | None, digest: bytes) -> None:
    """Refuse a body that isn't what its Content-MD5 says."""
    if declared_md5 is None:
        return
    try:
        expected = base64.b64decode(declared_md5, validate=True)
    except ValueError:
        expected = b""
    if len(expected) != 16:
        message = "The Content-MD5 you specified was invalid."
        raise AwsError("InvalidDigest", message, 400, **{"Content-MD5": declared_md5})
    if expected != digest:
        message = "The Content-MD5 you specified did not match what we received."
        members = {"ExpectedDigest": expected.hex(), "CalculatedDigest": text(digest)}
        raise AwsError("BadDigest", message, 400, **members)


def text(digest: bytes) -> str:
    """Answer a checksum as S3 writes it: in Base64."""
    return base64.b64encode(digest).decode()
