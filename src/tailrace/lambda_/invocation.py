"""Invoke: run a function and answer what it says, take an event for later, or only say that it could be run."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson

from tailrace.lambda_ import queue
from tailrace.lambda_.errors import payload_too_large, unreadable
from tailrace.lambda_.function import find
from tailrace.lambda_.naming import referred
from tailrace.lambda_.registry import SERVICE
from tailrace.lambda_.running import BAD_EVENT, run
from tailrace.lambda_.versions import configuration_of
from tailrace.service.call import Call

_EVENT_BYTES_MAX = {"RequestResponse": 6_291_456, "Event": 1_048_576}


@SERVICE.operation("Invoke")
async def invoke(call: Call) -> dict[str, Any]:
    """Run a function and answer what it says; or take the event and run it later; or only say that it could be run."""
    reference, kind = referred(call), call.params.get("InvocationType", "RequestResponse")
    transaction = call.cloud.store.begin()
    function = find(transaction, reference)
    configuration = configuration_of(transaction, function, reference, call.random.random())
    event = call.params.get("Payload") or b""
    if kind == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": configuration.version}
    if len(event) > _EVENT_BYTES_MAX[kind]:
        raise payload_too_large(len(event), kind, _EVENT_BYTES_MAX[kind])
    context = _client_context(call.params.get("ClientContext"))
    request_id = _dashed(call.request_id)
    if kind == "Event":
        _check_event(event)
        await queue.accept(call, function, reference, request_id, event)
        return {"StatusCode": 202}
    result = await run(call.cloud, function, configuration, reference.qualified, request_id, event, context)
    answer: dict[str, Any] = {"StatusCode": 200, "Payload": result.payload, "ExecutedVersion": result.version}
    if result.failed:
        answer["FunctionError"] = "Unhandled"
    if call.params.get("LogType") == "Tail" and result.report is not None:
        answer["LogResult"] = base64.b64encode(result.report.tail()).decode()
    return answer


def _check_event(event: bytes) -> None:
    try:
        orjson.loads(event or b"{}")
    except orjson.JSONDecodeError as error:
        raise unreadable(f"{BAD_EVENT}: {error}") from None


def _client_context(given: str | None) -> Mapping[str, Any] | None:
    if not given:
        return None
    try:
        context = orjson.loads(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError):
        context = None
    if not isinstance(context, dict):
        raise unreadable("Client context must be a valid Base64-encoded JSON object.")
    return context


def _dashed(request_id: str) -> str:
    bare = request_id.replace("-", "")
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
