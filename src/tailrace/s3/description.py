"""What a writer says about an object besides its bytes: headers, metadata, tags, storage class; what is refused."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tailrace.s3.errors import not_built
from tailrace.s3.owner import check_acl
from tailrace.s3.tag_set import TagSet, from_header
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
)
DEFAULT_TYPE = "binary/octet-stream"
_METADATA_BYTES_MAX = 2048
_CLASSES = {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"}
_ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}
_LOCKS = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "ObjectLockEventHold")


class Description(NamedTuple):
    """The parts of an object's row that its writer chooses."""

    headers: dict[str, str]
    metadata: dict[str, str]
    tags: TagSet
    storage_class: str


def described(call: Call) -> Description:
    """Answer what a call says about the object that it writes; AwsError for what isn't carried out."""
    params = call.params
    check_acl(call)
    check_supported(params)
    return Description(
        headers_of(params), metadata_of(params), from_header(params.get("Tagging")), storage_class_of(params)
    )


def headers_of(params: Mapping[str, Any]) -> dict[str, str]:
    """Answer the headers that are stored with an object."""
    headers = {name: params[name] for name in HEADERS if name in params}
    codings = [coding.strip() for coding in headers.pop("ContentEncoding", "").split(",")]
    kept = [coding for coding in codings if coding and coding.lower() != "aws-chunked"]
    if kept:
        headers["ContentEncoding"] = ",".join(kept)
    headers.setdefault("ContentType", DEFAULT_TYPE)
    return headers


def metadata_of(params: Mapping[str, Any]) -> dict[str, str]:
    """Answer the user metadata, its names in lower case."""
    metadata = {name.lower(): value for name, value in params.get("Metadata", {}).items()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > _METADATA_BYTES_MAX:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        members = {"Size": str(size), "MaxSizeAllowed": str(_METADATA_BYTES_MAX)}
        raise AwsError("MetadataTooLarge", message, 400, **members)
    return metadata


def storage_class_of(params: Mapping[str, Any]) -> str:
    """Answer the storage class; all that can be read at once are alike here."""
    chosen: str = params.get("StorageClass", "STANDARD")
    if chosen in _ARCHIVES:
        raise not_built(f"storage class {chosen}", "take one that can be read at once, such as GLACIER_IR")
    if chosen not in _CLASSES:
        message = "The storage class you specified is not valid"
        raise AwsError("InvalidStorageClass", message, 400, StorageClassRequested=chosen)
    return chosen


def check_supported(params: Mapping[str, Any]) -> None:
    """Refuse what is asked for and would not be done."""
    if params.get("ServerSideEncryption", "AES256") != "AES256":
        raise not_built(f"server-side encryption {params['ServerSideEncryption']}", "leave it out or take AES256")
    if "SSECustomerAlgorithm" in params or "SSECustomerKey" in params:
        raise not_built("encryption with customer keys", "leave it out or take AES256")
    if any(name in params for name in _LOCKS):
        raise not_built("object lock", "leave its headers out")
    if "WriteOffsetBytes" in params:
        raise not_built("appending to objects", "put the whole object")
