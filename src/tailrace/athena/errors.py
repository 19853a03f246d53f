"""Athena's errors: most are InvalidRequestException with a code of Athena's own."""

from tailrace.wire.errors import AwsError


def invalid(message: str, code: str = "INVALID_INPUT") -> AwsError:
    """The error for a request that can't be carried out as it is."""
    return AwsError("InvalidRequestException", message, AthenaErrorCode=code)


def not_found(message: str, resource: str) -> AwsError:
    """The error for a prepared statement, or whatever a tag is for, that is not there."""
    return AwsError("ResourceNotFoundException", message, ResourceName=resource)
