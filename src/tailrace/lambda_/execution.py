"""What running a function is made of: a deployment, an invocation, an outcome; and who runs it, as a protocol.

Functions decide what runs; the runtime's workers run it, in processes of its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Start:
    """What a new execution environment is started with: the unpacked code and the whole process environment.

    ``log_stream`` is unique and among the variables; ``until`` is when its credentials end, in seconds of the clock.
    """

    folder: Path
    variables: Mapping[str, str]
    log_stream: str
    until: float


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version's code and configuration. Environments with another ``key`` are never used for it.

    ``function`` is the unqualified ARN; ``reserved`` its reserved concurrency, None for the account's.
    """

    key: str
    function: str
    memory_mb: int
    timeout_s: int
    reserved: int | None
    prepare: Callable[[], Awaitable[Start]]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event for one function. ``event`` is JSON, passed on as it is; empty stands for an empty object."""

    request_id: str
    arn: str
    event: bytes | bytearray | memoryview
    trace_id: str
    client_context: Mapping[str, Any] | None = None


class Ending(StrEnum):
    """How an invocation ended."""

    ANSWERED = "answered"  # the handler returned; body is its answer
    RAISED = "raised"  # body is the error object
    UNLOADED = "unloaded"  # the handler could not be loaded; body is the error object
    UNREADABLE = "unreadable"  # the event is not JSON; body says why
    TOO_LARGE = "too_large"  # the answer is over the limit
    EXITED = "exited"  # the process ended; ``how`` says how
    OUT_OF_MEMORY = "out_of_memory"  # the process was killed for using more than it may
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an invocation. ``output`` is what was printed, ``init_output`` what was while loading.

    ``init_ms`` is set for the first event of an environment; without a log stream nothing ran.
    """

    ending: Ending
    body: bytes = b""
    how: str = ""
    duration_ms: float = 0.0
    init_ms: float | None = None
    memory_mb: int = 0
    log_stream: str = ""
    init_output: bytes = b""
    output: bytes = b""


class Throttled(Exception):
    """No execution environment is to be had; ``reason`` is AWS's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Workers(Protocol):
    """Who runs functions."""

    async def run(self, deployment: Deployment, invocation: Invocation) -> Outcome:
        """Run one event and answer what became of it; Throttled when there is no room for it."""

    def discard(self, function: str) -> None:
        """End the environments of a function (an unqualified ARN): idle ones now, busy ones when they are done."""
