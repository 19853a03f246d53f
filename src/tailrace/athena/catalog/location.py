"""Places in S3: s3://bucket/prefix/."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec


class Location(msgspec.Struct, frozen=True):
    """A bucket and a prefix, which ends with a slash unless it is empty."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def uri(self, key: str) -> str:
        """Answer the URI of an object in the bucket."""
        return f"s3://{self.bucket}/{key}"


def parse_location(text: str) -> Location | None:
    """Answer the folder that an s3:// URI names; None when it is no such URI."""
    parts = urlsplit(text)
    if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
        return None
    prefix = text.split("://", 1)[1].partition("/")[2]
    return Location(parts.netloc, prefix if not prefix or prefix.endswith("/") else f"{prefix}/")
