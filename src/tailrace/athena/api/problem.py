"""Athena's errors."""

from __future__ import annotations

from tailrace.wire.errors import AwsError


def invalid(text: str, code: str = "INVALID_INPUT") -> AwsError:
    """Answer InvalidRequestException."""
    return AwsError("InvalidRequestException", text, AthenaErrorCode=code)


def not_found(text: str, name: str) -> AwsError:
    """Answer ResourceNotFoundException."""
    return AwsError("ResourceNotFoundException", text, ResourceName=name)


def metadata(text: str) -> AwsError:
    """Answer MetadataException."""
    return AwsError("MetadataException", text)
