"""One warm process of a Lambda function, seen from the server: it runs one event at a time.

Events and answers lie in two shared files, so that a large one costs one copy and no turn of the event loop; control
messages are lines on a socket. Whatever happens becomes one message in one mailbox: an answer, a death, a time-out.
"""

import asyncio
import math
import os
import signal
import socket
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from tailrace.lambda_.execution import Deployment, Ending, Invocation, Outcome, Start
from tailrace.runtime.child import Child, describe
from tailrace.runtime.function_output import FunctionOutput
from tailrace.runtime.lambda_bootstrap import RESPONSE_BYTES_MAX
from tailrace.runtime.process_tree import kill_marked, memory_bytes, too_many, waits

_PROGRAM = Path(__file__).with_name("lambda_process.py")
_MEGABYTE = 2**20
# Memory is watched, and whoever uses too much is killed, as on AWS; this bound holds until the next look.
_DATA_BYTES_BEYOND = 2**30
_ANSWERS = frozenset({Ending.ANSWERED, Ending.RAISED, Ending.UNREADABLE, Ending.TOO_LARGE})
_LINE_BYTES_MAX = 65536


class SlowStart(Exception):
    """The handler was not loaded within the time that AWS gives the init phase."""


class Gone(Exception):
    """The process ended between two events: another one is needed."""


class ExecutionEnvironment:
    """Start it within the event loop; it is usable until it says otherwise, and ``kill`` ends it at any moment."""

    def __init__(self, deployment: Deployment, start: Start) -> None:
        self.deployment = deployment
        self.start = start
        self.usable = True
        self.idle_since = 0.0  # seconds of the clock
        self.rested_at = 0.0  # seconds of the event loop
        self._loop = asyncio.get_running_loop()
        self._pid: int | None = None
        self._loaded = False
        self._busy = False
        self._closed = False
        self.frozen = False
        self._over_memory = False
        self._init_output = b""
        self._init_ms: float | None = None
        self._began = self._loop.time()
        self._sent = math.inf
        self._mail: deque[dict[str, Any]] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._unread = b""
        self._token: str | None = None  # an answer carries its event's token, so that nobody else can give it
        self._output = FunctionOutput()
        self._request, self._response = _shared_file(), _shared_file()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._child = self._spawn(theirs.fileno())
        self._control.setblocking(False)
        self._loop.add_reader(self._control, self._on_control)
        self.ended = self._loop.create_task(self._watch())

    async def run(self, invocation: Invocation, load_s: float | None) -> Outcome:
        """Run one event. ``load_s`` bounds the init phase, None makes it part of the invocation's own time.

        Raises SlowStart when the handler was not loaded in time, Gone when the process had ended before.
        """
        if not self.usable:
            raise Gone
        self._busy = True
        try:
            return await self._run(invocation, load_s)
        finally:
            self._busy = False

    async def _run(self, invocation: Invocation, load_s: float | None) -> Outcome:
        self._thaw()
        _write(self._request, invocation.event)
        deadline = self._loop.time() + (self.deployment.timeout_s if load_s is None else load_s)
        if not self._loaded:
            message = await self._receive(deadline)
            if message["kind"] == Ending.TIMED_OUT and load_s is not None:
                raise SlowStart
            if message["kind"] != "ready":
                return self._outcome(message, self._began)
        if load_s is not None:
            deadline = self._loop.time() + self.deployment.timeout_s
        began = self._loop.time()
        self._send(invocation, deadline)
        return self._outcome(await self._receive(deadline), began)

    def look(self) -> bool:
        """Read what is printed and watch the memory; True when it prints so much that the next look should be soon."""
        if self._pid is not None and not self._over_memory:
            limit = self.deployment.memory_mb * _MEGABYTE
            if memory_bytes(self._pid) > limit or too_many(self._pid):
                self._over_memory = True
                self.kill()
        return self._output.read()

    def waits(self, for_s: float) -> bool:
        """Whether it has had its event for so long and waits: another process would find a free processor."""
        return self._pid is not None and self._sent <= self._loop.time() - for_s and waits(self._pid)

    def freeze(self) -> None:
        """Stop the process until the next event, as AWS does: idle threads cost nothing."""
        if self.usable and not self.frozen and self._pid is not None:
            self.frozen = True
            self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End the process and everything it started."""
        self.usable = False
        self._signal(signal.SIGKILL)
        self._child.kill()

    def _spawn(self, control: int) -> Child:
        data_bytes_max = self.deployment.memory_mb * _MEGABYTE + _DATA_BYTES_BEYOND
        descriptors = (control, self._request, self._response)
        arguments = [*map(str, descriptors), str(data_bytes_max)]
        child = Child(
            [sys.executable, "-P", str(_PROGRAM), *arguments],
            environment=self.start.variables,
            folder=self.start.folder,
            descriptors=descriptors,
            lifeline=True,
            output=self._output.writer,
        )
        self._output.started()
        return child

    def _send(self, invocation: Invocation, deadline: float) -> None:
        left_ms = (deadline - self._loop.time()) * 1000
        self._token = os.urandom(8).hex()
        self._sent = self._loop.time()
        line = orjson.dumps(
            {
                "token": self._token,
                "request_id": invocation.request_id,
                "size": len(invocation.event),
                "deadline_ms": int(time.time() * 1000 + left_ms),
                "arn": invocation.arn,
                "trace_id": invocation.trace_id,
                "client_context": invocation.client_context,
            }
        )
        # The socket is empty between events and its buffer far larger than a line; if it is gone, the mailbox knows.
        with suppress(OSError):
            self._control.send(line + b"\n")

    async def _receive(self, deadline: float) -> dict[str, Any]:
        timer = self._loop.call_at(deadline, self._post, {"kind": Ending.TIMED_OUT})
        try:
            while not self._mail:
                self._reader = self._loop.create_future()
                await self._reader
            return self._mail.popleft()
        finally:
            timer.cancel()

    def _post(self, message: dict[str, Any]) -> None:
        self._mail.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _on_control(self) -> None:
        try:
            data = self._control.recv(_LINE_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # it closed its end or died; what it still does shows how it ends
            self._loop.remove_reader(self._control)
            self.usable = False
            if not self._busy:
                self.kill()
            return
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._take(line)
        if len(self._unread) > _LINE_BYTES_MAX:
            self._hang_up()

    def _take(self, line: bytes) -> None:
        try:
            message = orjson.loads(line)
            kind, token = message["kind"], message["token"]
        except (ValueError, TypeError, KeyError):
            kind, token = "", ""
        if token != self._token:
            self._hang_up()  # the function wrote into our socket: whatever comes from there is worth nothing
        elif kind == "started":
            self._pid = self._pid or int(message["pid"])
        else:
            if not self._loaded:
                self._loaded = True
                self._init_ms = (self._loop.time() - self._began) * 1000
                self._init_output = self._output.take()
            self._token = os.urandom(8).hex()
            self._post(message)

    def _hang_up(self) -> None:
        self._loop.remove_reader(self._control)
        self.kill()

    async def _watch(self) -> None:
        status = await self._child.ended()
        self.usable = False
        self._on_control()  # an answer may have come before the end
        self._loop.remove_reader(self._control)
        self._pid = None
        self._post({"kind": Ending.EXITED, "status": status})
        await self._loop.run_in_executor(None, kill_marked, self.start.log_stream.encode())
        self._close()

    def _close(self) -> None:
        self._closed = True
        self._control.close()
        self._output.close()
        os.close(self._request)
        os.close(self._response)

    def _outcome(self, message: dict[str, Any], began: float) -> Outcome:
        kind = str(message.get("kind"))
        body, how = b"", ""
        if kind in _ANSWERS or kind == Ending.UNLOADED:
            body = self._body(message)
        elif kind == Ending.TIMED_OUT:
            self.kill()
        else:
            status = int(message.get("status", -signal.SIGKILL))
            kind, how = Ending.EXITED, describe(status) if status else ""
        if self._over_memory and kind == Ending.EXITED:
            kind = Ending.OUT_OF_MEMORY
        if kind not in _ANSWERS:
            self.usable = False
        duration_ms = float(message.get("duration_ms", (self._loop.time() - began) * 1000))
        used_mb = math.ceil(message.get("memory_bytes", 0) / _MEGABYTE)
        outcome = Outcome(
            ending=Ending(kind),
            body=body,
            how=how,
            duration_ms=duration_ms,
            init_ms=self._init_ms,
            memory_mb=min(used_mb or self.deployment.memory_mb, self.deployment.memory_mb),
            log_stream=self.start.log_stream,
            init_output=self._as_task(self._init_output),
            output=self._as_task(self._output.take()),
        )
        self._init_ms, self._init_output = None, b""
        return outcome

    def _body(self, message: dict[str, Any]) -> bytes:
        size = min(int(message["size"]), RESPONSE_BYTES_MAX)
        return b"" if self._closed else os.pread(self._response, size, 0)

    def _as_task(self, output: bytes) -> bytes:
        return output.replace(os.fsencode(self.start.folder), b"/var/task") if output else output

    def _thaw(self) -> None:
        if self.frozen:
            self.frozen = False
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None and self._child.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, number)
            with suppress(ProcessLookupError, PermissionError):  # it may have left its group
                os.kill(self._pid, number)


def _shared_file() -> int:
    try:
        return os.memfd_create("tailrace")
    except (AttributeError, OSError):
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def _write(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    view = memoryview(data)
    offset = 0
    while offset < len(view):
        offset += os.pwrite(descriptor, view[offset:], offset)
