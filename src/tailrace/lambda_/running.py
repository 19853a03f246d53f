"""Run one version of a function with one event, and leave log lines and metrics behind.

The event goes to the process as it came and the answer comes back as it is: neither is read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.lambda_ import environment
from tailrace.lambda_.errors import throttled, unreadable
from tailrace.lambda_.execution import Deployment, Ending, Invocation, Outcome, Throttled
from tailrace.lambda_.function import Configuration, Function
from tailrace.lambda_.log_delivery import Lines
from tailrace.lambda_.report import Report, error_type, failure, report
from tailrace.lambda_.room import room_of, workers_of
from tailrace.service.cloud import Cloud
from tailrace.service.fault import Fault

METRICS = "AWS/Lambda"
BAD_EVENT = "Could not parse request body into json: Could not parse payload into json"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an invocation: the answer, or the error object."""

    payload: bytes
    failed: bool
    error_type: str | None
    version: str
    report: Report | None = None


async def run(
    cloud: Cloud,
    function: Function,
    configuration: Configuration,
    invoked_arn: str,
    request_id: str,
    event: bytes,
    context: Mapping[str, Any] | None = None,
) -> Result:
    """Run a version with an event. Raises TooManyRequestsException, and InvalidRequestContentException for no JSON."""
    deployment = Deployment(
        key=f"{function.arn}/{function.id}/{configuration.version}/{configuration.revision_id}",
        function=function.arn,
        memory_mb=configuration.memory_mb,
        timeout_s=configuration.timeout_s,
        reserved=function.reserved,
        prepare=lambda: environment.start(cloud, function, configuration),
    )
    invocation = Invocation(request_id, invoked_arn, event, _trace_id(cloud), context)
    try:
        outcome = await _faulty(cloud, configuration, request_id) or await workers_of(cloud).run(deployment, invocation)
    except Throttled as refused:
        cloud.meter(function.region, METRICS, "Throttles", {"FunctionName": function.name}, 1)
        raise throttled(refused.reason) from refused
    if outcome.ending is Ending.UNREADABLE:
        raise unreadable(f"{BAD_EVENT}: {outcome.body.decode(errors='replace')}")
    now_ms = cloud.clock.now_ms()
    told = report(function, configuration, outcome, request_id, now_ms)
    error = failure(outcome, request_id, configuration.timeout_s)
    _tell(cloud, function, configuration, outcome, told, now_ms)
    return Result(
        payload=outcome.body if error is None else error,
        failed=error is not None,
        error_type=error_type(outcome),
        version=configuration.version,
        report=told,
    )


async def _faulty(cloud: Cloud, configuration: Configuration, request_id: str) -> Outcome | None:
    """Answer the outcome that a fault brings about, when one strikes."""
    strikes = cloud.faults.strikes
    if strikes(Fault.LAMBDA_THROTTLE):
        raise Throttled("ConcurrentInvocationLimitExceeded")
    if strikes(Fault.LAMBDA_ERROR):
        error = {
            "errorMessage": f"{Fault.LAMBDA_ERROR} is switched on",
            "errorType": "InjectedFault",
            "requestId": request_id,
            "stackTrace": [],
        }
        return Outcome(ending=Ending.RAISED, body=orjson.dumps(error), duration_ms=1.0)
    if strikes(Fault.LAMBDA_TIMEOUT):
        await cloud.clock.sleep(configuration.timeout_s)
        return Outcome(ending=Ending.TIMED_OUT, duration_ms=configuration.timeout_s * 1000.0)
    return None


def _tell(
    cloud: Cloud, function: Function, configuration: Configuration, outcome: Outcome, told: Report, now_ms: int
) -> None:
    dimensions = {"FunctionName": function.name}
    failed = 0 if outcome.ending is Ending.ANSWERED else 1
    cloud.meter(function.region, METRICS, "Invocations", dimensions, 1)
    cloud.meter(function.region, METRICS, "Errors", dimensions, failed)
    cloud.meter(function.region, METRICS, "Duration", dimensions, outcome.duration_ms, "Milliseconds")
    if not outcome.log_stream:
        return  # nothing ran
    lines = Lines(
        function=function,
        role=configuration.role,
        group=configuration.logging.group,
        stream=outcome.log_stream,
        time_ms=now_ms,
        messages=[*told.cold, *told.lines],
    )
    room_of(cloud).logs.add(cloud, lines)


def _trace_id(cloud: Cloud) -> str:
    root = f"1-{int(cloud.clock.now()):08x}-{cloud.random.getrandbits(96):024x}"
    return f"Root={root};Parent={cloud.random.getrandbits(64):016x};Sampled=0;Lineage=1:00000000:0"
