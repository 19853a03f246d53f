"""Bodies as rows tell them, held against the files that they name: there, whole, and with the bytes that were put."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tailrace.engine.transaction import Transaction
from tailrace.s3.object import OBJECTS, Object, parts_of
from tailrace.s3.upload import UPLOADED

_CHUNK_BYTES = 2**20

Read = Callable[[int], None]  # takes the number of bytes that have been read since the last call


@dataclass(frozen=True, slots=True)
class Body:
    """A body as its row tells it: where it lies, what it must be; ``parts`` are the sizes of a multipart object's."""

    name: str
    path: str
    size: int
    etag: str
    parts: tuple[int, ...]


def bodies(transaction: Transaction) -> Iterator[Body]:
    """Answer every body that a row names."""
    for key, stored in OBJECTS.scan(transaction):
        if stored.path:
            yield Body(f"s3://{key}", stored.path, stored.size, stored.etag, _part_sizes(transaction, key, stored))
    for key, part in UPLOADED.scan(transaction):
        if part.path:
            yield Body(f"part {part.number} of upload {key[:12]}…", part.path, part.size, part.etag, ())


def fault_of(path: Path, body: Body, read: Read) -> str | None:
    """Answer what is wrong with the file of a body, or None."""
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size != body.size:
        return f"has {size:,} bytes of {body.size:,}"
    try:
        found = _etag(path, body.parts, read)
    except OSError as error:
        return f"can't be read: {error.strerror}"
    return None if found == body.etag else "has other bytes than were put (MD5)"


def _part_sizes(transaction: Transaction, key: str, stored: Object) -> tuple[int, ...]:
    if not stored.parts:
        return ()
    bucket, _, name = key.partition("/")
    found = parts_of(transaction, bucket, name)
    return () if found is None else tuple(part.size for part in found.parts)


def _etag(path: Path, parts: tuple[int, ...], read: Read) -> str:
    """Answer the ETag that S3 gives these bytes: their MD5, or that of their parts' MD5s and the number of parts."""
    with path.open("rb") as file:
        if not parts:
            return _md5(file.read, path.stat().st_size, read).hexdigest()
        digests = [_md5(file.read, size, read).digest() for size in parts]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _md5(chunks: Callable[[int], bytes], size: int, read: Read) -> "hashlib._Hash":
    found = hashlib.md5(usedforsecurity=False)
    while size > 0 and (chunk := chunks(min(size, _CHUNK_BYTES))):
        found.update(chunk)
        size -= len(chunk)
        read(len(chunk))
    return found
