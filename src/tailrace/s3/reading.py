"""GetObject, HeadObject, GetObjectAttributes: an object's bytes, all, a range or a part, and what is known of it."""

from email.utils import formatdate
from typing import Any, NamedTuple

from tailrace.s3 import failing
from tailrace.s3 import object as objects
from tailrace.s3.bucket import Bucket, find
from tailrace.s3.byte_range import Range, parse
from tailrace.s3.checksum import COMPOSITE
from tailrace.s3.condition import check_read
from tailrace.s3.errors import invalid_request
from tailrace.s3.lifecycle import expiration_facts
from tailrace.s3.object import Object, Part
from tailrace.s3.registry import SERVICE
from tailrace.s3.uploading import parts_limit
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
}


class _Picked(NamedTuple):
    """Which bytes were asked for: None for all; and the part that they are, if a part was asked for."""

    bytes: Range | None
    part: Part | None = None


@SERVICE.operation("GetObject")
def get_object(call: Call) -> dict[str, Any]:
    """Answer an object with its bytes."""
    bucket = find(call)
    failing.check(call)
    stored = objects.find(call, bucket)
    check_read(call.params, stored, call.now)
    picked = _pick(call, bucket, stored)
    start = 0 if picked.bytes is None else picked.bytes.first
    length = stored.size if picked.bytes is None else picked.bytes.length
    body = objects.body(call, call.params["Key"], stored, start, length)
    return {**_facts(call, bucket, stored, picked), "Body": body}


@SERVICE.internal("GetBodies")
def get_bodies(call: Call) -> dict[str, Any]:
    """Do what GetObject does for many ``Keys`` of a service that wants their bytes alone: ``Bodies``, in order."""
    bucket = find(call)
    bodies = []
    for key in call.params["Keys"]:
        failing.check(call)
        stored = objects.find_named(call, bucket, key)
        bodies.append(objects.body(call, key, stored, 0, stored.size))
    return {"Bodies": bodies}


@SERVICE.operation("HeadObject")
def head_object(call: Call) -> dict[str, Any]:
    """Answer an object without its bytes."""
    bucket = find(call)
    stored = objects.find(call, bucket)
    check_read(call.params, stored, call.now)
    return _facts(call, bucket, stored, _pick(call, bucket, stored))


@SERVICE.operation("GetObjectAttributes")
def get_object_attributes(call: Call) -> dict[str, Any]:
    """Answer the attributes of an object that are asked for."""
    bucket = find(call)
    stored = objects.find(call, bucket)
    asked = call.params["ObjectAttributes"]
    answer: dict[str, Any] = {"LastModified": stored.modified_s}
    if "ETag" in asked:
        answer["ETag"] = stored.etag
    if "Checksum" in asked:
        answer["Checksum"] = objects.checksum_facts(stored)
    if "ObjectParts" in asked and stored.parts:
        answer["ObjectParts"] = _parts_page(call, bucket, stored)
    if "StorageClass" in asked:
        answer["StorageClass"] = stored.storage_class
    if "ObjectSize" in asked:
        answer["ObjectSize"] = stored.size
    return answer


def _pick(call: Call, bucket: Bucket, stored: Object) -> _Picked:
    number, header = call.params.get("PartNumber"), call.params.get("Range")
    if number is None:
        return _Picked(None if header is None else parse(header, stored.size))
    if header is not None:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")
    known = objects.parts_of(call.transaction, bucket.name, call.params["Key"]) if stored.parts else None
    parts = [Part(1, stored.size)] if known is None else known.parts
    if not 1 <= number <= len(parts):
        message = "The requested partnumber is not satisfiable"
        members = {"PartNumberRequested": str(number), "ActualPartCount": str(len(parts))}
        raise AwsError("InvalidPartNumber", message, 416, **members)
    first = sum(part.size for part in parts[: number - 1])
    part = parts[number - 1]
    whole = Range(first, first + part.size - 1) if part.size else None
    return _Picked(whole, part if known is not None else None)


def _facts(call: Call, bucket: Bucket, stored: Object, picked: _Picked) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": stored.modified_s,
        "ContentLength": stored.size if picked.bytes is None else picked.bytes.length,
        **objects.facts(stored),
        **stored.headers,
        "Metadata": stored.metadata,
        **expiration_facts(bucket, call.params["Key"], stored),
    }
    if picked.bytes is not None:
        answer["ContentRange"] = f"bytes {picked.bytes.first}-{picked.bytes.last}/{stored.size}"
    if picked.part is not None:
        answer["PartsCount"] = stored.parts
    if call.params.get("ChecksumMode") == "ENABLED":
        answer |= _checksum(stored, picked)
    if stored.storage_class != "STANDARD":
        answer["StorageClass"] = stored.storage_class
    if stored.tags:
        answer["TagCount"] = len(stored.tags)
    return answer | _overrides(call)


def _checksum(stored: Object, picked: _Picked) -> dict[str, str]:
    """Answer the checksum when it is that of the bytes answered."""
    if picked.part is not None and picked.part.checksum is not None:
        return {f"Checksum{stored.algorithm}": picked.part.checksum, "ChecksumType": stored.checksum_type}
    if picked.bytes is None or picked.bytes.length == stored.size:
        return objects.checksum_facts(stored)
    return {}


def _overrides(call: Call) -> dict[str, Any]:
    overrides = {member: call.params[name] for name, member in _OVERRIDES.items() if name in call.params}
    if "ResponseExpires" in call.params:
        overrides["Expires"] = formatdate(call.params["ResponseExpires"], usegmt=True)
    return overrides


def _parts_page(call: Call, bucket: Bucket, stored: Object) -> dict[str, Any]:
    if stored.checksum_type != COMPOSITE:
        return {"TotalPartsCount": stored.parts}
    most = parts_limit(call)
    after = int(call.params.get("PartNumberMarker") or 0)
    known = objects.parts_of(call.transaction, bucket.name, call.params["Key"])
    following = [part for part in (known.parts if known else ()) if part.number > after]
    page = following[:most]
    answer: dict[str, Any] = {
        "TotalPartsCount": stored.parts,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": most,
        "IsTruncated": len(following) > most,
    }
    if page:
        member = f"Checksum{stored.algorithm}"
        answer["Parts"] = [{"PartNumber": part.number, "Size": part.size, member: part.checksum} for part in page]
    return answer
