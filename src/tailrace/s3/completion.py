"""CompleteMultipartUpload: the parts become one object in one file; done again, it answers the same.

The parts' files are joined outside the event loop; one transaction then places the object and forgets the upload.
"""

import asyncio
import hashlib
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from tailrace.engine.files import Staged
from tailrace.engine.transaction import Transaction
from tailrace.s3 import checksum, upload
from tailrace.s3 import object as objects
from tailrace.s3.bucket import find_named
from tailrace.s3.condition import check_write
from tailrace.s3.errors import conflict, invalid_request, no_such_upload
from tailrace.s3.event import CREATED_UPLOAD
from tailrace.s3.leftover import leave
from tailrace.s3.notification import notify
from tailrace.s3.object import Object, Part, Parts
from tailrace.s3.registry import SERVICE
from tailrace.s3.upload import PART_BYTES_MIN, Upload, UploadedPart
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_CHUNK_BYTES = 1 << 20


@SERVICE.operation("CompleteMultipartUpload")
async def complete_multipart_upload(call: Call) -> dict[str, Any]:
    """Make an object of an upload's parts."""
    bucket, key = call.params["Bucket"], call.params["Key"]
    reading = call.cloud.store.begin()
    begun = _upload(call, reading)
    if begun is None:
        return _answered(call, _completed(call, reading))
    chosen = _chosen(call, reading, begun)
    staged = call.cloud.files.create(objects.file_name(bucket, key))
    try:
        await asyncio.to_thread(_join, call, chosen, staged)
        await staged.seal()
        transaction = call.cloud.store.begin()
        if _upload(call, transaction) is None or _chosen(call, transaction, begun) != chosen:
            raise conflict("uploadId", key)  # completed, aborted or changed meanwhile
        new = _object(begun, chosen, staged)
        _check_whole(call, begun, new)
        _check_conditions(call, transaction, begun)
        parts = [Part(part.number, part.size, part.checksum if begun.algorithm else None) for part in chosen]
        objects.place(call, transaction, bucket, key, new, Parts(upload_id=begun.id, parts=parts))
        leave(call.cloud, transaction, call.now_ms, upload.forget(transaction, bucket, begun))
        upload.disturb(transaction, bucket, key)
        notify(call, transaction, find_named(call, transaction, bucket), CREATED_UPLOAD, key, new)
        durable = call.cloud.store.commit(transaction)
    except BaseException:
        staged.discard()
        raise
    await durable
    return _answered(call, new)


def _upload(call: Call, transaction: Transaction) -> Upload | None:
    params = call.params
    find_named(call, transaction, params["Bucket"], params.get("ExpectedBucketOwner"))
    key = upload.upload_key(params["Bucket"], params["Key"], params["UploadId"])
    return upload.UPLOADS.get(transaction, key)


def _completed(call: Call, transaction: Transaction) -> Object:
    """Answer the object that the same upload has been made into already."""
    bucket, key = call.params["Bucket"], call.params["Key"]
    stored = objects.current(transaction, bucket, key)
    known = objects.parts_of(transaction, bucket, key)
    if stored is None or known is None or known.upload_id != call.params["UploadId"]:
        raise no_such_upload(call.params["UploadId"])
    return stored


def _chosen(call: Call, transaction: Transaction, begun: Upload) -> list[UploadedPart]:
    """Answer the parts that the call lists; AwsError when one isn't there, is another, too small or out of order."""
    asked = call.params.get("MultipartUpload", {}).get("Parts", [])
    if not asked:
        raise invalid_request("You must specify at least one part")
    numbers = [named.get("PartNumber", 0) for named in asked]
    for number in numbers:
        upload.check_part_number(number)
    if any(second <= first for first, second in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise AwsError("InvalidPartOrder", message, 400, UploadId=begun.id)
    chosen = []
    for named in asked:
        part = upload.UPLOADED.get(transaction, upload.part_key(begun.id, named["PartNumber"]))
        if part is None or named.get("ETag", "").strip('"') != part.etag:
            raise _invalid_part(begun, named)
        _check_part_checksum(begun, part, named)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < PART_BYTES_MIN:
            message = "Your proposed upload is smaller than the minimum allowed size"
            members = {"ProposedSize": str(part.size), "MinSizeAllowed": str(PART_BYTES_MIN)}
            members |= {"PartNumber": str(part.number), "ETag": part.etag}
            raise AwsError("EntityTooSmall", message, 400, **members)
    return chosen


def _check_part_checksum(begun: Upload, part: UploadedPart, named: dict[str, Any]) -> None:
    told = {name[8:]: value for name, value in named.items() if name.startswith("Checksum")}
    if begun.algorithm is None:
        if told:
            raise _invalid_part(begun, named)
        return
    if begun.checksum_type == checksum.COMPOSITE and not told:
        raise invalid_request(
            f"The upload was created using a {begun.algorithm.lower()} checksum. The complete request must include "
            f"the checksum for each part. It was missing for part {part.number} in the request."
        )
    for algorithm, value in told.items():
        if algorithm != begun.algorithm:
            message = f"The {algorithm.lower()} you specified for part {part.number} did not match what we received."
            raise AwsError("BadDigest", message, 400)
        if value != part.checksum:
            raise _invalid_part(begun, named)


def _invalid_part(begun: Upload, named: dict[str, Any]) -> AwsError:
    message = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified "
        "entity tag may not match the part's entity tag."
    )
    members = {"UploadId": begun.id, "PartNumber": str(named["PartNumber"])}
    return AwsError("InvalidPart", message, 400, **members, ETag=named.get("ETag", "").strip('"'))


def _object(begun: Upload, chosen: list[UploadedPart], staged: Staged) -> Object:
    md5 = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in chosen), usedforsecurity=False)
    algorithm, kind = begun.algorithm or checksum.DEFAULT, begun.checksum_type or checksum.FULL_OBJECT
    return Object(
        size=staged.size,
        etag=f"{md5.hexdigest()}-{len(chosen)}",
        modified_s=begun.initiated_s,
        algorithm=algorithm,
        checksum=checksum.of_parts(algorithm, kind, [(part.checksum, part.size) for part in chosen]),
        checksum_type=kind,
        path=staged.path if staged.size else "",
        storage_class=begun.storage_class,
        headers=begun.headers,
        metadata=begun.metadata,
        tags=begun.tags,
        parts=len(chosen),
    )


def _check_whole(call: Call, begun: Upload, new: Object) -> None:
    params = call.params
    kind = params.get("ChecksumType")
    if kind is not None and kind != begun.checksum_type:
        raise invalid_request(
            f"The upload was created using the {begun.checksum_type or 'null'} checksum mode. The complete request "
            "must use the same checksum mode."
        )
    told = checksum.stated(params)
    if told and told != {new.algorithm: new.checksum}:
        message = f"The {new.algorithm.lower()} you specified did not match the calculated checksum."
        raise AwsError("BadDigest", message, 400)
    size = params.get("MpuObjectSize")
    if size is not None and size != new.size:
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {new.size}"
        )


def _check_conditions(call: Call, transaction: Transaction, begun: Upload) -> None:
    params = call.params
    check_write(params, begun.key, objects.current(transaction, params["Bucket"], begun.key))
    now = upload.find(call, transaction, params["Bucket"])
    for member, header in (("IfMatch", "If-Match"), ("IfNoneMatch", "If-None-Match")):
        if member in params and now.disturbed:
            raise conflict(header, begun.key)


def _join(call: Call, chosen: list[UploadedPart], staged: Staged) -> None:
    for part in chosen:
        if not part.path:
            continue
        with call.cloud.files.path(part.path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                staged.write(chunk)


def _answered(call: Call, new: Object) -> dict[str, Any]:
    bucket, key = call.params["Bucket"], call.params["Key"]
    return {
        "Location": f"{call.cloud.endpoint}/{bucket}/{quote(key)}",
        "Bucket": bucket,
        "Key": key,
        **objects.facts(new),
        **objects.checksum_facts(new),
    }
