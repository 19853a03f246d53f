"""How a Lambda function's log is written inside its process: the root logger's handler, and errors in text or JSON.

Formats as in AWS's runtime interface client. A line break within one log event travels as RECORD_BREAK.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

RECORD_BREAK = "\x1e"
_TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_NO_BREAK_SPACE = "\u00a0"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_STANDARD_FIELDS = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"aws_request_id", "message"}


class FunctionLog:
    """The log of one function process; it knows the request that is being handled."""

    def __init__(self, log_format: str, level: str) -> None:
        self.request_id = ""
        self._json = log_format.upper() == "JSON"
        logging.Formatter.converter = time.gmtime
        root = logging.getLogger()
        formatter = JsonFormatter() if self._json else logging.Formatter(_TEXT, "%Y-%m-%dT%H:%M:%S")
        handler = _Handler(lambda: self.request_id)
        handler.setFormatter(formatter)
        root.addHandler(handler)
        level = {"TRACE": "DEBUG"}.get(level.upper(), level.upper())
        if level in logging.getLevelNamesMapping():
            root.setLevel(level)

    def error(self, failure: dict[str, Any]) -> None:
        """Write what a handler raised, as one event. It never raises, whatever the handler has done to its output."""
        if self._json:
            moment = time.strftime(_TIME, time.gmtime())
            line = json.dumps({"timestamp": moment, "log_level": "ERROR", **failure})
        else:
            line = RECORD_BREAK.join(_error_lines(failure))
        with suppress(Exception):
            sys.stdout.write(line.encode(errors="backslashreplace").decode() + "\n")


class JsonFormatter(logging.Formatter):
    """One JSON object a record, with whatever ``extra`` was given."""

    def __init__(self) -> None:
        super().__init__(datefmt=_TIME)

    def format(self, record: logging.LogRecord) -> str:
        """Answer the record as a line."""
        kind, error, frames = record.exc_info or (None, None, None)
        failed = kind is not None
        fields = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(frames) if failed else None,
            "errorType": kind.__name__ if kind is not None else None,
            "errorMessage": str(error) if failed else None,
            "requestId": getattr(record, "aws_request_id", None),
            "location": f"{record.pathname}:{record.funcName}:{record.lineno}" if failed else None,
        }
        fields.update((key, value) for key, value in record.__dict__.items() if key not in _STANDARD_FIELDS)
        return json.dumps({key: value for key, value in fields.items() if value is not None}, ensure_ascii=False) + "\n"


class _Handler(logging.Handler):
    def __init__(self, request_id: Callable[[], str]) -> None:
        super().__init__()
        self._request_id = request_id

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self._request_id()
        self.write(self.format(record))

    def write(self, message: str) -> None:
        """Write one event to the log."""
        sys.stdout.write(message.rstrip("\n").replace("\n", RECORD_BREAK) + "\n")


def _error_lines(failure: dict[str, Any]) -> list[str]:
    kind, message = failure["errorType"], failure["errorMessage"]
    first = f"[ERROR] {kind}: {message}" if kind and message else f"[ERROR] {kind or message}"
    lines = [first, "Traceback (most recent call last):"]
    for frame in failure["stackTrace"]:
        for line in frame.splitlines():
            bare = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(bare)) + bare)
    return [line.replace("\n", RECORD_BREAK) for line in lines]
