"""CopyObject and UploadPartCopy: the bytes are copied outside the event loop, then placed in one transaction."""

import asyncio
import re
from typing import Any, BinaryIO, NamedTuple

from tailrace.engine.files import Staged
from tailrace.engine.transaction import Transaction
from tailrace.s3 import checksum, upload
from tailrace.s3 import object as objects
from tailrace.s3.bucket import Bucket, find_named
from tailrace.s3.condition import check_copy_source, check_write
from tailrace.s3.copy_source import CopySource
from tailrace.s3.description import check_supported, headers_of, metadata_of, storage_class_of
from tailrace.s3.errors import invalid_argument, invalid_request, no_such_key
from tailrace.s3.event import CREATED_COPY
from tailrace.s3.notification import notify
from tailrace.s3.object import Object
from tailrace.s3.owner import check_acl
from tailrace.s3.registry import SERVICE
from tailrace.s3.tag_set import from_header
from tailrace.s3.upload import UploadedPart
from tailrace.s3.uploading import take
from tailrace.service.call import Call

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_CHUNK_BYTES = 1 << 20
_CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "ChecksumAlgorithm")


class _Copied(NamedTuple):
    path: str
    size: int
    etag: str
    checksum: str


@SERVICE.operation("CopyObject")
async def copy_object(call: Call) -> dict[str, Any]:
    """Copy an object, with its description or another."""
    check_acl(call)
    check_supported(call.params)
    key: str = call.params["Key"]
    objects.check_key(key)
    source = CopySource.parse(call.params["CopySource"])
    original, bucket = _source(call, source), call.params["Bucket"]
    _check_in_place(call, source)
    _check_target(call, call.cloud.store.begin())
    algorithm = call.params.get("ChecksumAlgorithm") or original.algorithm
    checksum.check_supported(algorithm)
    about = _description(call, original)
    staged = call.cloud.files.create(objects.file_name(bucket, key))
    try:
        copied = await _copy(call, original, staged, 0, original.size, algorithm)
        transaction = call.cloud.store.begin()
        target = _check_target(call, transaction)
        new = Object(**copied._asdict(), algorithm=algorithm, modified_s=int(call.cloud.clock.now()), **about)
        objects.place(call, transaction, bucket, key, new)
        upload.disturb(transaction, bucket, key)
        notify(call, transaction, target, CREATED_COPY, key, new)
        durable = call.cloud.store.commit(transaction)
    except BaseException:
        staged.discard()
        raise
    await durable
    result = {"ETag": f'"{new.etag}"', "LastModified": new.modified_s, **objects.checksum_facts(new)}
    return {"CopyObjectResult": result, "ServerSideEncryption": "AES256"}


@SERVICE.operation("UploadPartCopy")
async def upload_part_copy(call: Call) -> dict[str, Any]:
    """Take an object, or a range of one, in as a part of an upload."""
    bucket = call.params["Bucket"]
    upload.check_part_number(call.params["PartNumber"])
    source = CopySource.parse(call.params["CopySource"])
    begun = _upload(call, call.cloud.store.begin())
    original = _source(call, source)
    start, length = _range(call.params.get("CopySourceRange"), original.size)
    algorithm = begun.algorithm or checksum.DEFAULT
    staged = call.cloud.files.create(objects.file_name(bucket, call.params["Key"]))
    try:
        copied = await _copy(call, original, staged, start, length, algorithm)
        transaction = call.cloud.store.begin()
        _upload(call, transaction)
        part = UploadedPart(
            number=call.params["PartNumber"], modified_s=int(call.cloud.clock.now()), **copied._asdict()
        )
        take(call, transaction, begun, part)
        durable = call.cloud.store.commit(transaction)
    except BaseException:
        staged.discard()
        raise
    await durable
    result = {"ETag": f'"{part.etag}"', "LastModified": part.modified_s}
    if begun.algorithm is not None:
        result[f"Checksum{algorithm}"] = part.checksum
    return {"CopyPartResult": result, "ServerSideEncryption": "AES256"}


def _source(call: Call, source: CopySource) -> Object:
    transaction = call.cloud.store.begin()
    bucket = find_named(call, transaction, source.bucket, call.params.get("ExpectedSourceBucketOwner"))
    objects.check_version(source.version_id)
    found = objects.current(transaction, bucket.name, source.key)
    if found is None:
        raise no_such_key(source.key)
    check_copy_source(call.params, found, call.now)
    return found


def _check_target(call: Call, transaction: Transaction) -> Bucket:
    params = call.params
    bucket = find_named(call, transaction, params["Bucket"], params.get("ExpectedBucketOwner"))
    check_write(params, params["Key"], objects.current(transaction, bucket.name, params["Key"]))
    return bucket


def _check_in_place(call: Call, source: CopySource) -> None:
    params = call.params
    unchanged = params.get("MetadataDirective", "COPY") == "COPY" and not any(name in params for name in _CHANGES)
    if unchanged and (source.bucket, source.key) == (params["Bucket"], params["Key"]):
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )


def _description(call: Call, original: Object) -> dict[str, Any]:
    params = call.params
    if params.get("MetadataDirective") == "REPLACE":
        headers, metadata = headers_of(params), metadata_of(params)
    else:
        headers, metadata = dict(original.headers), original.metadata
        headers.pop("WebsiteRedirectLocation", None)  # belongs to one object, never to its copies
        if "WebsiteRedirectLocation" in params:
            headers["WebsiteRedirectLocation"] = params["WebsiteRedirectLocation"]
    replaced = params.get("TaggingDirective") == "REPLACE"
    tags = from_header(params.get("Tagging")) if replaced else original.tags
    return {"headers": headers, "metadata": metadata, "tags": tags, "storage_class": storage_class_of(params)}


def _upload(call: Call, transaction: Transaction) -> upload.Upload:
    params = call.params
    bucket = find_named(call, transaction, params["Bucket"], params.get("ExpectedBucketOwner"))
    return upload.find(call, transaction, bucket.name)


def _range(header: str | None, size: int) -> tuple[int, int]:
    """Answer the first byte and the number of bytes to copy."""
    if header is None:
        return 0, size
    found = _RANGE.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        message = (
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy"
        )
        raise invalid_argument(message, "x-amz-copy-source-range", header)
    first, last = int(found[1]), int(found[2])
    if last >= size:
        message = f"Range specified is not valid for source object of size: {size}"
        raise invalid_argument(message, "x-amz-copy-source-range", header)
    return first, last - first + 1


async def _copy(call: Call, original: Object, staged: Staged, start: int, length: int, algorithm: str) -> _Copied:
    running = checksum.ALGORITHMS[algorithm].start()
    if length:
        # Opened before anything is awaited: whatever happens to the source now, its bytes stay within reach.
        with call.cloud.files.path(original.path).open("rb") as file:
            await asyncio.to_thread(_pour, file, staged, running, start, length)
        await staged.seal()
    else:
        staged.discard()
    path = staged.path if length else ""
    return _Copied(path, length, staged.md5().hex(), checksum.text(running.digest()))


def _pour(file: BinaryIO, staged: Staged, running: checksum.Running, start: int, length: int) -> None:
    file.seek(start)
    while length > 0:
        chunk = file.read(min(_CHUNK_BYTES, length))
        staged.write(chunk)
        running.update(chunk)
        length -= len(chunk)
