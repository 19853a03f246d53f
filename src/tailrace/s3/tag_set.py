"""Tags of buckets and objects: their rules, and their header (user guide, "Categorizing your objects")."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from tailrace.s3.errors import invalid_argument
from tailrace.wire.errors import AwsError

OBJECT_TAGS_MAX = 10
BUCKET_TAGS_MAX = 50
_KEY = re.compile(r"[\w\s_.:/=+\-@]{1,128}")
_VALUE = re.compile(r"[\w\s_.:/=+\-@]{0,256}")
_HEADER_FORM = (
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
    "duplicates."
)

TagSet = list[tuple[str, str]]


def bucket_tags(tags: Sequence[Mapping[str, str]]) -> TagSet:
    """Answer a bucket's tags; AwsError when they break a rule."""
    return _checked(tags, BUCKET_TAGS_MAX, "Bucket", "System tags cannot be added/updated by requester")


def object_tags(tags: Sequence[Mapping[str, str]]) -> TagSet:
    """Answer an object's tags; AwsError when they break a rule."""
    return _checked(tags, OBJECT_TAGS_MAX, "Object", "Your TagKey cannot be prefixed with aws:")


def from_header(header: str | None) -> TagSet:
    """Answer the tags of an x-amz-tagging header; AwsError when it can't be read."""
    if not header:
        return []
    pairs = [pair.partition("=") for pair in header.split("&") if pair]
    tags = [(unquote_plus(key), unquote_plus(value)) for key, _, value in pairs]
    fine = all(_KEY.fullmatch(key) and _VALUE.fullmatch(value) for key, value in tags)
    if not fine or len({key for key, _ in tags}) != len(tags):
        raise invalid_argument(_HEADER_FORM, "x-amz-tagging", header)
    return object_tags(shown(tags))


def shown(tags: TagSet) -> list[dict[str, str]]:
    """Answer tags as S3 shows them: in the order of their keys."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags)]


def _checked(tags: Sequence[Mapping[str, Any]], most: int, noun: str, reserved: str) -> TagSet:
    if len(tags) > most:
        raise AwsError("BadRequest", f"{noun} tags cannot be greater than {most}", 400)
    seen: dict[str, str] = {}
    for tag in tags:
        key, value = tag["Key"], tag["Value"]
        if key in seen:
            raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key", 400, TagKey=key)
        if key.startswith("aws:"):
            raise AwsError("InvalidTag", reserved, 400, TagKey=key)
        if not _KEY.fullmatch(key):
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid", 400, TagKey=key)
        if not _VALUE.fullmatch(value):
            raise AwsError("InvalidTag", "The TagValue you have provided is invalid", 400, TagKey=key, TagValue=value)
        seen[key] = value
    return list(seen.items())
