"""A child process in a session of its own: started, watched without a thread or a poll, and ended with all it started.

Its end is told once; whatever is left of its process group is killed before its id can be used again.
"""

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


class Child:
    """One child process; made within the running event loop."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        descriptors: Sequence[int] = (),
        lifeline: bool = False,
        output: int | None = None,
    ) -> None:
        """Start it. With a lifeline its standard input is a pipe that ends when this process does.

        ``descriptors`` are kept open under their numbers; ``output`` takes its stdout and stderr.
        """
        self._process = subprocess.Popen(
            arguments,
            env=environment,
            cwd=folder,
            pass_fds=tuple(descriptors),
            stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._watch()

    @property
    def alive(self) -> bool:
        """Whether its end has not been told yet."""
        return not self._ended.done()

    async def ended(self) -> int:
        """Wait for its end and answer its exit status, or minus the signal that ended it."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        """Kill it and its process group at once; ``ended`` tells when it is over."""
        if not self._ended.done():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            descriptor = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            threading.Thread(target=self._wait, args=(loop,), daemon=True).start()
            return

        def ready() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            self._reap()

        loop.add_reader(descriptor, ready)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._process.wait()
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            loop.call_soon_threadsafe(self._reap)

    def _reap(self) -> None:
        # Where it was watched by descriptor it is a zombie still, so its id is still its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        status = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        if not self._ended.done():
            self._ended.set_result(status)


def describe(status: int) -> str:
    """Say how a process ended: ``signal: killed`` or ``exit status 1``, in the words that Lambda uses."""
    if status < 0:
        return f"signal: {_SIGNALS.get(-status) or signal.strsignal(-status) or -status}"
    return f"exit status {status}"


# Go's names, which are those of AWS's messages.
_SIGNALS: dict[int, str] = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGQUIT: "quit",
    signal.SIGILL: "illegal instruction",
    signal.SIGTRAP: "trace/breakpoint trap",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGKILL: "killed",
    signal.SIGUSR1: "user defined signal 1",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGUSR2: "user defined signal 2",
    signal.SIGPIPE: "broken pipe",
    signal.SIGALRM: "alarm clock",
    signal.SIGTERM: "terminated",
}
