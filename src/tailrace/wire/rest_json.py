"""REST-JSON (EventBridge Pipes, Lambda): method and path name the operation, the body is JSON or a payload as it is."""

from functools import cache
from typing import Any

from tailrace.wire import fault
from tailrace.wire.conversion import Reader
from tailrace.wire.definition import Shape
from tailrace.wire.errors import AwsError
from tailrace.wire.json import dumps, loads, writers_of
from tailrace.wire.message import Request, Response
from tailrace.wire.model import Model, Operation
from tailrace.wire.rest import Places

_TYPE = "application/json"


class _Form:
    """An operation's form: where its members travel, and how those of the body are read."""

    def __init__(self, operation: Operation) -> None:
        self.input = Places(operation, operation.input)
        self.output = Places(operation, operation.output)
        of = operation.model.readers.of
        self.body: dict[str, tuple[str, Reader]] = {
            member.location_name or name: (name, of(member.shape)) for name, member in self.input.body.items()
        }
        writers = writers_of(operation.model)
        self.written = {
            name: (member.location_name or name, writers.member(member)) for name, member in self.output.body.items()
        }


# What is larger is a function's code in one long text; anything else would take some gigabytes when it is read.
_LARGE_BYTES = 16 * 2**20
_LARGE_PARTS_MAX = 100_000


def _check_large(body: bytes) -> None:
    if len(body) > _LARGE_BYTES and body.count(b",") > _LARGE_PARTS_MAX:
        text = f"Request must be smaller than {_LARGE_BYTES} bytes, or hold less"
        raise AwsError("RequestEntityTooLargeException", text, 413)


@cache
def _form_of(operation: Operation) -> _Form:
    return _Form(operation)


class RestJson:
    """REST-JSON."""

    def read(self, operation: Operation, request: Request) -> dict[str, Any]:
        """Read the parameters from path, query string, headers and body."""
        form = _form_of(operation)
        params = form.input.read(request)
        if form.input.payload is not None:
            name, member = form.input.payload
            value = _payload(form.input.shape_of(member), operation.model.readers.of(member.shape), request)
            if value is not None:
                params[name] = value
        elif form.body and request.body:
            _check_large(request.body)
            for key, each in loads(request.body).items():
                known = form.body.get(key)
                if known is not None and each is not None:
                    params[known[0]] = known[1](each)
        return params

    def write(self, operation: Operation, result: dict[str, Any], request_id: str) -> Response:
        """Write a result."""
        form = _form_of(operation)
        places = form.output
        status = result.get(places.status) if places.status else None
        headers = [("x-amzn-RequestId", request_id), *places.write(result)]
        if operation.output_name is None or operation.http.response_code == 204:
            return Response(operation.http.response_code, headers)
        if places.payload is not None:
            value = result.get(places.payload[0])
            body = (
                value.encode() if isinstance(value, str) else dumps(value) if isinstance(value, dict) else value or b""
            )
        else:
            body = dumps(
                {
                    form.written[name][0]: each if (writer := form.written[name][1]) is None else writer(each)
                    for name, each in result.items()
                    if name in form.written and each is not None
                }
            )
        if body:
            headers.append(("Content-Type", _TYPE))
        return Response(status or operation.http.response_code, headers, body)

    def refuse(self, model: Model | None, error: AwsError, request_id: str) -> Response:
        """Write an error."""
        name = fault.name_of(model, error.code)
        body = fault.body_of(model, error)
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", _TYPE), ("x-amzn-ErrorType", name)]
        found = model.errors.get(name) if model is not None else None
        for member_name, member in found[1].members.items() if found is not None else ():
            if member.location == "header" and member_name in body:
                headers.append((member.location_name or member_name, str(body.pop(member_name))))
            elif member_name == "Type":
                body.setdefault("Type", "User" if error.fault == "Sender" else "Service")
        status = 404 if name == "UnknownOperationException" else fault.status_of(model, error)
        return Response(status, headers, dumps(body))


def _payload(shape: Shape, reader: Reader, request: Request) -> Any:
    if shape.type == "blob":
        return request.staged if request.staged is not None else request.body
    if not request.body:
        return None
    return request.body.decode(errors="replace") if shape.type == "string" else reader(loads(request.body))


def _written(payload: Any) -> Any:
    if isinstance(payload, dict):
        return dumps(payload)
    return payload.encode() if isinstance(payload, str) else payload or b""
