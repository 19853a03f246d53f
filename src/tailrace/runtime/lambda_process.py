"""What runs as the process of a Lambda function: a guard, and under it the function in a process group of its own.

The guard is the parent that a handler sees: killing it, or the group, ends this environment and nothing else. It ends
as the function ended, and takes everything the function started with it, also when Tailrace itself is killed.
"""

import os
import resource
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_STDIN = 0
_OPEN_FILES_MAX = 1024  # AWS's quota for file descriptors
_NICENESS = 5  # requests are answered before handlers go on


def main() -> None:
    """Fork the function and guard it; arguments are the three descriptors and the limit of data memory in bytes."""
    control, request, response, data_bytes_max = (int(argument) for argument in sys.argv[1:5])
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.nice(_NICENESS)
        _confine(data_bytes_max)
        sys.path.append(str(Path(__file__).parents[2]))  # at the end: the function's modules come first
        from tailrace.runtime import lambda_bootstrap

        lambda_bootstrap.serve(control, request, response)
    else:
        with suppress(OSError):  # the child has done it itself, or is gone
            os.setpgid(child, child)
        for descriptor in (control, request, response):
            os.close(descriptor)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        _end_as(_guard(child))


def _confine(data_bytes_max: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    os.close(nothing)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, data_bytes_max),
        (resource.RLIMIT_NOFILE, _OPEN_FILES_MAX),
    ):
        _, hard = resource.getrlimit(limit)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(ValueError, OSError):  # a system that doesn't know the limit runs without it
            resource.setrlimit(limit, (value, value))


def _guard(child: int) -> int:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(wake)
    events = select.poll()
    events.register(_STDIN, select.POLLIN)
    events.register(woken, select.POLLIN)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            _kill_group(child)
            return os.waitstatus_to_exitcode(status)
        for descriptor, _ in events.poll():
            if descriptor == _STDIN:  # it ends when Tailrace does
                events.unregister(_STDIN)
                _kill_group(child)
                os.kill(child, signal.SIGKILL)
            else:
                os.read(woken, 4096)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _end_as(status: int) -> NoReturn:
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError):  # SIGKILL and SIGSTOP take no handler and need none
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


if __name__ == "__main__":
    main()
