"""The Python runtime of Lambda: load the handler, then event after event: unmarshal, call, marshal, answer.

Error forms and texts are those of AWS's runtime interface client. Events and answers lie in two files that are shared
with the server, control messages are lines on a socket: nothing the handler prints touches either.
"""

import decimal
import importlib
import json
import math
import os
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tailrace.runtime.lambda_context import LambdaContext
from tailrace.runtime.lambda_logging import FunctionLog

Handler = Callable[[Any, LambdaContext], Any]
RESPONSE_BYTES_MAX = 6_291_556
_TASK_ROOT = "/var/task"
_INIT_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, or can be applied "
    "automatically. To determine if the runtime has been updated, check the runtime version in the INIT_START log "
    "entry. If this error correlates with a change in the runtime version, you may be able to mitigate this error by "
    "temporarily rolling back to the previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"
)
# A handler may patch modules; what the loop itself lives on is bound before any handler is loaded.
_read, _write, _pread, _pwrite, _getpid, _exit = os.read, os.write, os.pread, os.pwrite, os.getpid, os._exit
_perf_counter, _getrusage, _loads, _dumps = time.perf_counter, resource.getrusage, json.loads, json.dumps
_set_blocking = os.set_blocking


class Fault(Exception):
    """The runtime itself refuses: the handler can't be found, or a value can't become JSON."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace or []


class Channel:
    """The way to the server and back."""

    def __init__(self, control: int, request: int, response: int) -> None:
        self._control = control
        self._request = request
        self._response = response
        self._unread = b""
        self._token: str | None = None

    def next(self) -> dict[str, Any]:
        """Wait for the next invocation; the process ends when the server has gone."""
        _set_blocking(self._control, True)  # a handler may have changed it
        while b"\n" not in self._unread:
            chunk = _read(self._control, 65536)
            if not chunk:
                _exit(0)
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        message: dict[str, Any] = _loads(line)
        self._token = message.pop("token")
        return message

    def event(self, size: int) -> bytes:
        """Answer the bytes of the event."""
        event = _pread(self._request, size, 0)
        while len(event) < size:
            event += _pread(self._request, size - len(event), len(event))
        return event

    def send(self, kind: str, members: dict[str, float] | None = None, body: bytes = b"") -> None:
        """Tell the server how it went."""
        view = memoryview(body)
        offset = 0
        while offset < len(body):
            offset += _pwrite(self._response, view[offset:], offset)
        line = {"kind": kind, "token": self._token, "size": len(body), **(members or {})}
        _write(self._control, _dumps(line).encode() + b"\n")


class Marshaller:
    """JSON as AWS's runtime reads and writes it: decimals keep their digits, NaN is allowed."""

    def __init__(self) -> None:
        version = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
        self._decimals: list[str] = []
        self._tag = f"decimal-{os.urandom(8).hex()}-"
        ascii_only = not version.isdigit() or int(version) < 12
        self._encode = json.JSONEncoder(ensure_ascii=ascii_only, default=self._default).encode

    def unmarshal(self, event: bytes) -> Any:
        """Answer the event; ValueError when it is not JSON."""
        return _loads(event.decode()) if event else {}  # json is twice as slow with bytes

    def marshal(self, answer: Any) -> bytes:
        """Answer the bytes of what a handler returned. Raises Fault when JSON can't carry it."""
        if isinstance(answer, bytes):
            return answer
        self._decimals.clear()
        try:
            text = self._encode(answer)
            if self._decimals:
                text = re.sub(f'"{self._tag}(\\d+)"', lambda found: self._decimals[int(found[1])], text)
            return text.encode()
        except Exception as error:
            raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None

    def _default(self, value: Any) -> Any:
        if isinstance(value, bytes):  # as simplejson does, which AWS uses
            return value.decode()
        if not isinstance(value, decimal.Decimal):
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        if value.is_nan():
            return math.nan
        self._decimals.append(str(value))
        return f"{self._tag}{len(self._decimals) - 1}"


def serve(control: int, request: int, response: int) -> None:
    """Load the handler and answer events until the server goes away."""
    pid = _getpid()
    channel = Channel(control, request, response)
    channel.send("started", {"pid": pid})
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    log = FunctionLog(os.environ.get("AWS_LAMBDA_LOG_FORMAT", ""), os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""))
    marshaller = Marshaller()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    handler, failure = _load(os.environ["_HANDLER"])
    if _getpid() != pid:
        _exit(0)  # the module forked, and the copy came back to us
    if failure is not None:
        sys.stdout.write(_INIT_WARNING + "\n")
        log.error(failure)
        _flush()
        channel.send("unloaded", _usage(), _dumps(failure).encode())
        sys.exit(1)
    assert handler is not None
    _flush()
    channel.send("ready", _usage())
    while True:
        _invoke(handler, channel.next(), channel, marshaller, log, pid)


def _invoke(
    handler: Handler, message: dict[str, Any], channel: Channel, marshaller: Marshaller, log: FunctionLog, pid: int
) -> None:
    began = _perf_counter()
    request_id = log.request_id = message["request_id"]
    os.environ["_X_AMZN_TRACE_ID"] = message["trace_id"]
    kind, body = "answered", b""
    try:
        context = LambdaContext(request_id, message["deadline_ms"], message["arn"], message.get("client_context"))
        try:
            event = marshaller.unmarshal(channel.event(message["size"]))
        except ValueError as error:
            channel.send("unreadable", body=str(error).encode())
            return
        body = marshaller.marshal(handler(event, context))
    except Fault as fault:
        kind, failure = "raised", _failure(fault.message, fault.kind, fault.trace, request_id)
    except Exception as error:
        kind, failure = "raised", _failure(str(error), type(error).__name__, _frames(error.__traceback__), request_id)
    if _getpid() != pid:
        _exit(0)  # the handler forked, and the copy came back to us
    if kind == "raised":
        log.error(failure)
        body = _dumps(failure).encode()
    _flush()
    if len(body) > RESPONSE_BYTES_MAX:
        kind, body = "too_large", b""
    channel.send(kind, {"duration_ms": (_perf_counter() - began) * 1000, **_usage()}, body)


def _load(name: str) -> tuple[Handler | None, dict[str, Any] | None]:
    try:
        return _handler(name), None
    except Fault as fault:
        return None, _failure(fault.message, fault.kind, fault.trace, "")
    except Exception as error:
        return None, _failure(str(error), type(error).__name__, _frames(error.__traceback__), "")


def _handler(name: str) -> Handler:
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Fault("Runtime.ImportModuleError", message) from None
    except SyntaxError as error:
        trace = [_as_task(f'  File "{error.filename}" Line {error.lineno}\n    {error.text}')]
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from None
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None
    return handler


def _failure(message: str, kind: str, trace: list[str], request_id: str) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def _frames(trace: TracebackType | None) -> list[str]:
    frames = [(frame.filename, frame.lineno or 0, frame.name, frame.line) for frame in traceback.extract_tb(trace)]
    while frames and frames[0][0] == __file__:
        del frames[0]
    return [_as_task(line) for line in traceback.format_list(frames)]


def _as_task(text: str) -> str:
    return text.replace(os.environ.get("LAMBDA_TASK_ROOT", _TASK_ROOT), _TASK_ROOT)


def _usage() -> dict[str, float]:
    unit = 1 if sys.platform == "darwin" else 1024
    return {"memory_bytes": _getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            continue  # the handler closed or replaced it; what it wrote there is its own
