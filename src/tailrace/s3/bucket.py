"""A bucket: its row, the rules for its name, and how an operation finds it (user guide, "Bucket naming rules").

Buckets are global: one name, whatever the region; the region it was created in is kept.
"""

import re
from typing import Any

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.s3.errors import no_such_bucket
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ACCOUNT = re.compile(r"\d{12}")

PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class Bucket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bucket and its settings, in the words of their own operations; None where a setting has been removed."""

    name: str
    region: str
    created_ms: int
    versioning: str | None = None
    ownership: str | None = "BucketOwnerEnforced"
    public_access: dict[str, bool] | None = msgspec.field(default_factory=lambda: dict.fromkeys(PUBLIC_ACCESS, True))
    policy: str | None = None
    tags: list[tuple[str, str]] = []
    notification: dict[str, Any] = {}
    lifecycle: dict[str, Any] | None = None

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:aws:s3:::{self.name}"


BUCKETS = Rows("s3/buckets", Bucket)


def check_name(name: str) -> None:
    """Refuse a name that no bucket may have."""
    wrong = (
        _NAME.fullmatch(name) is None
        or ".." in name
        or _ADDRESS.fullmatch(name) is not None
        or name.startswith(_PREFIXES)
        or name.endswith(_SUFFIXES)
    )
    if wrong:
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=name)


def find(call: Call) -> Bucket:
    """Answer the bucket that a call names. Raises NoSuchBucket, or AccessDenied when another owner is expected."""
    return find_named(call, call.transaction, call.params["Bucket"], call.params.get("ExpectedBucketOwner"))


def find_named(call: Call, transaction: Transaction, name: str, expected_owner: str | None = None) -> Bucket:
    """Answer a bucket by its name, for a call that has another transaction or names two."""
    if expected_owner is not None and _ACCOUNT.fullmatch(expected_owner) is None:
        message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected_owner}]"
        raise AwsError("InvalidBucketOwnerAWSAccountID", message, 400)
    bucket = BUCKETS.get(transaction, name)
    if bucket is None:
        raise no_such_bucket(name)
    if expected_owner is not None and expected_owner != call.account:
        raise AwsError("AccessDenied", "Access Denied", 403)
    return bucket


def change(call: Call, bucket: Bucket, **settings: Any) -> None:
    """Stage other settings of a bucket."""
    BUCKETS.put(call.transaction, bucket.name, msgspec.structs.replace(bucket, **settings))
