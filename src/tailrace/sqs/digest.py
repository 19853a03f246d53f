"""The MD5 digests that clients check (SQS Developer Guide, "Calculating the MD5 message digest")."""

import hashlib
from typing import Any

_BINARY = b"\x02"
_TEXT = b"\x01"


def of_body(body: str) -> str:
    """Answer the digest of a body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def of_attributes(attributes: dict[str, Any]) -> str | None:
    """Answer the digest of message attributes; None when there are none."""
    if not attributes:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        digest.update(_measured(name.encode()) + _measured(value["DataType"].encode()))
        if value["DataType"].startswith("Binary"):
            digest.update(_BINARY + _measured(value["BinaryValue"]))
        else:
            digest.update(_TEXT + _measured(value["StringValue"].encode()))
    return digest.hexdigest()


def _measured(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw
