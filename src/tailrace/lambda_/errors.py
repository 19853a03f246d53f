"""Lambda's errors: each says whose fault it is in a member of its own."""

from typing import Any

from tailrace.wire.errors import AwsError


def _error(code: str, message: str, status: int, **members: Any) -> AwsError:
    return AwsError(code, message, status, Type="User" if status < 500 else "Service", **members)


def invalid(message: str) -> AwsError:
    """A parameter's value is wrong."""
    return _error("InvalidParameterValueException", message, 400)


def constraint(value: object, member: str, what: str) -> AwsError:
    """A value breaks a constraint that is Lambda's but not the model's."""
    text = f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {what}"
    return _error("ValidationException", f"1 validation error detected: {text}", 400)


def not_found(what: str) -> AwsError:
    """There is no such thing: the whole text."""
    return _error("ResourceNotFoundException", what, 404)


def conflict(message: str) -> AwsError:
    """It is there already, or in use."""
    return _error("ResourceConflictException", message, 409)


def too_large(message: str) -> AwsError:
    """A request is over a limit in bytes."""
    return _error("RequestEntityTooLargeException", message, 413)


def payload_too_large(size: int, kind: str, limit: int) -> AwsError:
    """An event is over its limit in bytes."""
    text = f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
    return _error("RequestTooLargeException", text, 413)


def unreadable(message: str) -> AwsError:
    """An event or a client context is not JSON."""
    return _error("InvalidRequestContentException", message, 400)


def throttled(reason: str) -> AwsError:
    """No execution environment is to be had now."""
    return _error("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason)


def stale(kind: str = "GetFunction/GetAlias") -> AwsError:
    """The revision id is not the latest."""
    text = (
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {kind} API to retrieve the latest Revision Id"
    )
    return _error("PreconditionFailedException", text, 412)


def broken(message: str) -> AwsError:
    """Tailrace could not do it."""
    return _error("ServiceException", message, 500)
