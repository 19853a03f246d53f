"""Conditions on reads and writes: If-Match and its kin, with S3's precedence and codes (RFC 9110, 13.2.2)."""

from collections.abc import Mapping
from typing import Any, Protocol

from tailrace.s3.errors import header_not_implemented, no_such_key, precondition_failed
from tailrace.wire.errors import AwsError


class Entity(Protocol):
    """What conditions are about. ``etag`` is unquoted, ``modified_s`` whole seconds since the epoch."""

    @property
    def etag(self) -> str:
        """The entity tag."""

    @property
    def modified_s(self) -> int:
        """The time of the last change."""


def check_read(params: Mapping[str, Any], entity: Entity, now: float) -> None:
    """Refuse a read whose conditions don't hold: 412, or 304 when the caller has it already."""
    if "IfMatch" in params:
        if not _names(params["IfMatch"], entity.etag):
            raise precondition_failed("If-Match")
    elif "IfUnmodifiedSince" in params and entity.modified_s > int(params["IfUnmodifiedSince"]):
        raise precondition_failed("If-Unmodified-Since")
    if "IfNoneMatch" in params:
        unmodified = _names(params["IfNoneMatch"], entity.etag)
    else:
        since = params.get("IfModifiedSince")
        # A time in the future is no condition.
        unmodified = since is not None and since <= now and entity.modified_s <= int(since)
    if unmodified:
        raise AwsError("304", "Not Modified", 304, ETag=f'"{entity.etag}"', LastModified=entity.modified_s)


def check_copy_source(params: Mapping[str, Any], entity: Entity, now: float) -> None:
    """Refuse a copy whose conditions on its source don't hold: always 412."""
    if "CopySourceIfMatch" in params:
        if not _names(params["CopySourceIfMatch"], entity.etag):
            raise precondition_failed("x-amz-copy-source-If-Match")
    elif "CopySourceIfUnmodifiedSince" in params and entity.modified_s > int(params["CopySourceIfUnmodifiedSince"]):
        raise precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    if "CopySourceIfNoneMatch" in params:
        if _names(params["CopySourceIfNoneMatch"], entity.etag):
            raise precondition_failed("x-amz-copy-source-If-None-Match")
    elif "CopySourceIfModifiedSince" in params:
        since = params["CopySourceIfModifiedSince"]
        if since <= now and entity.modified_s <= int(since):
            raise precondition_failed("x-amz-copy-source-If-Modified-Since")


def check_write(params: Mapping[str, Any], key: str, current: Entity | None) -> None:
    """Refuse a write whose conditions on what it would replace don't hold."""
    if_match, if_none_match = params.get("IfMatch"), params.get("IfNoneMatch")
    if if_match is not None and if_none_match is not None:
        more = "Multiple conditional request headers present in the request"
        raise header_not_implemented("If-Match,If-None-Match", more)
    if if_none_match is not None:
        if if_none_match != "*":
            raise _unaccepted("If-None-Match")
        if current is not None:
            raise precondition_failed("If-None-Match")
    if if_match is not None:
        if if_match == "*":
            raise _unaccepted("If-Match")
        if current is None:
            raise no_such_key(key)
        if not _names(if_match, current.etag):
            raise precondition_failed("If-Match")


def check_delete(if_match: str | None, key: str, current: Entity | None) -> None:
    """Refuse a delete whose condition doesn't hold; here a star means that the object must exist."""
    if if_match is None:
        return
    if current is None:
        raise no_such_key(key)
    if not _names(if_match, current.etag):
        raise precondition_failed("If-Match")


def _names(header: str, etag: str) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or any(tag.removeprefix("W/").strip('"') == etag for tag in tags)


def _unaccepted(header: str) -> AwsError:
    return header_not_implemented(header, f"We don't accept the provided value of {header} header for this API")
