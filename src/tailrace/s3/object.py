"""An object: its row, where its bytes lie, and how operations find, place and remove it.

Rows are keyed bucket/key, so a scan is S3's order: the binary order of UTF-8. A row names a file that holds all of the
bytes; what a row no longer names is removed some seconds after the commit, for readers that still hold its path.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tailrace.engine.files import FileSlice
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.s3.bucket import Bucket
from tailrace.s3.errors import invalid_argument, no_such_key
from tailrace.s3.leftover import leave
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

KEY_BYTES_MAX = 1024
NULL_VERSION = "null"


class Part(msgspec.Struct, frozen=True, array_like=True):
    """A part that a multipart object was made of: its number, its size in bytes, its checksum if it had one."""

    number: int
    size: int
    checksum: str | None = None


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a multipart object, in their order; kept apart, for listings never need them."""

    upload_id: str
    parts: list[Part]


class Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object as it is stored. ``path`` is empty when it has no bytes; ``headers`` carry botocore's member names."""

    size: int
    etag: str
    modified_s: int
    algorithm: str
    checksum: str
    checksum_type: str = "FULL_OBJECT"
    path: str = ""
    storage_class: str = "STANDARD"
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: list[tuple[str, str]] = []
    parts: int = 0


OBJECTS = Rows("s3/objects", Object)
PARTS = Rows("s3/object-parts", Parts)


def row_key(bucket: str, key: str) -> str:
    """Answer the row key of an object."""
    return f"{bucket}/{key}"


def file_name(bucket: str, key: str) -> str:
    """Answer the name under which an object's bytes are kept for people to open."""
    return f"s3/{bucket}/{key}"


def check_key(key: str) -> None:
    """Refuse a key that is too long."""
    size = len(key.encode())
    if size > KEY_BYTES_MAX:
        members = {"Size": str(size), "MaxSizeAllowed": str(KEY_BYTES_MAX)}
        raise AwsError("KeyTooLongError", "Your key is too long", 400, **members)


def check_version(version_id: str | None) -> None:
    """Refuse every version but the null version, which is all that a bucket without versioning has."""
    if version_id not in (None, NULL_VERSION):
        raise invalid_argument("Invalid version id specified", "versionId", version_id)


def current(transaction: Transaction, bucket: str, key: str) -> Object | None:
    """Answer an object, or None."""
    return OBJECTS.get(transaction, row_key(bucket, key))


def find(call: Call, bucket: Bucket) -> Object:
    """Answer the object that a call names. Raises NoSuchKey."""
    check_version(call.params.get("VersionId"))
    return find_named(call, bucket, call.params["Key"])


def find_named(call: Call, bucket: Bucket, key: str) -> Object:
    """Answer an object by its key, for a call that names several. Raises NoSuchKey."""
    found = current(call.transaction, bucket.name, key)
    if found is None:
        raise no_such_key(key)
    return found


def place(call: Call, transaction: Transaction, bucket: str, key: str, new: Object, parts: Parts | None = None) -> None:
    """Stage an object in the place of what was there."""
    before = current(transaction, bucket, key)
    if before is not None and before.path:
        leave(call.cloud, transaction, call.now_ms, [before.path])
    OBJECTS.put(transaction, row_key(bucket, key), new)
    if parts is not None:
        PARTS.put(transaction, row_key(bucket, key), parts)
    elif before is not None and before.parts:
        PARTS.delete(transaction, row_key(bucket, key))


def remove(cloud: Cloud, transaction: Transaction, bucket: str, keys: Iterable[str]) -> None:
    """Stage the removal of objects; missing ones are no error."""
    paths = []
    for key in keys:
        before = current(transaction, bucket, key)
        if before is None:
            continue
        if before.path:
            paths.append(before.path)
        if before.parts:
            PARTS.delete(transaction, row_key(bucket, key))
        OBJECTS.delete(transaction, row_key(bucket, key))
    if paths:
        leave(cloud, transaction, cloud.clock.now_ms(), paths)


def parts_of(transaction: Transaction, bucket: str, key: str) -> Parts | None:
    """Answer the parts of a multipart object; None for any other."""
    return PARTS.get(transaction, row_key(bucket, key))


def body(call: Call, key: str, stored: Object, start: int, length: int) -> FileSlice | bytes:
    """Answer a part of an object's bytes, for a response's Body. Raises InternalError when its file isn't whole."""
    if not length:
        return b""
    part = call.cloud.files.part(stored.path, stored.size, start, length)
    if part is None:
        name, path = f"{call.params['Bucket']}/{key}", call.cloud.files.path(stored.path)
        message = f"The body of {name} is missing or cut: bring back {path}, or put or delete the object."
        raise AwsError("InternalError", message, 500)
    return part


def facts(stored: Object) -> dict[str, Any]:
    """Answer what Put, Get, Head and Copy tell of an object in the same words."""
    return {"ETag": f'"{stored.etag}"', "ServerSideEncryption": "AES256"}


def checksum_facts(stored: Object) -> dict[str, str]:
    """Answer an object's checksum in the members of S3's shapes."""
    return {f"Checksum{stored.algorithm}": stored.checksum, "ChecksumType": stored.checksum_type}
