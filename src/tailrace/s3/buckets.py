"""Buckets come, are found and go: Create, Head, List, Delete, GetBucketLocation."""

import re
from typing import Any

from tailrace.s3 import upload
from tailrace.s3.bucket import BUCKETS, Bucket, check_name, find
from tailrace.s3.errors import invalid_argument, not_built, owned_already
from tailrace.s3.leftover import leave
from tailrace.s3.object import OBJECTS, row_key
from tailrace.s3.owner import owner
from tailrace.s3.registry import SERVICE
from tailrace.s3.tag_set import bucket_tags
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_HOME = "us-east-1"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_OWNERSHIPS = {"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}
_PAGE = 10_000


@SERVICE.operation("CreateBucket")
def create_bucket(call: Call) -> dict[str, Any]:
    """Create a bucket; in us-east-1, creating one's own once more changes nothing."""
    name, configuration = call.params["Bucket"], call.params.get("CreateBucketConfiguration") or {}
    check_name(name)
    region = _location(call, configuration.get("LocationConstraint"))
    _check_supported(call, configuration)
    tags = bucket_tags(configuration.get("Tags") or [])
    answer = {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}
    if BUCKETS.get(call.transaction, name) is not None:
        if call.region == _HOME and not tags:
            return answer
        raise owned_already(name)
    ownership = call.params.get("ObjectOwnership", "BucketOwnerEnforced")
    if ownership not in _OWNERSHIPS:
        raise invalid_argument(f"Invalid x-amz-object-ownership header: {ownership}", "x-amz-object-ownership")
    bucket = Bucket(name=name, region=region, created_ms=call.now_ms, ownership=ownership, tags=tags)
    BUCKETS.put(call.transaction, name, bucket)
    return answer


@SERVICE.operation("HeadBucket")
def head_bucket(call: Call) -> dict[str, Any]:
    """Answer that a bucket is there, and where."""
    bucket = find(call)
    return {"BucketArn": bucket.arn, "BucketRegion": bucket.region, "AccessPointAlias": False}


@SERVICE.operation("GetBucketLocation")
def get_bucket_location(call: Call) -> dict[str, Any]:
    """Answer a bucket's region; nothing for us-east-1, as ever."""
    bucket = find(call)
    return {} if bucket.region == _HOME else {"LocationConstraint": bucket.region}


@SERVICE.operation("ListBuckets")
def list_buckets(call: Call) -> dict[str, Any]:
    """Answer a page of the account's buckets."""
    params = call.params
    region, prefix = params.get("BucketRegion"), params.get("Prefix") or ""
    if region is not None and _REGION.fullmatch(region) is None:
        raise invalid_argument(f"Argument value {region} is not a valid AWS Region", "bucket-region")
    most = min(params.get("MaxBuckets", _PAGE), _PAGE)
    page: list[Bucket] = []
    answer: dict[str, Any] = {"Owner": owner(call.account), "Buckets": page}
    for _, bucket in BUCKETS.scan(call.transaction, prefix, params.get("ContinuationToken") or ""):
        if region is not None and bucket.region != region:
            continue
        if len(page) == most:
            answer["ContinuationToken"] = page[-1].name
            break
        page.append(bucket)
    if prefix:
        answer["Prefix"] = prefix
    answer["Buckets"] = [_shown(bucket) for bucket in page]
    return answer


@SERVICE.operation("DeleteBucket")
def delete_bucket(call: Call) -> dict[str, Any]:
    """Delete an empty bucket; its unfinished uploads go with it."""
    bucket = find(call)
    root = row_key(bucket.name, "")
    if next(OBJECTS.scan(call.transaction, root), None) is not None:
        message = "The bucket you tried to delete is not empty"
        raise AwsError("BucketNotEmpty", message, 409, BucketName=bucket.name)
    paths = []
    for _, begun in list(upload.UPLOADS.scan(call.transaction, root)):
        paths += upload.forget(call.transaction, bucket.name, begun)
    if paths:
        leave(call.cloud, call.transaction, call.now_ms, paths)
    BUCKETS.delete(call.transaction, bucket.name)
    return {}


def _shown(bucket: Bucket) -> dict[str, Any]:
    return {
        "Name": bucket.name,
        "CreationDate": bucket.created_ms // 1000,
        "BucketRegion": bucket.region,
        "BucketArn": bucket.arn,
    }


def _location(call: Call, constraint: str | None) -> str:
    """Answer the region that a bucket goes to."""
    if call.region == _HOME:
        if constraint is None:
            return _HOME
        if constraint == "EU":
            return "eu-west-1"
        if constraint == _HOME or _REGION.fullmatch(constraint) is None:
            message = "The specified location-constraint is not valid"
            raise AwsError("InvalidLocationConstraint", message, 400, LocationConstraint=constraint)
        return constraint
    if constraint == call.region or (constraint == "EU" and call.region == "eu-west-1"):
        return call.region
    raise AwsError(
        "IllegalLocationConstraintException",
        f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific endpoint this "
        "request was sent to.",
        400,
    )


def _check_supported(call: Call, configuration: dict[str, Any]) -> None:
    if call.params.get("ACL", "private") != "private":
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", message, 400)
    if call.params.get("ObjectLockEnabledForBucket"):
        raise not_built("object lock", "create the bucket without it")
    if "Bucket" in configuration or "Location" in configuration:
        raise not_built("directory buckets", "create a general purpose bucket")
