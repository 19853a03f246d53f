"""ListObjects, ListObjectsV2, ListObjectVersions and ListMultipartUploads: pages of what a bucket holds."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import msgspec

from tailrace.s3 import upload
from tailrace.s3.bucket import Bucket, find
from tailrace.s3.errors import invalid_argument
from tailrace.s3.listing import Page, page
from tailrace.s3.object import NULL_VERSION, OBJECTS, row_key
from tailrace.s3.owner import owner
from tailrace.s3.registry import SERVICE
from tailrace.s3.upload import Upload
from tailrace.s3.uploading import checksum_choice, initiator
from tailrace.service.call import Call

_MOST = 1000


class _Listed(msgspec.Struct):
    """What listings need of an object's row."""

    size: int
    etag: str
    modified_s: int
    algorithm: str
    checksum_type: str = "FULL_OBJECT"
    storage_class: str = "STANDARD"


_listed = msgspec.json.Decoder(_Listed).decode


class _Asked:
    """The parameters that the listings share, and how they are written back."""

    def __init__(self, call: Call, maximum: str = "MaxKeys") -> None:
        params = call.params
        encoding = params.get("EncodingType")
        if encoding not in (None, "url"):
            raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
        asked: int = params.get(maximum, _MOST)
        if not 0 <= asked <= 2**31 - 1:
            name = maximum[0].lower() + maximum[1:]
            raise invalid_argument(f"Argument {name} must be an integer between 0 and 2147483647", name, str(asked))
        self.encoding = encoding
        self.limit = min(asked, _MOST)
        self.prefix: str = params.get("Prefix") or ""
        self.delimiter: str = params.get("Delimiter") or ""

    def text(self, value: str | bytes) -> str:
        """Answer a key as it is written into the answer."""
        plain = value.decode() if isinstance(value, bytes) else value
        return quote_plus(plain, safe="/*") if self.encoding else plain

    def echo(self) -> dict[str, str]:
        """Answer the parameters that are told back only when they were given."""
        echo = {"Delimiter": self.text(self.delimiter)} if self.delimiter else {}
        return {**echo, "EncodingType": "url"} if self.encoding else echo


@SERVICE.operation("ListObjectsV2")
def list_objects_v2(call: Call) -> dict[str, Any]:
    """Answer a page of a bucket's objects."""
    bucket, asked, params = find(call), _Asked(call), call.params
    token, start_after = params.get("ContinuationToken"), params.get("StartAfter")
    after = (start_after or "").encode() if token is None else _opened(token)
    found = _objects(call, bucket, asked, after)
    answer: dict[str, Any] = {"Name": bucket.name, "Prefix": asked.text(asked.prefix)}
    if start_after and token is None:
        answer["StartAfter"] = asked.text(start_after)
    if token is not None:
        answer["ContinuationToken"] = token
    if found.truncated and found.last is not None:
        answer["NextContinuationToken"] = _sealed(found.last)
    answer |= {"KeyCount": found.count, "MaxKeys": asked.limit, **asked.echo(), "IsTruncated": found.truncated}
    extra = {"Owner": owner(call.account)} if params.get("FetchOwner") else {}
    return answer | _items(asked, found, "Contents", extra)


@SERVICE.operation("ListObjects")
def list_objects(call: Call) -> dict[str, Any]:
    """Answer a page of a bucket's objects, in the first version's way."""
    bucket, asked = find(call), _Asked(call)
    marker: str = call.params.get("Marker") or ""
    found = _objects(call, bucket, asked, marker.encode())
    answer: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": asked.text(asked.prefix),
        "Marker": asked.text(marker),
        "MaxKeys": asked.limit,
        **asked.echo(),
        "IsTruncated": found.truncated,
    }
    if found.truncated and found.last is not None and asked.delimiter:
        answer["NextMarker"] = asked.text(found.last)
    return answer | _items(asked, found, "Contents", {"Owner": owner(call.account)})


@SERVICE.operation("ListObjectVersions")
def list_object_versions(call: Call) -> dict[str, Any]:
    """Answer a page of a bucket's versions: the null version of each object."""
    bucket, asked = find(call), _Asked(call)
    key_marker, version_marker = call.params.get("KeyMarker") or "", call.params.get("VersionIdMarker") or ""
    if version_marker and not key_marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, "version-id-marker", version_marker)
    found = _objects(call, bucket, asked, key_marker.encode())
    answer: dict[str, Any] = {
        "Name": bucket.name,
        "Prefix": asked.text(asked.prefix),
        "KeyMarker": asked.text(key_marker),
        "VersionIdMarker": version_marker,
        "MaxKeys": asked.limit,
        **asked.echo(),
        "IsTruncated": found.truncated,
    }
    if found.truncated and found.last is not None:
        answer["NextKeyMarker"] = asked.text(found.last)
        if found.contents and found.contents[-1][0] == found.last:
            answer["NextVersionIdMarker"] = NULL_VERSION
    extra = {"Owner": owner(call.account), "VersionId": NULL_VERSION, "IsLatest": True}
    return answer | _items(asked, found, "Versions", extra)


@SERVICE.operation("ListMultipartUploads")
def list_multipart_uploads(call: Call) -> dict[str, Any]:
    """Answer a page of a bucket's uploads."""
    bucket, asked, params = find(call), _Asked(call, "MaxUploads"), call.params
    key_marker: str = params.get("KeyMarker") or ""
    id_marker: str = (params.get("UploadIdMarker") or "") if key_marker else ""
    uploads: list[Upload] = []
    prefixes: list[str] = []
    truncated = False
    for begun in _uploads_after(call, bucket, asked.prefix, key_marker, id_marker):
        rest = begun.key[len(asked.prefix) :]
        cut = rest.find(asked.delimiter) if asked.delimiter else -1
        rolled_up = None if cut < 0 else asked.prefix + rest[: cut + len(asked.delimiter)]
        if rolled_up is not None and (rolled_up <= key_marker or rolled_up in prefixes[-1:]):
            continue
        if len(uploads) + len(prefixes) == asked.limit:
            truncated = asked.limit > 0
            break
        if rolled_up is None:
            uploads.append(begun)
        else:
            prefixes.append(rolled_up)
    answer: dict[str, Any] = {
        "Bucket": bucket.name,
        "KeyMarker": asked.text(key_marker),
        "UploadIdMarker": id_marker,
        "NextKeyMarker": asked.text(uploads[-1].key) if uploads else "",
        "NextUploadIdMarker": uploads[-1].id if uploads else "",
        **({"Prefix": asked.text(asked.prefix)} if asked.prefix else {}),
        **asked.echo(),
        "MaxUploads": asked.limit,
        "IsTruncated": truncated,
    }
    if uploads:
        answer["Uploads"] = [_shown_upload(call, asked, begun) for begun in uploads]
    if prefixes:
        answer["CommonPrefixes"] = [{"Prefix": asked.text(prefix)} for prefix in prefixes]
    return answer


def _uploads_after(call: Call, bucket: Bucket, prefix: str, key_marker: str, id_marker: str) -> Iterator[Upload]:
    if id_marker:
        marked = upload.UPLOADS.get(call.transaction, upload.upload_key(bucket.name, key_marker, id_marker))
        if marked is None:
            raise invalid_argument("Invalid uploadId marker", "upload-id-marker", id_marker)
    marker = (key_marker.encode(), id_marker or "\U0010ffff")
    for _, begun in upload.UPLOADS.scan(call.transaction, f"{bucket.name}/{prefix}"):
        if not key_marker or (begun.key.encode(), begun.id) > marker:
            yield begun


def _shown_upload(call: Call, asked: _Asked, begun: Upload) -> dict[str, Any]:
    return {
        "Key": asked.text(begun.key),
        "UploadId": begun.id,
        "Initiator": initiator(call),
        "Owner": owner(call.account),
        "StorageClass": begun.storage_class,
        "Initiated": begun.initiated_s,
        **checksum_choice(begun),
    }


def _objects(call: Call, bucket: Bucket, asked: _Asked, after: bytes) -> Page:
    root = row_key(bucket.name, "").encode()
    stop = root + b"\xff"

    def seek(start: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key, value in call.transaction.scan(OBJECTS.space, root + start, stop):
            yield key[len(root) :], value

    return page(seek, asked.prefix.encode(), asked.delimiter.encode(), after, asked.limit)


def _items(asked: _Asked, found: Page, member: str, extra: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if found.contents:
        answer[member] = [_shown(asked, key, value, extra) for key, value in found.contents]
    if found.prefixes:
        answer["CommonPrefixes"] = [{"Prefix": asked.text(prefix)} for prefix in found.prefixes]
    return answer


def _shown(asked: _Asked, key: bytes, value: bytes, extra: dict[str, Any]) -> dict[str, Any]:
    listed = _listed(value)
    return {
        "Key": asked.text(key),
        "LastModified": listed.modified_s,
        "ETag": f'"{listed.etag}"',
        "ChecksumAlgorithm": [listed.algorithm],
        "ChecksumType": listed.checksum_type,
        "Size": listed.size,
        "StorageClass": listed.storage_class,
        **extra,
    }


def _sealed(key: bytes) -> str:
    return base64.urlsafe_b64encode(b"1" + key).decode()


def _opened(token: str) -> bytes:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
        raw.decode()
    except ValueError:
        raw = b""
    if raw[:1] != b"1":
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token")
    return raw[1:]
