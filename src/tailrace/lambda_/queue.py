"""Events taken for later: a durable job runs each, twice more when it fails, then it goes where failures go.

A row holds the event until it has come to an end; after a restart the attempt that was under way is made again.
"""

from typing import Any

import msgspec
import orjson

from tailrace.engine.job import Job
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.lambda_.environment import SERVICE_PRINCIPAL
from tailrace.lambda_.function import FUNCTIONS, Configuration, Function
from tailrace.lambda_.naming import Reference, read
from tailrace.lambda_.running import METRICS, Result, run
from tailrace.lambda_.versions import configuration_of
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

KIND = "lambda/event"
_ATTEMPTS = 3
_WAIT_MS = {1: 60_000, 2: 120_000}  # before the second and the third attempt
_REASON_CHARS_MAX = 1024
_AGE_MS_MAX = 6 * 3_600_000
_THROTTLED_WAIT_MS = 1_000
_THROTTLED_WAIT_MS_MAX = 300_000


class QueuedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was taken. ``arn`` is the function as it was invoked."""

    request_id: str
    region: str
    account: str
    arn: str
    function_id: str
    event: bytes
    accepted_ms: int
    attempts: int = 0
    throttles: int = 0


EVENTS = Rows("lambda/events", QueuedEvent)


async def accept(call: Call, function: Function, reference: Reference, request_id: str, event: bytes) -> None:
    """Take an event; return when that is on disk."""
    queued = QueuedEvent(
        request_id=request_id,
        region=call.region,
        account=call.account,
        arn=reference.qualified,
        function_id=function.id,
        event=bytes(event),
        accepted_ms=call.now_ms,
    )
    transaction = call.cloud.store.begin()
    EVENTS.put(transaction, request_id, queued)
    call.cloud.jobs.schedule(transaction, KIND, request_id, {})
    await call.cloud.store.commit(transaction)
    dimensions = {"FunctionName": function.name}
    call.cloud.meter(call.region, METRICS, "AsyncEventsReceived", dimensions, 1)


async def attempt(cloud: Cloud, job: Job) -> None:
    """Make the next attempt with an event and settle what follows from it."""
    transaction = cloud.store.begin()
    queued = EVENTS.get(transaction, job.id)
    if queued is None:
        return
    reference = read(queued.arn, queued.region, queued.account)
    function = FUNCTIONS.get(transaction, reference.key)
    if function is None or function.id != queued.function_id:
        _finish(cloud, queued)
        return
    try:
        configuration = configuration_of(transaction, function, reference, cloud.random.random())
        result = await run(cloud, function, configuration, queued.arn, queued.request_id, queued.event)
    except AwsError as error:
        _throttled(cloud, function, queued, error)
        return
    attempts = queued.attempts + 1
    if result.failed and attempts < _ATTEMPTS:
        _again(cloud, msgspec.structs.replace(queued, attempts=attempts), _WAIT_MS[attempts])
    else:
        _finish(cloud, queued, function, configuration, result)


def _throttled(cloud: Cloud, function: Function, queued: QueuedEvent, error: AwsError) -> None:
    age_ms = cloud.clock.now_ms() - queued.accepted_ms
    if function.reserved == 0 or age_ms > _AGE_MS_MAX:
        reason = Result(payload=_error_object(error), failed=True, error_type=error.code, version="")
        _finish(cloud, queued, function, function.latest, reason)
        return
    wait_ms = min(_THROTTLED_WAIT_MS * 2**queued.throttles, _THROTTLED_WAIT_MS_MAX)
    _again(cloud, msgspec.structs.replace(queued, throttles=queued.throttles + 1), wait_ms)


def _again(cloud: Cloud, queued: QueuedEvent, wait_ms: int) -> None:
    transaction = cloud.store.begin()
    EVENTS.put(transaction, queued.request_id, queued)
    cloud.jobs.schedule(transaction, KIND, queued.request_id, {}, cloud.clock.now_ms() + wait_ms)
    cloud.store.commit(transaction)


def _finish(
    cloud: Cloud,
    queued: QueuedEvent,
    function: Function | None = None,
    configuration: Configuration | None = None,
    result: Result | None = None,
) -> None:
    transaction = cloud.store.begin()
    EVENTS.delete(transaction, queued.request_id)
    if function is not None and configuration is not None and result is not None and result.failed:
        dimensions = {"FunctionName": function.name}
        cloud.meter(queued.region, METRICS, "AsyncEventsDropped", dimensions, 1)
        if configuration.dead_letter is not None:
            _bury(cloud, transaction, queued, configuration, result)
    cloud.store.commit(transaction)


def _bury(
    cloud: Cloud, transaction: Transaction, queued: QueuedEvent, configuration: Configuration, result: Result
) -> None:
    target = configuration.dead_letter or ""
    *_, region, account, queue = target.split(":")
    reason = _reason(result.payload)[:_REASON_CHARS_MAX] or "-"
    attributes = {"RequestID": queued.request_id, "ErrorCode": "200", "ErrorMessage": reason}
    params: dict[str, Any] = {
        "QueueUrl": f"{cloud.endpoint}/{account}/{queue}",
        "MessageBody": queued.event.decode() or "{}",
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    }
    try:
        role = cloud.assume_role(
            configuration.role, SERVICE_PRINCIPAL, "awslambda", region=region, transaction=transaction
        )
        cloud.call("sqs", "SendMessage", params, role, region=region, transaction=transaction)
    except AwsError:
        dimensions = {"FunctionName": queued.arn.split(":")[6]}
        cloud.meter(queued.region, METRICS, "DeadLetterErrors", dimensions, 1)


def _reason(payload: bytes) -> str:
    """Answer what an error object says; handlers raise what no JSON can carry, too."""
    try:
        return str(orjson.loads(payload)["errorMessage"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return payload.decode(errors="replace")


def _error_object(error: AwsError) -> bytes:
    return orjson.dumps({"errorMessage": error.message, "errorType": error.code})
