"""The tags of buckets and objects are put, read and removed."""

from typing import Any

import msgspec

from tailrace.s3 import object as objects
from tailrace.s3.bucket import change, find
from tailrace.s3.errors import malformed_xml, missing
from tailrace.s3.event import TAGS_PUT, TAGS_REMOVED
from tailrace.s3.notification import notify
from tailrace.s3.registry import SERVICE
from tailrace.s3.tag_set import TagSet, bucket_tags, object_tags, shown
from tailrace.service.call import Call


@SERVICE.operation("GetBucketTagging")
def get_bucket_tagging(call: Call) -> dict[str, Any]:
    """Answer a bucket's tags."""
    bucket = find(call)
    if not bucket.tags:
        raise missing("NoSuchTagSet", "The TagSet does not exist", bucket.name)
    return {"TagSet": shown(bucket.tags)}


@SERVICE.operation("PutBucketTagging")
def put_bucket_tagging(call: Call) -> dict[str, Any]:
    """Give a bucket other tags."""
    change(call, find(call), tags=bucket_tags(_asked(call)))
    return {}


@SERVICE.operation("DeleteBucketTagging")
def delete_bucket_tagging(call: Call) -> dict[str, Any]:
    """Take a bucket's tags away."""
    change(call, find(call), tags=[])
    return {}


@SERVICE.operation("GetObjectTagging")
def get_object_tagging(call: Call) -> dict[str, Any]:
    """Answer an object's tags."""
    return {"TagSet": shown(objects.find(call, find(call)).tags)}


@SERVICE.operation("PutObjectTagging")
def put_object_tagging(call: Call) -> dict[str, Any]:
    """Give an object other tags."""
    _retag(call, object_tags(_asked(call)), TAGS_PUT)
    return {}


@SERVICE.operation("DeleteObjectTagging")
def delete_object_tagging(call: Call) -> dict[str, Any]:
    """Take an object's tags away."""
    _retag(call, [], TAGS_REMOVED)
    return {}


def _asked(call: Call) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = call.params["Tagging"].get("TagSet") or []
    if any("Key" not in tag or "Value" not in tag for tag in tags):
        raise malformed_xml()
    return tags


def _retag(call: Call, tags: TagSet, event: str) -> None:
    bucket = find(call)
    stored = objects.find(call, bucket)
    key = objects.row_key(bucket.name, call.params["Key"])
    objects.OBJECTS.put(call.transaction, key, msgspec.structs.replace(stored, tags=tags))
    notify(call, call.transaction, bucket, event, call.params["Key"], stored)
