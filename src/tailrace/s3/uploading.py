"""Multipart uploads come, take parts and go: Create, UploadPart, Abort, ListParts, ListMultipartUploads."""

from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.s3 import checksum, failing, upload
from tailrace.s3 import object as objects
from tailrace.s3.bucket import find
from tailrace.s3.description import described
from tailrace.s3.errors import invalid_argument, invalid_request, not_built
from tailrace.s3.leftover import leave
from tailrace.s3.owner import canonical_id, owner
from tailrace.s3.received import received
from tailrace.s3.registry import SERVICE
from tailrace.s3.upload import UPLOADED, Upload, UploadedPart, part_key
from tailrace.service.call import Call

_PAGE = 1000
_FULL_OBJECT_ONLY = {"CRC64NVME"}
_COMPOSITE_ONLY = {"SHA1", "SHA256", "SHA512", "MD5"}


@SERVICE.operation("CreateMultipartUpload")
def create_multipart_upload(call: Call) -> dict[str, Any]:
    """Begin an upload."""
    bucket = find(call)
    key: str = call.params["Key"]
    objects.check_key(key)
    about = described(call)
    algorithm, kind = _checksum_choice(call)
    begun = Upload(
        id=f"{call.now_ms:011x}{call.random.getrandbits(400):0100x}",
        key=key,
        initiated_s=int(call.now),
        headers=about.headers,
        metadata=about.metadata,
        tags=about.tags,
        storage_class=about.storage_class,
        algorithm=algorithm,
        checksum_type=kind,
    )
    upload.put(call.transaction, bucket.name, begun)
    answer = {"Bucket": bucket.name, "Key": key, "UploadId": begun.id, "ServerSideEncryption": "AES256"}
    return {**answer, **checksum_choice(begun)}


def checksum_choice(begun: Upload) -> dict[str, str]:
    """Answer what an upload's beginner chose about checksums."""
    if begun.algorithm is None or begun.checksum_type is None:
        return {}
    return {"ChecksumAlgorithm": begun.algorithm, "ChecksumType": begun.checksum_type}


@SERVICE.operation("UploadPart")
def upload_part(call: Call) -> dict[str, Any]:
    """Take a part in, in the place of an earlier one with its number."""
    bucket = find(call)
    begun = upload.find(call, call.transaction, bucket.name)
    upload.check_part_number(call.params["PartNumber"])
    if "SSECustomerAlgorithm" in call.params:
        raise not_built("encryption with customer keys", "leave it out")
    declared = checksum.declared(call.params)
    if declared is not None and begun.algorithm not in (None, declared[0]):
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {str(begun.algorithm).lower()}, "
            f"actual checksum Type: {declared[0].lower()}"
        )
    failing.check(call)
    body = received(call, begun.algorithm)
    value = body.checksum
    if begun.algorithm is None and body.algorithm != checksum.DEFAULT:
        value = checksum.of_file(checksum.DEFAULT, call.cloud.files.path(body.path)) if body.path else _EMPTY
    part = UploadedPart(
        number=call.params["PartNumber"],
        size=body.size,
        etag=body.etag,
        modified_s=int(call.now),
        checksum=value,
        path=body.path,
    )
    take(call, call.transaction, begun, part)
    answer = {"ETag": f'"{part.etag}"', "ServerSideEncryption": "AES256"}
    if declared is not None or begun.algorithm is not None:
        answer[f"Checksum{body.algorithm}"] = body.checksum
    return answer


_EMPTY = checksum.of_bytes(checksum.DEFAULT, b"")


def take(call: Call, transaction: Transaction, begun: Upload, part: UploadedPart) -> None:
    """Stage a part of an upload."""
    key = part_key(begun.id, part.number)
    before = UPLOADED.get(transaction, key)
    if before is not None and before.path:
        leave(call.cloud, transaction, call.now_ms, [before.path])
    UPLOADED.put(transaction, key, part)


@SERVICE.operation("AbortMultipartUpload")
def abort_multipart_upload(call: Call) -> dict[str, Any]:
    """Give an upload up."""
    bucket = find(call)
    begun = upload.find(call, call.transaction, bucket.name)
    leave(call.cloud, call.transaction, call.now_ms, upload.forget(call.transaction, bucket.name, begun))
    return {}


@SERVICE.operation("ListParts")
def list_parts(call: Call) -> dict[str, Any]:
    """Answer a page of an upload's parts."""
    bucket = find(call)
    begun = upload.find(call, call.transaction, bucket.name)
    most = parts_limit(call)
    after = int(call.params.get("PartNumberMarker") or 0)
    page: list[UploadedPart] = []
    truncated = False
    for part in upload.parts(call.transaction, begun.id, after):
        if len(page) == most:
            truncated = True
            break
        page.append(part)
    answer: dict[str, Any] = {
        "Bucket": bucket.name,
        "Key": begun.key,
        "UploadId": begun.id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": most,
        "IsTruncated": truncated,
        "Initiator": initiator(call),
        "Owner": owner(call.account),
        "StorageClass": begun.storage_class,
        **checksum_choice(begun),
    }
    if page:
        answer["Parts"] = [_shown(begun, part) for part in page]
    return answer


def parts_limit(call: Call) -> int:
    """Answer how many parts a page may have. Raises InvalidArgument."""
    asked: int = call.params.get("MaxParts", _PAGE)
    if not 0 <= asked <= 2**31 - 1:
        text = "Argument max-parts must be an integer between 0 and 2147483647"
        raise invalid_argument(text, "max-parts", str(asked))
    return min(asked, _PAGE)


def initiator(call: Call) -> dict[str, str]:
    """Answer who begins uploads, as S3 names him."""
    return {"ID": canonical_id(call.account), "DisplayName": call.account}


def _shown(begun: Upload, part: UploadedPart) -> dict[str, Any]:
    shown = {
        "PartNumber": part.number,
        "LastModified": part.modified_s,
        "ETag": f'"{part.etag}"',
        "Size": part.size,
    }
    return shown if begun.algorithm is None else {**shown, f"Checksum{begun.algorithm}": part.checksum}


def _checksum_choice(call: Call) -> tuple[str | None, str | None]:
    algorithm, kind = call.params.get("ChecksumAlgorithm"), call.params.get("ChecksumType")
    if algorithm is None:
        if kind is not None:
            message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise invalid_request(message)
        return None, None
    checksum.check_supported(algorithm)
    wrong = (kind == checksum.COMPOSITE and algorithm in _FULL_OBJECT_ONLY) or (
        kind == checksum.FULL_OBJECT and algorithm in _COMPOSITE_ONLY
    )
    if wrong:
        raise invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    default = checksum.FULL_OBJECT if algorithm in _FULL_OBJECT_ONLY else checksum.COMPOSITE
    return algorithm, kind or default
