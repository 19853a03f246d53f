"""Which S3 operation a request means: its bucket from the host or the path, its key, and the sub-resource asked for."""

from collections.abc import Mapping
from functools import cache
from urllib.parse import unquote_to_bytes

from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request
from tailrace.wire.uri import Match, Template, fields_of, fits, templates_of

_LOCAL = ".localhost"
_AMAZON = ".amazonaws.com"
# Older forms and other kinds of buckets that share an address with what is meant.
_SHADOWED = frozenset(
    {
        "GetBucketLifecycle",
        "GetBucketNotification",
        "ListDirectoryBuckets",
        "PutBucketLifecycle",
        "PutBucketNotification",
        "WriteGetObjectResponse",
    }
)


def bucket_of(host: str) -> str | None:
    """Answer the bucket that a host names, or None when the path names it."""
    name = host.partition(":")[0].lower()
    if name.endswith(_LOCAL):
        name = name.removesuffix(_LOCAL)
    elif name.endswith(_AMAZON):
        name = name.removesuffix(_AMAZON)
        if "s3" not in name.replace("s3-", "s3.").split("."):
            return None
    else:
        return None
    bucket = name
    for mark in (".s3.", ".s3-"):
        bucket = bucket.partition(mark)[0] if mark in bucket else bucket
    bucket = bucket.removesuffix(".s3")
    return None if bucket == "s3" or bucket.startswith(("s3.", "s3-")) else bucket


@cache
def _templates() -> dict[tuple[str, str], list[Template]]:
    """S3's templates by method and what they are about, the most demanding first."""
    found: dict[tuple[str, str], list[Template]] = {}
    for (method, _), templates in templates_of("s3").items():
        for template in templates:
            if template.operation not in _SHADOWED:
                found.setdefault((method, _about(template)), []).append(template)
    for each in found.values():
        each.sort(key=lambda template: template.weight, reverse=True)
    return found


def _about(template: Template) -> str:
    if "{Key+}" in template.segments:
        return "OBJECT"
    return "BUCKET" if "{Bucket}" in template.segments else "SERVICE"


def match(request: Request) -> Match:
    """Answer the operation and its bucket and key. Raises AwsError MethodNotAllowed, InvalidURI."""
    labels = _labels(request)
    about = "OBJECT" if "Key" in labels else "BUCKET" if labels else "SERVICE"
    operation = _operation(request.method, about, fields_of(request.query), request.headers)
    if operation is None:
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            Method=request.method,
            ResourceType=about,
        )
    return Match(operation, labels)


def _operation(method: str, about: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    for template in _templates().get((method, about), ()):
        if fits(template, fields, headers):
            return template.operation
    return None


def _labels(request: Request) -> dict[str, str]:
    bucket = bucket_of(request.headers.get("host", ""))
    path = request.path[1:]
    if bucket is None:
        raw, _, path = path.partition("/")
        bucket = _decoded(raw)
    labels = {"Bucket": bucket} if bucket else {}
    if bucket and path:
        labels["Key"] = _decoded(path)
    return labels


def _decoded(segment: str) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.", 400, URI=segment) from None
