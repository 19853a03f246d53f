"""The settings of a bucket that are kept: encryption, public access block, ownership, policy, versioning status.

What would have an effect that Tailrace doesn't have is refused, never kept as if it worked.
"""

from collections.abc import Callable
from typing import Any

import orjson

from tailrace.s3.bucket import PUBLIC_ACCESS, change, find
from tailrace.s3.errors import invalid_argument, malformed_xml, missing, not_built
from tailrace.s3.registry import SERVICE
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_OWNERSHIPS = {"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}
_SSE_S3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}

# What no bucket can have here, and so is truly missing: operation -> code, text.
_NEVER_SET = {
    "GetBucketCors": ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "GetBucketWebsite": (
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
    "GetBucketReplication": (
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
    ),
    "GetObjectLockConfiguration": (
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
}
# What every bucket has here: operation -> answer.
_ALWAYS = {
    "GetBucketLogging": {},
    "GetBucketAccelerateConfiguration": {},
    "GetBucketRequestPayment": {"Payer": "BucketOwner"},
}


def _never(operation: str) -> Callable[[Call], dict[str, Any]]:
    def answer(call: Call) -> dict[str, Any]:
        raise missing(*_NEVER_SET[operation], find(call).name)

    return answer


def _always(operation: str) -> Callable[[Call], dict[str, Any]]:
    def answer(call: Call) -> dict[str, Any]:
        find(call)
        return dict(_ALWAYS[operation])

    return answer


for _operation in _NEVER_SET:
    SERVICE.operation(_operation)(_never(_operation))
for _operation in _ALWAYS:
    SERVICE.operation(_operation)(_always(_operation))


@SERVICE.operation("GetBucketEncryption")
def get_bucket_encryption(call: Call) -> dict[str, Any]:
    """Answer how new objects are encrypted: as S3 does without being asked."""
    find(call)
    return {"ServerSideEncryptionConfiguration": {"Rules": [_SSE_S3]}}


@SERVICE.operation("PutBucketEncryption")
def put_bucket_encryption(call: Call) -> dict[str, Any]:
    """Take the default that is there anyway; refuse any other."""
    find(call)
    rules = call.params["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1 or "ApplyServerSideEncryptionByDefault" not in rules[0]:
        raise malformed_xml()
    default = rules[0]["ApplyServerSideEncryptionByDefault"]
    if default["SSEAlgorithm"] != "AES256":
        raise not_built(f"default encryption with {default['SSEAlgorithm']}", "take AES256")
    if default.get("KMSMasterKeyID"):
        message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise invalid_argument(message, "ApplyServerSideEncryptionByDefault")
    return {}


@SERVICE.operation("DeleteBucketEncryption")
def delete_bucket_encryption(call: Call) -> dict[str, Any]:
    """Go back to the default."""
    find(call)
    return {}


@SERVICE.operation("GetPublicAccessBlock")
def get_public_access_block(call: Call) -> dict[str, Any]:
    """Answer how public access is blocked."""
    bucket = find(call)
    if bucket.public_access is None:
        message = "The public access block configuration was not found"
        raise missing("NoSuchPublicAccessBlockConfiguration", message, bucket.name)
    return {"PublicAccessBlockConfiguration": bucket.public_access}


@SERVICE.operation("PutPublicAccessBlock")
def put_public_access_block(call: Call) -> dict[str, Any]:
    """Keep how public access is to be blocked."""
    asked = call.params["PublicAccessBlockConfiguration"]
    change(call, find(call), public_access={name: asked.get(name, False) for name in PUBLIC_ACCESS})
    return {}


@SERVICE.operation("DeletePublicAccessBlock")
def delete_public_access_block(call: Call) -> dict[str, Any]:
    """Forget how public access was blocked."""
    change(call, find(call), public_access=None)
    return {}


@SERVICE.operation("GetBucketOwnershipControls")
def get_bucket_ownership_controls(call: Call) -> dict[str, Any]:
    """Answer who owns new objects."""
    bucket = find(call)
    if bucket.ownership is None:
        message = "The bucket ownership controls were not found"
        raise missing("OwnershipControlsNotFoundError", message, bucket.name)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": bucket.ownership}]}}


@SERVICE.operation("PutBucketOwnershipControls")
def put_bucket_ownership_controls(call: Call) -> dict[str, Any]:
    """Keep who owns new objects."""
    rules = call.params["OwnershipControls"]["Rules"]
    if len(rules) != 1 or rules[0]["ObjectOwnership"] not in _OWNERSHIPS:
        raise malformed_xml()
    change(call, find(call), ownership=rules[0]["ObjectOwnership"])
    return {}


@SERVICE.operation("DeleteBucketOwnershipControls")
def delete_bucket_ownership_controls(call: Call) -> dict[str, Any]:
    """Forget who owns new objects."""
    change(call, find(call), ownership=None)
    return {}


@SERVICE.operation("GetBucketPolicy")
def get_bucket_policy(call: Call) -> dict[str, Any]:
    """Answer a bucket's policy."""
    bucket = find(call)
    if bucket.policy is None:
        raise missing("NoSuchBucketPolicy", "The bucket policy does not exist", bucket.name)
    return {"Policy": bucket.policy}


@SERVICE.operation("PutBucketPolicy")
def put_bucket_policy(call: Call) -> dict[str, Any]:
    """Keep a bucket's policy."""
    bucket, text = find(call), call.params["Policy"]
    try:
        policy = orjson.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict) or not text.startswith("{"):
        raise AwsError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'", 400)
    if "Statement" not in policy:
        raise AwsError("MalformedPolicy", "Missing required field Statement", 400)
    change(call, bucket, policy=text)
    return {}


@SERVICE.operation("DeleteBucketPolicy")
def delete_bucket_policy(call: Call) -> dict[str, Any]:
    """Remove a bucket's policy."""
    change(call, find(call), policy=None)
    return {}


@SERVICE.operation("GetBucketVersioning")
def get_bucket_versioning(call: Call) -> dict[str, Any]:
    """Answer whether versions are kept: nothing when that was never set."""
    bucket = find(call)
    return {} if bucket.versioning is None else {"Status": bucket.versioning}


@SERVICE.operation("PutBucketVersioning")
def put_bucket_versioning(call: Call) -> dict[str, Any]:
    """Suspend versioning; it can't be enabled, for versions are not kept."""
    bucket, status = find(call), call.params["VersioningConfiguration"].get("Status")
    if status is None:
        message = "The Versioning element must be specified"
        raise AwsError("IllegalVersioningConfigurationException", message, 400)
    if status == "Enabled":
        raise not_built("versioning", "leave it out or Suspended: only the latest version of an object is kept")
    if status != "Suspended":
        raise malformed_xml()
    change(call, bucket, versioning=status)
    return {}
