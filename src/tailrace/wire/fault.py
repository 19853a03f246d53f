"""What an error becomes on the wire, whatever the protocol: its code, its body's members, and whose fault it is."""

from typing import Any

from tailrace.wire.errors import AwsError
from tailrace.wire.model import Model

INTERNAL = "InternalFailure"
_INTERNAL_CODES = {
    "dynamodb": "InternalServerError",
    "dynamodbstreams": "InternalServerError",
    "firehose": "ServiceUnavailableException",
    "pipes": "InternalException",
    "lambda": "ServiceException",
    "s3": "InternalError",
    "glue": "InternalServiceException",
    "athena": "InternalServerException",
}
_INTERNAL_TEXTS = {"s3": "We encountered an internal error. Please try again."}
_INTERNAL_TEXT = "The request processing has failed because of an unknown error, exception or failure."

# awsQueryCompatible services kept their older codes in a header; SQS's definition doesn't name them any more.
_SQS_CODES = {
    name: f"AWS.SimpleQueueService.{name}"
    for name in (
        "BatchEntryIdsNotDistinct",
        "BatchRequestTooLong",
        "EmptyBatchRequest",
        "InvalidBatchEntryId",
        "MessageNotInflight",
        "PurgeQueueInProgress",
        "QueueDeletedRecently",
        "TooManyEntriesInBatchRequest",
        "UnsupportedOperation",
    )
} | {"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue", "QueueNameExists": "QueueAlreadyExists"}
_SQS_NAMES = {code: name for name, code in _SQS_CODES.items()}


def internal(service: str | None) -> AwsError:
    """The error for something unforeseen, in the service's words."""
    code = _INTERNAL_CODES.get(service or "", INTERNAL)
    return AwsError(code, _INTERNAL_TEXTS.get(service or "", _INTERNAL_TEXT), status=500)


def name_of(model: Model | None, code: str) -> str:
    """Answer the name of the error's shape, which JSON protocols write."""
    code = _SQS_NAMES.get(code, code)
    found = model.errors.get(code) if model is not None else None
    return found[0] if found is not None else code


def query_code(model: Model | None, code: str) -> str:
    """Answer the code that the query protocol writes."""
    name = name_of(model, code)
    found = model.errors.get(name) if model is not None else None
    if found is not None and found[1].error is not None and found[1].error.code is not None:
        return found[1].error.code
    return _SQS_CODES.get(name, code) if model is not None and model.service == "sqs" else code


def status_of(model: Model | None, error: AwsError) -> int:
    """Answer the HTTP status."""
    return error.status if model is None else model.status(error)


def body_of(model: Model | None, error: AwsError, message_member: str = "message") -> dict[str, Any]:
    """Answer the members of an error's JSON body; its message carries the name that its shape gives it."""
    found = model.errors.get(name_of(model, error.code)) if model is not None else None
    if found is not None:
        message_member = next((name for name in found[1].members if name.lower() == "message"), message_member)
    return {message_member: error.message, **error.members} if error.message else dict(error.members)
