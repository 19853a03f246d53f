"""CBOR: Kinesis' older form of AWS JSON (instants in whole milliseconds) and Smithy's rpc-v2-cbor (CloudWatch)."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import cbor2
import orjson

from tailrace.wire import fault, timestamp
from tailrace.wire.conversion import SCALARS, Malformed, Reader, Readers
from tailrace.wire.definition import Shape
from tailrace.wire.errors import AwsError
from tailrace.wire.json import dumps
from tailrace.wire.message import Request, Response
from tailrace.wire.model import Model, Operation
from tailrace.wire.outcome import Writers

_DEPTH_MAX = 100
_INFINITE = (math.inf, -math.inf)
_INSTANT = 1  # the tag of an instant
_AMZ_TYPE = "application/x-amz-cbor-1.1"
_RPC_TYPE = "application/cbor"


def loads(body: bytes) -> dict[str, Any]:
    """Read a body: a map, or nothing. Raises SerializationException."""
    if not body:
        return {}
    try:
        value = cbor2.loads(body, semantic_decoders={_INSTANT: _instant}, max_depth=_DEPTH_MAX)
    except (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError):
        raise Malformed("") from None
    if type(value) is not dict:
        raise Malformed("Start of structure or map expected")
    return value


def _instant(value: Any, immutable: bool) -> Any:
    return value  # what its unit is, the protocol knows


def _read_blob(value: Any) -> bytes:
    if type(value) is not bytes:
        raise Malformed(f"{'STRING' if isinstance(value, str) else 'NUMBER'}_VALUE cannot be converted to Blob")
    return value


def _read_instant(unit_s: float) -> Reader:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value in _INFINITE:
            raise Malformed("STRING_VALUE cannot be converted to Date")
        try:
            return timestamp.number(float(value) / unit_s)
        except (ValueError, OverflowError):
            raise Malformed("NUMBER_VALUE cannot be converted to Date") from None

    return read


def _milliseconds(value: Any) -> cbor2.CBORTag:
    return cbor2.CBORTag(_INSTANT, round(timestamp.epoch(value) * 1000))


def _seconds(value: Any) -> cbor2.CBORTag:
    seconds = timestamp.epoch(value)
    return cbor2.CBORTag(_INSTANT, int(seconds) if seconds == int(seconds) else seconds)


class Cbor:
    """CBOR in one of its two forms."""

    def __init__(self, *, rpc: bool) -> None:
        self._rpc = rpc
        self._type = _RPC_TYPE if rpc else _AMZ_TYPE
        self._scalars = {**SCALARS, "blob": _read_blob, "timestamp": _read_instant(1 if rpc else 1000)}
        self._write_instant: Callable[[Any], Any] = _seconds if rpc else _milliseconds
        self._readers = cache(lambda model: Readers(model.shapes, frozenset(), self._scalars))
        self._writers = cache(lambda model: Writers(model.shapes, frozenset(), self._leaf))

    def _leaf(self, shape: Shape, timestamp_format: str | None) -> Callable[[Any], Any] | None:
        return self._write_instant if shape.type == "timestamp" else None

    def read(self, operation: Operation, request: Request) -> dict[str, Any]:
        """Read the parameters from the body."""
        if operation.input_name is None:
            return {}
        params: dict[str, Any] = self._readers(operation.model).of(operation.input_name)(loads(request.body))
        return params

    def write(self, operation: Operation, result: dict[str, Any], request_id: str) -> Response:
        """Write a result; an operation without output has an empty body."""
        if operation.output_name is None:
            return self._response(200, b"", request_id)
        writer = self._writers(operation.model).of(operation.output_name)
        value = result if writer is None else writer(result)
        return self._response(200, cbor2.dumps(value, default=_unusual), request_id)

    def refuse(self, model: Model | None, error: AwsError, request_id: str) -> Response:
        """Write an error."""
        name = fault.name_of(model, error.code)
        body = {"__type": name, **fault.body_of(model, error)}
        status = 400 if name == "UnknownOperationException" else fault.status_of(model, error)
        response = self._response(status, cbor2.dumps(body, default=_unusual), request_id)
        if model is not None and model.metadata.aws_query_compatible is not None:
            response.headers.append(("x-amzn-query-error", f"{fault.query_code(model, error.code)};{error.fault}"))
        return response

    def _response(self, status: int, body: bytes, request_id: str) -> Response:
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", self._type)]
        if self._rpc:
            headers.append(("smithy-protocol", "rpc-v2-cbor"))
        return Response(status, headers, body)


def _unusual(encoder: Any, value: Any) -> None:
    encoder.encode(orjson.loads(dumps(value)))  # what a service has encoded as JSON (orjson.Fragment), blobs in Base64
