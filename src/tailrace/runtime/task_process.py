"""What runs inside a worker for CPU-heavy work: read a frame, call ``module:function``, answer a frame.

The frames have a socket of their own, so nothing the function prints can break them; the worker dies with its parent.
"""

import ctypes
import importlib
import os
import signal
import socket
import struct
import sys
import traceback
from typing import Any

import orjson

LENGTH = struct.Struct("!Q")
_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """End this process when its parent ends, where the system can do that (Linux)."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _receive(channel: socket.socket, size: int) -> bytearray:
    frame = bytearray(size)
    view = memoryview(frame)
    while view:
        count = channel.recv_into(view)
        if count == 0:
            os._exit(0)  # the parent is gone; threads of the function don't hold us up
        view = view[count:]
    return frame


def _run(request: dict[str, Any]) -> bytes:
    try:
        module, _, name = str(request["function"]).partition(":")
        function = getattr(importlib.import_module(module), name)
        return orjson.dumps({"result": function(request["payload"])})
    except BaseException as error:
        return _failure(error)


def _failure(error: BaseException) -> bytes:
    answer = {"type": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}
    try:
        return orjson.dumps({"error": {**answer, "data": getattr(error, "data", None)}})
    except TypeError:
        return orjson.dumps({"error": answer})


def main(descriptor: int, parent: int) -> None:
    """Serve until the parent closes the socket."""
    die_with(parent)
    os.dup2(2, 1)
    channel = socket.socket(fileno=descriptor)
    while True:
        (size,) = LENGTH.unpack(_receive(channel, LENGTH.size))
        answer = _run(orjson.loads(_receive(channel, size)))
        channel.sendall(LENGTH.pack(len(answer)))
        channel.sendall(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
