"""The lines of functions on their way to CloudWatch Logs: written as the role, in batches, off the invocation's path.

A role that may not write loses its lines, as on AWS; so does a function that writes faster than they are taken.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass

from tailrace.engine.errors import EngineError
from tailrace.lambda_.function import Function
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

_logger = logging.getLogger(__name__)
_WAITING_BYTES_MAX = 16 * 2**20
_EVENTS_PER_CALL = 1000
_CALL_BYTES_MAX = 900_000  # PutLogEvents takes 1 MiB, 26 bytes an event included
_EVENT_OVERHEAD_BYTES = 26


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one environment. ``role`` is the function's execution role."""

    function: Function
    role: str
    group: str
    stream: str
    time_ms: int
    messages: list[str]


class LogDelivery:
    """Take lines and write what has come together at the end of each turn of the event loop."""

    def __init__(self) -> None:
        self._waiting: deque[Lines] = deque()
        self._waiting_bytes = 0
        self._due = False
        self._streams: dict[tuple[str, str, str], Principal | None] = {}

    def add(self, cloud: Cloud, lines: Lines) -> None:
        """Take lines; the oldest are dropped when too much waits."""
        self._waiting.append(lines)
        self._waiting_bytes += sum(map(len, lines.messages))
        while self._waiting_bytes > _WAITING_BYTES_MAX and len(self._waiting) > 1:
            self._waiting_bytes -= sum(map(len, self._waiting.popleft().messages))
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._write, cloud)

    def _write(self, cloud: Cloud) -> None:
        self._due = False
        waiting, self._waiting, self._waiting_bytes = self._waiting, deque(), 0
        for lines in waiting:
            try:
                self._put(cloud, lines)
            except EngineError as error:
                _logger.warning("the log of function %s could not be written: %s", lines.function.name, error)
                return

    def _put(self, cloud: Cloud, lines: Lines) -> None:
        key = (lines.function.region, lines.group, lines.stream)
        if key not in self._streams:
            self._streams[key] = self._open(cloud, lines)
        principal = self._streams[key]
        if principal is None:
            return
        for events in _batches(lines):
            params = {"logGroupName": lines.group, "logStreamName": lines.stream, "logEvents": events}
            try:
                cloud.call("logs", "PutLogEvents", params, principal, region=lines.function.region)
            except AwsError:
                del self._streams[key]  # it was deleted: the next lines make it anew
                return

    def _open(self, cloud: Cloud, lines: Lines) -> Principal | None:
        region, place = lines.function.region, {"logGroupName": lines.group}
        if len(self._streams) > _EVENTS_PER_CALL:
            self._streams.clear()
        try:
            role = cloud.assume_role(lines.role, "lambda.amazonaws.com", lines.function.name, region=region)
        except AwsError:
            return None
        for operation, params in (
            ("CreateLogGroup", place),
            ("CreateLogStream", {**place, "logStreamName": lines.stream}),
        ):
            try:
                cloud.call("logs", operation, params, role, region=region)
            except AwsError:
                continue  # it is there already, or may not be made; writing to it will tell
        return role


def _batches(lines: Lines) -> list[list[dict[str, object]]]:
    batches: list[list[dict[str, object]]] = [[]]
    size = 0
    for message in lines.messages:
        cost = len(message.encode()) + _EVENT_OVERHEAD_BYTES
        if batches[-1] and (size + cost > _CALL_BYTES_MAX or len(batches[-1]) >= _EVENTS_PER_CALL):
            batches.append([])
            size = 0
        batches[-1].append({"timestamp": lines.time_ms, "message": message})
        size += cost
    return batches
