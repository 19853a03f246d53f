"""SSESpecification: remembered and told; what lies on this disk is not encrypted by it (docs/deviations)."""

from collections.abc import Mapping
from typing import Any

from tailrace.dynamodb.definition import invalid


def read_encryption(wanted: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Answer what SSEDescription tells of a specification; None for the default. Raises AwsError."""
    if wanted is None:
        return None
    kind, key = wanted.get("SSEType"), wanted.get("KMSMasterKeyId")
    if not wanted.get("Enabled"):
        if kind is not None:
            raise invalid("SSEType can not be specified if Enabled is false")
        if key is not None:
            raise invalid("KMSMasterKeyId can not be specified if Enabled is false")
        return None
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if key is not None and kind != "KMS":
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")
    return {"SSEType": "KMS", **({"KMSMasterKeyArn": key} if key is not None else {})}
