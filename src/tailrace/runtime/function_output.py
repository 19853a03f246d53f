"""What a function prints: taken from a pipe when the server has time for it, and never more than a bounded part kept.

A handler that prints without end fills the pipe and waits there; it costs the server a glance now and then.
"""

import fcntl
import os
from collections import deque
from contextlib import suppress

_PIPE_BYTES = 2**20
_READ_BYTES = 2**18
_HEAD_BYTES_MAX = 2**20
_TAIL_BYTES_MAX = 2**14
_READS_AT_ONCE = 8
_F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", None)


class FunctionOutput:
    """The reading end of a pipe, and what has been read from it since the last ``take``."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        if _F_SETPIPE_SZ is not None:
            with suppress(OSError):  # the machine's quota of pipe pages is used up: the pipe stays small
                fcntl.fcntl(self._reader, _F_SETPIPE_SZ, _PIPE_BYTES)
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._left_out_bytes = 0

    def started(self) -> None:
        """Leave the writing end to the process that has it now."""
        os.close(self.writer)
        self.writer = -1

    def read(self) -> bool:
        """Take what lies in the pipe; True when there may be more than was taken."""
        for _ in range(_READS_AT_ONCE):
            try:
                chunk = os.read(self._reader, _READ_BYTES)
            except BlockingIOError:
                return False
            if not chunk:
                return False
            self._keep(chunk)
        return True

    def take(self) -> bytes:
        """Answer what was printed since the last time: its beginning, and when it was too much, also its end."""
        self.read()
        if not self._head:
            return b""
        taken = bytes(self._head)
        if self._tail_bytes:
            tail = b"".join(self._tail)
            left_out = self._left_out_bytes + max(len(tail) - _TAIL_BYTES_MAX, 0)
            if left_out:
                taken += b"\n... %d bytes of output are left out here ...\n" % left_out
            taken += tail[-_TAIL_BYTES_MAX:]
        self._head.clear()
        self._tail.clear()
        self._tail_bytes = self._left_out_bytes = 0
        return taken

    def close(self) -> None:
        """Close the pipe; whoever still prints into it is told so by the system."""
        os.close(self._reader)
        if self.writer >= 0:
            os.close(self.writer)

    def _keep(self, chunk: bytes) -> None:
        room = _HEAD_BYTES_MAX - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_bytes += len(chunk)
            while self._tail_bytes - len(self._tail[0]) >= _TAIL_BYTES_MAX:
                gone = len(self._tail.popleft())
                self._tail_bytes -= gone
                self._left_out_bytes += gone
