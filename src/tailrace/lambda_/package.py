"""Deployment packages: taken from a request or from S3, checked, kept in the store in pieces, and unpacked.

Nothing is ever written outside the folder that is unpacked into, whatever the names in an archive say.
"""

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from tailrace.engine.files import content
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.lambda_.errors import invalid, too_large
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

CODE = Space("lambda/code")
ZIPPED_BYTES_MAX = 52_428_800
UNZIPPED_BYTES_MAX = 262_144_000
_PIECE_BYTES = 2**20
_ENTRIES_MAX = 100_000
_ENTRY_MARK = b"PK\x01\x02"  # what an entry of an archive's directory begins with
_NAME_CHARS_MAX, _NAME_PARTS_MAX = 4096, 255  # no system has longer paths; none so deep makes sense
_BAD_ARCHIVE = "Could not unzip uploaded file. Please check your file, then try to upload again."
_ENCRYPTED = 0x1
# What is larger would hold up the server for long: it is found out when it is unpacked, in a process of its own.
_AT_ONCE_BYTES_MAX = 8 * 2**20
_AT_ONCE_ENTRIES_MAX = 2000
_UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that has been checked."""

    data: bytes
    sha256: bytes

    @property
    def digest(self) -> str:
        """The digest as Lambda shows it."""
        return base64.b64encode(self.sha256).decode()


def given(call: Call, code: Mapping[str, Any]) -> Package:
    """Answer the package that a request brings or names. Raises InvalidParameterValueException and AWS's others."""
    if "ImageUri" in code:
        raise invalid("Tailrace does not run functions from container images yet: give ZipFile, or S3Bucket and S3Key.")
    if "ZipFile" in code:
        data = bytes(code["ZipFile"])
        if len(data) > ZIPPED_BYTES_MAX:
            raise too_large(f"Zipped size must be smaller than {ZIPPED_BYTES_MAX} bytes")
    elif "S3Bucket" in code and "S3Key" in code:
        data = _from_s3(call, code)
    else:
        raise invalid("Please provide a source for function code.")
    check(data)
    return Package(data=data, sha256=hashlib.sha256(data).digest())


def check(data: bytes) -> None:
    """Raise what Lambda answers when an archive is none, is empty, too large unpacked, or leads outside its folder."""
    if not data:
        raise invalid("Uploaded file must be a non-empty zip")
    if data.count(_ENTRY_MARK) > _ENTRIES_MAX:
        raise invalid(_BAD_ARCHIVE)  # before all the entries are read
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if _unpacked_bytes(entries) > UNZIPPED_BYTES_MAX:
                raise invalid(f"Unzipped size must be smaller than {UNZIPPED_BYTES_MAX} bytes")
            sound = _is_sound(entries) and (not is_small(entries) or archive.testzip() is None)
    except _UNREADABLE:
        sound = False
    if not sound:
        raise invalid(_BAD_ARCHIVE)
    if not entries:
        raise invalid("Uploaded file must be a non-empty zip")


def keep(transaction: Transaction, key: str, package: Package) -> None:
    """Stage a package under a function's key."""
    for number, start in enumerate(range(0, len(package.data), _PIECE_BYTES)):
        transaction.put(CODE, _piece(key, package.digest, number), package.data[start : start + _PIECE_BYTES])


def kept(transaction: Transaction, key: str, digest: str) -> Iterator[bytes]:
    """Answer the pieces of a package in order."""
    start = _piece(key, digest)
    for _, piece in transaction.scan(CODE, start, start + b"\xff"):
        yield piece


def drop(transaction: Transaction, key: str, digest: str) -> None:
    """Stage the removal of one package of a function."""
    start = _piece(key, digest)
    transaction.delete_range(CODE, start, start + b"\xff")


def is_small(entries: Sequence[zipfile.ZipInfo]) -> bool:
    """Answer whether an archive can be unpacked at once, as far as it says itself."""
    return len(entries) <= _AT_ONCE_ENTRIES_MAX and _unpacked_bytes(entries) <= _AT_ONCE_BYTES_MAX


def unpack(payload: dict[str, Any]) -> dict[str, Any]:
    """Unpack ``archive`` into the new folder ``folder``: a task for a worker process when it is large."""
    folder = Path(payload["folder"])
    room = UNZIPPED_BYTES_MAX
    with zipfile.ZipFile(payload["archive"]) as archive:
        for entry in archive.infolist():
            target = folder.joinpath(*PurePosixPath(entry.filename.replace("\\", "/")).parts)
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            room -= _write(archive, entry, target, room)
    return {}


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, room: int) -> int:
    written = 0
    with archive.open(entry) as source, target.open("wb") as sink:
        while piece := source.read(_PIECE_BYTES):
            written += len(piece)
            if written > room:
                raise ValueError("the archive holds more than it says")
            sink.write(piece)
    mode = entry.external_attr >> 16
    target.chmod(0o755 if mode & 0o111 else 0o644)
    return written


def _from_s3(call: Call, code: Mapping[str, Any]) -> bytes:
    params = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    if "S3ObjectVersion" in code:
        params["VersionId"] = code["S3ObjectVersion"]
    try:
        answer = call.do("s3", "GetObject", params)
    except AwsError as error:
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        ) from error
    if answer["ContentLength"] > UNZIPPED_BYTES_MAX:
        raise invalid(f"Unzipped size must be smaller than {UNZIPPED_BYTES_MAX} bytes")
    return content(answer["Body"])


def _unpacked_bytes(entries: Sequence[zipfile.ZipInfo]) -> int:
    return sum(entry.file_size for entry in entries)


def _is_sound(entries: Sequence[zipfile.ZipInfo]) -> bool:
    """Answer whether each entry has a place of its own inside the folder."""
    if any(len(entry.filename) > _NAME_CHARS_MAX or entry.flag_bits & _ENCRYPTED for entry in entries):
        return False
    paths = [PurePosixPath(entry.filename.replace("\\", "/")) for entry in entries]
    if not all(0 < len(each.parts) <= _NAME_PARTS_MAX and _leads_inside(each) for each in paths):
        return False
    # In this order, what lies below a file comes right after it.
    file: tuple[str, ...] | None = None
    for path, entry in sorted(zip(paths, entries, strict=True), key=lambda each: each[0].parts):
        if file is not None and len(path.parts) > len(file) and path.parts[: len(file)] == file:
            return False
        file = file if entry.is_dir() else path.parts
    return True


def _leads_inside(path: PurePosixPath) -> bool:
    return not path.is_absolute() and ".." not in path.parts


def _piece(key: str, digest: str, number: int | None = None) -> bytes:
    start = f"{key}\x00".encode() + digest.encode() + b"/"
    return start if number is None else start + number.to_bytes(4, "big")
