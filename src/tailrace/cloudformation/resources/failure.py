"""How work on a resource fails, in CloudFormation's words."""

from tailrace.wire.errors import AwsError

_HANDLER_CODES = {
    "AlreadyExists": (
        "AlreadyExistsException BucketAlreadyExists BucketAlreadyOwnedByYou EntityAlreadyExists QueueAlreadyExists "
        "QueueNameExists ResourceAlreadyExistsException"
    ),
    "NotFound": (
        "AWS.SimpleQueueService.NonExistentQueue EntityNotFoundException NoSuchBucket NoSuchBucketPolicy NoSuchEntity "
        "NotFoundException QueueDoesNotExist ResourceNotFoundException"
    ),
    "AccessDenied": "AccessDenied AccessDeniedException",
    "InvalidRequest": (
        "InvalidArgumentException InvalidAttributeValue InvalidInput InvalidInputException InvalidParameterException "
        "InvalidParameterValueException InvalidRequest InvalidRequestException MalformedPolicyDocument ValidationError "
        "ValidationException"
    ),
    "ServiceLimitExceeded": "LimitExceeded LimitExceededException ServiceQuotaExceededException",
    "Throttling": "Throttling ThrottlingException TooManyRequestsException",
    "NotUpdatable": "BucketNotEmpty DeleteConflict",
}
_BY_CODE = {code: handler_code for handler_code, codes in _HANDLER_CODES.items() for code in codes.split()}


class ResourceFailure(Exception):
    """Work on a resource that failed: the handler's message and code, or a text that stands for itself."""

    def __init__(self, message: str, handler_code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.handler_code = handler_code

    def reason(self, token: str) -> str:
        """Answer the text of the event."""
        if self.handler_code is None:
            return self.message
        return (
            f'Resource handler returned message: "{self.message}" '
            f"(RequestToken: {token}, HandlerErrorCode: {self.handler_code})"
        )


def handler_code(error: AwsError) -> str:
    """Answer what CloudFormation's handlers call a service's error."""
    return _BY_CODE.get(error.code, "GeneralServiceException")


def is_missing(error: AwsError) -> bool:
    """Say whether a service's error means that what was named isn't there."""
    return handler_code(error) == "NotFound" or (
        error.code == "InvalidRequestException" and "not found" in error.message.lower()
    )


def failure(error: AwsError, service: str, token: str) -> ResourceFailure:
    """Answer a service's refusal as a handler reports it."""
    text = f"{error.message} (Service: {service}, Status Code: {error.status}, Request ID: {token})"
    return ResourceFailure(text, handler_code(error))


def existing(type_name: str, identifier: str) -> ResourceFailure:
    """What a handler reports when a resource of that name is there already."""
    return ResourceFailure(
        f"Resource of type '{type_name}' with identifier '{identifier}' already exists.", "AlreadyExists"
    )


def unstable(type_name: str, identifier: str, why: str | None) -> ResourceFailure:
    """What a handler reports when a resource doesn't get ready."""
    status = f" Status Reason is {why}" if why else ""
    text = f"Resource of type '{type_name}' with identifier '{identifier}' did not stabilize.{status}"
    return ResourceFailure(text, "NotStabilized")


def invalid_properties(logical_id: str, findings: list[str]) -> ResourceFailure:
    """What is reported when the properties don't fit the type's schema."""
    return ResourceFailure(
        f"Properties validation failed for resource {logical_id} with message:\n" + "\n".join(findings)
    )
