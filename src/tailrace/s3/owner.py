"""Who owns buckets and objects: the account's canonical user; access lists are off, which is the default."""

import hashlib
from typing import Any

from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_HARMLESS_ACLS = {"private", "bucket-owner-full-control", "bucket-owner-read"}
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")


def owner(account: str) -> dict[str, str]:
    """Answer the account as S3 names it."""
    return {"ID": canonical_id(account)}


def canonical_id(account: str) -> str:
    """Answer the canonical user id of an account: 64 hex digits."""
    return hashlib.sha256(f"canonical-user/{account}".encode()).hexdigest()


def full_control(account: str) -> dict[str, Any]:
    """Answer the only access list there is."""
    grantee = {"ID": canonical_id(account), "Type": "CanonicalUser"}
    return {"Owner": owner(account), "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}


def check_acl(call: Call) -> None:
    """Refuse access lists other than the owner's own."""
    acl = call.params.get("ACL")
    if any(grant in call.params for grant in _GRANTS) or (acl is not None and acl not in _HARMLESS_ACLS):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
