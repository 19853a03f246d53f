"""Errors of Pipes: a constructor for each code. The texts are AWS's where one is known (deviations: pipes.md)."""

import json

from tailrace.wire.errors import AwsError

INVALID_INPUT = "Input parameter is invalid from the request due to : "
REASON_CHARS_MAX = 512


def invalid(message: str) -> AwsError:
    """The request makes no sense."""
    return AwsError("ValidationException", message, 400)


def invalid_field(name: str, message: str) -> AwsError:
    """A field is missing or makes no sense: the text is itself JSON, as AWS writes it."""
    fields = {"ValidationErrorFields": [{"Name": name, "Message": message}]}
    return AwsError("ValidationException", json.dumps(fields, separators=(",", ":")), 400)


def not_found(name: str) -> AwsError:
    """The pipe isn't there."""
    return AwsError("NotFoundException", f"Pipe {name} does not exist.", 404)


def exists(name: str) -> AwsError:
    """The pipe is there already."""
    message = f"Pipe {name} already exists."
    return AwsError("ConflictException", message, 409, resourceId=name, resourceType="PIPE")


def conflict(name: str, state: str, verb: str) -> AwsError:
    """The pipe is in a state in which that can't be done."""
    message = f"Pipe {name} cannot be {verb} in state {state}."
    return AwsError("ConflictException", message, 409, resourceId=name, resourceType="PIPE")


def reason(text: str) -> str:
    """Answer a text as StateReason can carry it."""
    return text.replace("\n", " ")[:REASON_CHARS_MAX]
