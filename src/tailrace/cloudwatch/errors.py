"""CloudWatch's errors."""

from tailrace.wire.errors import AwsError


def invalid(message: str) -> AwsError:
    """A parameter's value is wrong."""
    return AwsError("InvalidParameterValueException", message)


def missing(message: str) -> AwsError:
    """A parameter is missing."""
    return AwsError("MissingRequiredParameterException", message)


def combination(message: str) -> AwsError:
    """Parameters exclude one another, or ask for too much together."""
    return AwsError("InvalidParameterCombinationException", message)
