"""Bodies as plain files that a person can open: written under a temporary name, synced, renamed; then named by a row.

Final paths are unique per creation, so a row never names bytes other than those it was committed with.
"""

import asyncio
import hashlib
import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tailrace.engine.errors import StoreFull

_UNSAFE = re.compile(r"[^A-Za-z0-9._=@+,()! -]")
_SEGMENT_CHARS_MAX = 160
_GENERATION_MARK = "~"  # always escaped within a name, so it can't be confused


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A part of a file: what an answer's body is read from."""

    path: str
    start: int
    length: int

    def read(self) -> bytes:
        """Answer its bytes."""
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            return file.read(self.length)


def content(body: FileSlice | bytes) -> bytes:
    """Answer all bytes of an answer's body: one without bytes has no file."""
    return body.read() if isinstance(body, FileSlice) else body


class Staged:
    """A body being written. ``seal`` it before the transaction that names it; ``discard`` it when that fails."""

    def __init__(self, files: "Files", name: str) -> None:
        generation = secrets.token_hex(6)
        self._files = files
        self._temporary = files.root / "tmp" / generation
        try:
            self._file = self._temporary.open("wb", buffering=1 << 18)
        except OSError as error:
            raise _full(error) from error
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.path = f"{escaped(name)}{_GENERATION_MARK}{generation}"
        self.size = 0
        self.sealed = False
        self._kept = False
        self._torn = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises StoreFull when the disk has no room."""
        try:
            self._file.write(data)
        except OSError as error:
            self._torn = True
            raise _full(error) from error
        self._md5.update(data)
        self.size += len(data)

    def md5(self) -> bytes:
        """Answer the MD5 digest of what has been written: S3's ETag."""
        return self._md5.digest()

    async def seal(self) -> None:
        """Sync the file, give it its final name and sync its folder: after this a row may name ``path``.

        Raises StoreFull when the disk has no room, and when it had none for a part of it.
        """
        if self.sealed:
            return
        if self._torn:
            raise StoreFull("the disk was full while this body was written; send the request again")
        if self._files.synced:
            await asyncio.to_thread(self._seal)
        else:
            self._seal()

    def keep(self) -> None:
        """Say that a committed row names it: ``discard`` removes it no more."""
        self._kept = True

    def discard(self) -> None:
        """Remove what was written, unless a row names it."""
        if self._kept:
            return
        with suppress(OSError):  # on a full disk it can't even be closed in order
            self._file.close()
        self._temporary.unlink(missing_ok=True)
        if self.sealed:
            self._files.remove(self.path)

    def _seal(self) -> None:
        try:
            self._file.flush()
            if self._files.synced:
                os.fsync(self._file.fileno())
            self._file.close()
            self._files.place(self._temporary, self.path)
        except OSError as error:
            raise _full(error) from error
        self.sealed = True


class Files:
    """Make, find and remove body files under a root folder. Names are never trusted: each part is escaped."""

    def __init__(self, root: Path, *, synced: bool) -> None:
        self.root = root
        self.synced = synced
        shutil.rmtree(root / "tmp", ignore_errors=True)
        (root / "tmp").mkdir(parents=True)

    def create(self, name: str) -> Staged:
        """Begin a body; the name's parts, split at slashes, become folders: ``s3/<bucket>/<key>``. Raises StoreFull."""
        return Staged(self, name)

    def path(self, relative: str) -> Path:
        """Answer where a sealed body lies."""
        return self.root / relative

    def part(self, relative: str, size: int, start: int, length: int) -> FileSlice | None:
        """Answer a part of a sealed body of a size; None when its file is missing or cut."""
        path = f"{self.root}/{relative}"
        try:
            found = os.stat(path).st_size  # noqa: PTH116 - Athena asks for thousands; a Path costs more than this
        except FileNotFoundError:
            return None
        return FileSlice(path, start, length) if found == size else None

    def remove(self, relative: str) -> None:
        """Remove a sealed body, and the folders that it leaves empty; a missing one is no error."""
        path = self.root / relative
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder.parent == self.root or folder == self.root:
                break
            try:
                folder.rmdir()
            except OSError:
                break

    def place(self, temporary: Path, relative: str) -> None:
        """Move a finished file to its final name, durably when syncing."""
        path = self.root / relative
        while True:
            made = self._make_folders(path.parent)
            try:
                temporary.rename(path)
                break
            except FileNotFoundError:
                if not temporary.exists():
                    raise  # otherwise a folder was removed as empty in between: make it again
        if self.synced:
            for folder in {path.parent, *made}:
                _sync_folder(folder)

    def _make_folders(self, folder: Path) -> list[Path]:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
        return [each.parent for each in missing]


def _full(error: OSError) -> StoreFull:
    return StoreFull(f"the disk is full: {error}; free some space and send the request again")


def escaped(name: str) -> str:
    """Answer a relative path for a name: each part holds only safe characters, is never empty, dots or too long."""
    return "/".join(_escaped_part(part) for part in name.split("/"))


def _escaped_part(part: str) -> str:
    safe = _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found.group().encode()), part)
    if safe in ("", ".", ".."):
        return safe.replace(".", "%2E") or "%"
    if len(safe) <= _SEGMENT_CHARS_MAX:
        return safe
    return f"{safe[:_SEGMENT_CHARS_MAX]}%{hashlib.sha256(part.encode()).hexdigest()[:16]}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
