"""AWS JSON 1.0 and 1.1: one target header, one JSON object in, one out.

DynamoDB adds the CRC-32 of its body; services that once spoke query keep their older error codes in a header.
"""

import base64
import zlib
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from tailrace.wire import fault, timestamp
from tailrace.wire.conversion import Malformed
from tailrace.wire.definition import Shape
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request, Response
from tailrace.wire.model import Model, Operation
from tailrace.wire.outcome import Writers

_DYNAMODB = frozenset({"dynamodb", "dynamodbstreams"})
_DYNAMODB_PREFIX = "com.amazonaws.dynamodb.v20120810#"
_SQS_PREFIX = "com.amazonaws.sqs#"
_CORAL_SERVICE = "com.amazon.coral.service#"
_DYNAMODB_PREFIXES = {
    "ValidationException": "com.amazon.coral.validate#",
    "AccessDeniedException": _CORAL_SERVICE,
    "ExpiredTokenException": _CORAL_SERVICE,
    "IncompleteSignatureException": _CORAL_SERVICE,
    "InvalidSignatureException": _CORAL_SERVICE,
    "MissingAuthenticationTokenException": _CORAL_SERVICE,
    "SerializationException": _CORAL_SERVICE,
    "UnknownOperationException": _CORAL_SERVICE,
    "UnrecognizedClientException": _CORAL_SERVICE,
}
_CAPITAL_MESSAGE = frozenset({"SerializationException", "UnknownOperationException"})
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def loads(body: bytes) -> dict[str, Any]:
    """Read a body: a JSON object, or nothing. Raises SerializationException."""
    if not body:
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("") from None
    if type(value) is not dict:
        raise Malformed("Start of structure or map expected")
    return value


def dumps(value: Any) -> bytes:
    """Write a value: bytes as Base64, instants as epoch seconds, orjson.Fragment as it is."""
    return orjson.dumps(value, default=_unusual, option=_OPTIONS)


def _unusual(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no place in a result")


def _leaf(shape: Shape, timestamp_format: str | None) -> Callable[[Any], Any] | None:
    if shape.type != "timestamp" or timestamp_format in (None, "unixTimestamp"):
        return None
    return timestamp.iso if timestamp_format == "iso8601" else timestamp.http


@cache
def writers_of(model: Model) -> Writers:
    """Answer the writers of a model's shapes for JSON."""
    return Writers(model.shapes, frozenset(), _leaf)


def body_of(operation: Operation, result: dict[str, Any]) -> bytes:
    """Write a result by the operation's output shape."""
    writer = writers_of(operation.model).of(operation.output_name) if operation.output_name else None
    return dumps(result if writer is None else writer(result))


class Json:
    """AWS JSON."""

    def read(self, operation: Operation, request: Request) -> dict[str, Any]:
        """Read the parameters from the body."""
        params: dict[str, Any] = operation.read_json(loads(request.body))
        return params

    def write(self, operation: Operation, result: dict[str, Any], request_id: str) -> Response:
        """Write a result; an operation without output has an empty body."""
        body = body_of(operation, result) if operation.output_name else b""
        return self._response(operation.model, 200, body, request_id)

    def refuse(self, model: Model | None, error: AwsError, request_id: str) -> Response:
        """Write an error."""
        name = fault.name_of(model, error.code)
        capital = "Message" if name in _CAPITAL_MESSAGE else "message"
        body = {"__type": f"{_prefix(model, name)}{name}", **fault.body_of(model, error, capital)}
        status = 400 if name == "UnknownOperationException" else fault.status_of(model, error)
        response = self._response(model, status, dumps(body), request_id)
        if model is not None and model.metadata.aws_query_compatible is not None:
            response.headers.append(("x-amzn-query-error", f"{fault.query_code(model, error.code)};{error.fault}"))
        return response

    def _response(self, model: Model | None, status: int, body: bytes, request_id: str) -> Response:
        version = model.metadata.json_version if model is not None else "1.1"
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", f"application/x-amz-json-{version}")]
        if model is not None and model.service in _DYNAMODB:
            headers.append(("x-amz-crc32", str(zlib.crc32(body))))
        return Response(status, headers, body)


def _prefix(model: Model | None, name: str) -> str:
    if model is None:
        return ""
    if model.service in _DYNAMODB:
        return _DYNAMODB_PREFIXES.get(name, _DYNAMODB_PREFIX)
    return _SQS_PREFIX if model.service == "sqs" else ""
