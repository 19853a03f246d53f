"""Events of objects as S3 tells them (user guide, "Event message structure"; recorded on AWS, 2026)."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from tailrace.s3.bucket import Bucket
from tailrace.s3.object import Object
from tailrace.s3.owner import canonical_id

CREATED_PUT = "ObjectCreated:Put"
CREATED_COPY = "ObjectCreated:Copy"
CREATED_UPLOAD = "ObjectCreated:CompleteMultipartUpload"
REMOVED = "ObjectRemoved:Delete"
EXPIRED = "LifecycleExpiration:Delete"
TAGS_PUT = "ObjectTagging:Put"
TAGS_REMOVED = "ObjectTagging:Delete"
_LATER_KINDS = ("ObjectTagging", "LifecycleExpiration")  # have a younger version of the structure


def record(
    bucket: Bucket, event: str, key: str, stored: Object | None, *, now: float, account: str, who: str, request_id: str
) -> dict[str, Any]:
    """Answer one event, without the id of the configuration that asks for it."""
    kind, _, _ = event.partition(":")
    about: dict[str, Any] = {"key": quote_plus(key, safe="/")}
    if stored is not None:
        if kind == "ObjectCreated":
            about["size"] = stored.size
        about["eTag"] = stored.etag
    if kind not in _LATER_KINDS:
        about["sequencer"] = f"{int(now * 1_000_000):018X}"
    return {
        "eventVersion": "2.3" if kind in _LATER_KINDS else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso(now),
        "eventName": event,
        "userIdentity": {"principalId": f"AWS:{who}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": request_id, "x-amz-id-2": canonical_id(request_id)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "",
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": canonical_id(account)[:14].upper()},
                "arn": bucket.arn,
            },
            "object": about,
        },
    }


def iso(now: float) -> str:
    """Answer an instant as events tell it."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
