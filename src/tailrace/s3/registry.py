"""S3 among the services: its operations register here, and this says which permissions each needs.

Actions are often not named like operations (service authorization reference, "Actions for Amazon S3").
"""

from collections.abc import Sequence
from typing import Any

from tailrace.s3 import leftover, notification
from tailrace.s3.copy_source import CopySource
from tailrace.service.cloud import Cloud
from tailrace.service.service import Permission, Service
from tailrace.wire.errors import AwsError

SERVICE = Service("s3")

# operation -> action on the bucket
_ON_BUCKET = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
}
# operation -> action on the object
_ON_OBJECT = {
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "DeleteObject": "DeleteObject",
    "GetObjectAttributes": "GetObjectAttributes",
    "GetObjectAcl": "GetObjectAcl",
    "PutObjectAcl": "PutObjectAcl",
    "GetObjectTagging": "GetObjectTagging",
    "PutObjectTagging": "PutObjectTagging",
    "DeleteObjectTagging": "DeleteObjectTagging",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
}
_COPIES = {"CopyObject", "UploadPartCopy"}


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[Permission]:
    """Answer the (action, resource) pairs that an operation needs."""
    if operation == "ListBuckets":
        return [("s3:ListAllMyBuckets", "*")]
    bucket = f"arn:aws:s3:::{params.get('Bucket', '*')}"
    if operation in _COPIES:
        return [("s3:GetObject", _source(params)), ("s3:PutObject", f"{bucket}/{params['Key']}")]
    if operation == "DeleteObjects":
        return [("s3:DeleteObject", f"{bucket}/{named['Key']}") for named in params["Delete"]["Objects"]]
    if operation == "GetBodies":
        return [("s3:GetObject", f"{bucket}/{key}") for key in params["Keys"]]
    if operation in _ON_OBJECT:
        return [(f"s3:{_ON_OBJECT[operation]}", f"{bucket}/{params['Key']}")]
    return [(f"s3:{_ON_BUCKET.get(operation, operation)}", bucket)]


def _source(params: dict[str, Any]) -> str:
    try:
        source = CopySource.parse(params["CopySource"])
    except AwsError:
        return "*"  # the operation itself will say what is wrong with it
    return f"arn:aws:s3:::{source.bucket}/{source.key}"


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Say how the work in the background is done; what was begun goes on."""
    leftover.register(cloud)
    notification.register(cloud)
