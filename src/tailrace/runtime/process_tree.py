"""What a process has started: how much memory it all uses, how many they are, and who got away from it.

Read from /proc; on a system without it the answers are empty, and only the process itself is limited by the system.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LOOKS_MAX = 20  # a dying process may be seen a few times
PROCESSES_MAX = 1024  # AWS's quota for processes and threads of an environment


def memory_bytes(pid: int) -> int:
    """Answer the resident memory of a process and what its descendants don't share with it."""
    total = _resident(pid, shared=True)
    for descendant in _descendants(pid):
        total += _resident(descendant, shared=False)
    return total


def waits(pid: int) -> bool:
    """Answer whether a process waits for something instead of computing; also where that can't be told."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as source:  # noqa: PTH123 - read often
            return source.read().rpartition(b") ")[2][:1] != b"R"
    except OSError:
        return True


def too_many(pid: int) -> bool:
    """Answer whether a process has more descendants than an environment may."""
    return sum(1 for _ in _descendants(pid)) >= PROCESSES_MAX


def kill_marked(mark: bytes) -> None:
    """Kill every process whose environment holds a mark: descendants that left the group of those that we killed.

    One that forks while it is looked for is found by the next look.
    """
    for _ in range(_LOOKS_MAX):
        if not _kill_marked_once(mark):
            return


def _kill_marked_once(mark: bytes) -> bool:
    found = False
    with suppress(OSError):
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes():
                    found = True
                    os.kill(int(entry.name), signal.SIGKILL)
    return found


def _resident(pid: int, *, shared: bool) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as source:  # noqa: PTH123 - read often
            _, resident, common, *_ = source.read().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - (0 if shared else int(common))) * _PAGE_BYTES


def _descendants(pid: int) -> Iterator[int]:
    seen = 0
    waiting = [pid]
    while waiting and seen < PROCESSES_MAX:
        for child in _children(waiting.pop()):
            seen += 1
            yield child
            waiting.append(child)


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as source:  # noqa: PTH123
                children += map(int, source.read().split())
    return children
