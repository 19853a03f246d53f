"""The source of a copy, as x-amz-copy-source names it: bucket/key, percent-encoded, perhaps with a version."""

from typing import NamedTuple
from urllib.parse import unquote

from tailrace.s3.errors import invalid_argument, not_built


class CopySource(NamedTuple):
    """A bucket and a key, and the version if one is named."""

    bucket: str
    key: str
    version_id: str | None

    @classmethod
    def parse(cls, header: str) -> "CopySource":
        """Read a header; AwsError InvalidArgument when it names no object."""
        if header.startswith("arn:"):
            raise not_built("copies from access points", "name the source as bucket/key")
        path, _, query = header.partition("?versionId=")
        bucket, slash, key = unquote(path).removeprefix("/").partition("/")
        if not slash or not bucket or not key:
            raise invalid_argument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source")
        return cls(bucket, key, query or None)
