"""What an invocation leaves behind: the answer's form when it failed, and its lines in the log.

Texts as recorded on AWS in 2025; durations in milliseconds.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from tailrace.lambda_.execution import Ending, Outcome
from tailrace.lambda_.function import Configuration, Function, runtime_version_arn

_RECORD_BREAK = b"\x1e"  # a line break within one event; see the runtime's logging
_EVENT_BYTES_MAX = 262_118
_TAIL_BYTES = 4096
RESPONSE_BYTES_MAX = 6_291_556


@dataclass(frozen=True, slots=True)
class Report:
    """An invocation as its log tells it: the lines from START on, and those of a cold start before it."""

    cold: list[str]
    lines: list[str]

    def tail(self) -> bytes:
        """Answer the last 4 KB."""
        return "".join(self.lines).encode()[-_TAIL_BYTES:]


def failure(outcome: Outcome, request_id: str, timeout_s: int) -> bytes | None:
    """Answer the error object of an invocation that failed; None when it didn't."""
    match outcome.ending:
        case Ending.ANSWERED:
            return None
        case Ending.RAISED | Ending.UNLOADED:
            return outcome.body
        case Ending.TOO_LARGE:
            text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes)."
            return orjson.dumps({"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"})
        case Ending.TIMED_OUT:
            text = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
            return orjson.dumps({"errorType": "Sandbox.Timedout", "errorMessage": text})
        case _:
            text = f"RequestId: {request_id} Error: {_exit(outcome)}"
            return orjson.dumps({"errorType": "Runtime.ExitError", "errorMessage": text})


def report(function: Function, configuration: Configuration, outcome: Outcome, request_id: str, now_ms: int) -> Report:
    """Answer the log of an invocation that has just ended."""
    if configuration.logging.format == "JSON":
        return _json_report(function, configuration, outcome, request_id, now_ms)
    cold: list[str] = []
    if outcome.init_ms is not None:
        arn = runtime_version_arn(function.region, configuration.runtime)
        cold.append(f"INIT_START Runtime Version: {_runtime_version(configuration)}\tRuntime Version ARN: {arn}\n")
        cold += _events(outcome.init_output)
    lines = [f"START RequestId: {request_id} Version: {configuration.version}\n", *_events(outcome.output)]
    if outcome.ending is Ending.TIMED_OUT:
        lines.append(f"{_moment(now_ms)} {request_id} Task timed out after {configuration.timeout_s:.2f} seconds\n\n")
    elif outcome.ending in (Ending.EXITED, Ending.OUT_OF_MEMORY):
        lines.append(f"RequestId: {request_id} Error: {_exit(outcome)}\nRuntime.ExitError\n")
    lines.append(f"END RequestId: {request_id}\n")
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {outcome.duration_ms:.2f} ms",
        f"Billed Duration: {_billed(outcome)} ms",
        f"Memory Size: {configuration.memory_mb} MB",
        f"Max Memory Used: {outcome.memory_mb} MB",
    ]
    if outcome.init_ms is not None:
        parts.append(f"Init Duration: {outcome.init_ms:.2f} ms")
    parts += _status_parts(outcome)
    lines.append("\t".join(parts) + "\t\n")
    return Report(cold, lines)


def error_type(outcome: Outcome) -> str | None:
    """Answer the kind of a failure that isn't the handler's own, as the report line names it."""
    match outcome.ending:
        case Ending.OUT_OF_MEMORY:
            return "Runtime.OutOfMemory"
        case Ending.EXITED:
            return "Runtime.ExitError"
        case _:
            return None


def _status_parts(outcome: Outcome) -> list[str]:
    if outcome.ending is Ending.TIMED_OUT:
        return ["Status: timeout"]
    kind = error_type(outcome)
    return [] if kind is None else ["Status: error", f"Error Type: {kind}"]


def _json_report(
    function: Function, configuration: Configuration, outcome: Outcome, request_id: str, now_ms: int
) -> Report:
    def line(kind: str, record: dict[str, Any]) -> str:
        return orjson.dumps({"time": _moment(now_ms), "type": f"platform.{kind}", "record": record}).decode() + "\n"

    cold: list[str] = []
    metrics: dict[str, Any] = {
        "durationMs": round(outcome.duration_ms, 3),
        "billedDurationMs": _billed(outcome),
        "memorySizeMB": configuration.memory_mb,
        "maxMemoryUsedMB": outcome.memory_mb,
    }
    if outcome.init_ms is not None:
        metrics["initDurationMs"] = round(outcome.init_ms, 3)
        record = {
            "initializationType": "on-demand",
            "phase": "init",
            "runtimeVersion": _runtime_version(configuration),
            "runtimeVersionArn": runtime_version_arn(function.region, configuration.runtime),
            "functionName": function.name,
            "functionVersion": configuration.version,
        }
        cold = [line("initStart", record), *_events(outcome.init_output)]
    done: dict[str, Any] = {"requestId": request_id, "metrics": metrics, "status": _status(outcome)}
    kind = error_type(outcome)
    if kind is not None:
        done["errorType"] = kind
    started = line("start", {"requestId": request_id, "version": configuration.version})
    return Report(cold, [started, *_events(outcome.output), line("report", done)])


def _status(outcome: Outcome) -> str:
    match outcome.ending:
        case Ending.ANSWERED:
            return "success"
        case Ending.TIMED_OUT:
            return "timeout"
        case _:
            return "error"


def _events(output: bytes) -> Iterator[str]:
    """Answer printed bytes as log events: a line each, broken when they are too long."""
    for line in output.split(b"\n")[: None if not output.endswith(b"\n") else -1] if output else ():
        for start in range(0, max(len(line), 1), _EVENT_BYTES_MAX):
            part = line[start : start + _EVENT_BYTES_MAX].replace(_RECORD_BREAK, b"\n")
            yield part.decode(errors="replace") + "\n"


def _exit(outcome: Outcome) -> str:
    if not outcome.how:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: {outcome.how}"


def _billed(outcome: Outcome) -> int:
    # Since August 2025 the init phase is billed as well (AWS compute blog, 2025-04-29).
    return max(math.ceil(outcome.duration_ms + (outcome.init_ms or 0)), 1)


def _runtime_version(configuration: Configuration) -> str:
    return f"python:{configuration.runtime.removeprefix('python')}.v1"


def _moment(epoch_ms: int) -> str:
    return f"{datetime.fromtimestamp(epoch_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"
