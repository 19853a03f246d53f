"""Access lists as a bucket with enforced ownership has them: the owner may do everything, and nobody else is listed."""

from typing import Any

from tailrace.s3 import object as objects
from tailrace.s3.bucket import find
from tailrace.s3.errors import missing
from tailrace.s3.owner import check_acl, full_control
from tailrace.s3.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError


@SERVICE.operation("GetBucketAcl")
def get_bucket_acl(call: Call) -> dict[str, Any]:
    """Answer a bucket's access list."""
    find(call)
    return full_control(call.account)


@SERVICE.operation("PutBucketAcl")
def put_bucket_acl(call: Call) -> dict[str, Any]:
    """Take the owner's own access list; refuse any other."""
    find(call)
    _check(call)
    return {}


@SERVICE.operation("GetObjectAcl")
def get_object_acl(call: Call) -> dict[str, Any]:
    """Answer an object's access list."""
    objects.find(call, find(call))
    return full_control(call.account)


@SERVICE.operation("PutObjectAcl")
def put_object_acl(call: Call) -> dict[str, Any]:
    """Take the owner's own access list; refuse any other."""
    objects.find(call, find(call))
    _check(call)
    return {}


@SERVICE.operation("GetBucketPolicyStatus")
def get_bucket_policy_status(call: Call) -> dict[str, Any]:
    """Answer whether a bucket's policy opens it to everybody: no policy does here, for it is kept and not applied."""
    bucket = find(call)
    if bucket.policy is None:
        raise missing("NoSuchBucketPolicy", "The bucket policy does not exist", bucket.name)
    return {"PolicyStatus": {"IsPublic": False}}


def _check(call: Call) -> None:
    check_acl(call)
    asked = call.params.get("AccessControlPolicy")
    own = full_control(call.account)["Grants"]
    if asked is not None and asked.get("Grants", []) not in ([], own):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
