"""Tasks: results, exceptions, prints, time-outs, cancellation and deaths; the next task always works."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tailrace.runtime.tasks import Tasks
from tailrace.service.task import TaskError, TaskTimeout, TaskWorkerDied

FUNCTIONS = """
    import os, subprocess, sys, time, threading

    def double(payload):
        return {"value": payload["value"] * 2, "pid": os.getpid()}

    def noisy(payload):
        print("x" * 100_000)
        os.write(1, b"\\x00\\x00\\x00\\x00garbage")
        subprocess.run(["echo", "from a child"])
        return {"ok": True}

    class Unreadable(Exception):
        def __init__(self, line):
            super().__init__(f"line {line}: mismatched input")
            self.data = {"line": line}

    class Odd(Exception):
        data = object()

    def fails(payload):
        raise Unreadable(7)

    def fails_oddly(payload):
        raise Odd("odd")

    def returns_a_set(payload):
        return {"set": {1}}

    def leaves(payload):
        sys.exit(3)

    def dies(payload):
        os._exit(9)

    def crashes(payload):
        os.kill(os.getpid(), 11)

    def closes(payload):
        os.closerange(3, 256)
        return {}

    def hangs(payload):
        if "child" in payload:
            child = subprocess.Popen(["sleep", "60"])
            open(payload["child"], "w").write(str(child.pid))
        time.sleep(60)

    def long(payload):
        return {"text": "ü" * payload["size"]}

    def meets(payload):
        open(payload["mine"], "w").close()
        until = time.monotonic() + 10
        while not os.path.exists(payload["other"]):
            assert time.monotonic() < until
            time.sleep(0.005)
        return {"met": True}
"""


@pytest.fixture(autouse=True)
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "task_functions.py").write_text(textwrap.dedent(FUNCTIONS))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


def run(work: Callable[[Tasks], Awaitable[Any]], **settings: Any) -> Any:
    async def main() -> Any:
        tasks = Tasks(**settings)
        try:
            return await work(tasks)
        finally:
            await tasks.close()

    return uvloop.run(main())


def ask(tasks: Tasks, name: str, payload: dict[str, Any] | None = None, timeout_s: float = 20) -> Awaitable[Any]:
    return tasks.run(f"task_functions:{name}", payload or {}, timeout_s=timeout_s)


def test_a_result_comes_back_and_the_worker_stays_warm() -> None:
    async def work(tasks: Tasks) -> None:
        first = await ask(tasks, "double", {"value": 21})
        second = await ask(tasks, "double", {"value": 4})
        assert (first["value"], second["value"]) == (42, 8)
        assert first["pid"] == second["pid"] != os.getpid()

    run(work)


def test_prints_do_not_break_the_framing() -> None:
    async def work(tasks: Tasks) -> None:
        assert await ask(tasks, "noisy") == {"ok": True}
        assert (await ask(tasks, "double", {"value": 1}))["value"] == 2

    run(work)


def test_large_results_come_whole() -> None:
    async def work(tasks: Tasks) -> None:
        assert len((await ask(tasks, "long", {"size": 5_000_000}))["text"]) == 5_000_000

    run(work)


@pytest.mark.parametrize(
    ("name", "type_name", "message", "data"),
    [
        ("fails", "Unreadable", "line 7: mismatched input", {"line": 7}),
        ("fails_oddly", "Odd", "odd", None),
        ("returns_a_set", "TypeError", "Type is not JSON serializable: set", None),
        ("leaves", "SystemExit", "3", None),
        ("absent", "AttributeError", "module 'task_functions' has no attribute 'absent'", None),
    ],
)
def test_exceptions_come_back(name: str, type_name: str, message: str, data: Any) -> None:
    async def work(tasks: Tasks) -> None:
        with pytest.raises(TaskError) as caught:
            await ask(tasks, name)
        assert (caught.value.type_name, caught.value.message, caught.value.data) == (type_name, message, data)
        assert (await ask(tasks, "double", {"value": 1}))["value"] == 2

    run(work)


@pytest.mark.parametrize(
    ("name", "how"), [("dies", "exit status 9"), ("crashes", "segmentation fault"), ("closes", "ended while it worked")]
)
def test_a_worker_that_dies_is_replaced(name: str, how: str) -> None:
    async def work(tasks: Tasks) -> None:
        with pytest.raises(TaskWorkerDied, match=how):
            await ask(tasks, name)
        assert (await ask(tasks, "double", {"value": 1}))["value"] == 2

    run(work)


def test_a_time_out_kills_the_worker_and_its_children(tmp_path: Path) -> None:
    async def work(tasks: Tasks) -> None:
        await ask(tasks, "double", {"value": 1})
        note = tmp_path / "child"
        with pytest.raises(TaskTimeout):
            await ask(tasks, "hangs", {"child": str(note)}, timeout_s=0.3)
        assert within(5, lambda: not alive(int(note.read_text())))
        assert (await ask(tasks, "double", {"value": 1}))["value"] == 2

    run(work)


def test_cancelling_kills_the_worker() -> None:
    async def work(tasks: Tasks) -> None:
        before = (await ask(tasks, "double", {"value": 1}))["pid"]
        waiting = asyncio.ensure_future(ask(tasks, "hangs"))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert within(5, lambda: not alive(before))
        assert (await ask(tasks, "double", {"value": 1}))["pid"] != before

    run(work)


def test_two_at_once_and_the_third_waits(tmp_path: Path) -> None:
    async def work(tasks: Tasks) -> None:
        a, b = str(tmp_path / "a"), str(tmp_path / "b")
        both = asyncio.gather(
            ask(tasks, "meets", {"mine": a, "other": b}),
            ask(tasks, "meets", {"mine": b, "other": a}),
            *(ask(tasks, "double", {"value": 1}) for _ in range(6)),
        )
        answers = await both
        assert answers[:2] == [{"met": True}] * 2
        assert len({answer["pid"] for answer in answers[2:]}) <= 2

    run(work, workers_max=2)


def test_idle_workers_end() -> None:
    async def work(tasks: Tasks) -> None:
        pid = (await ask(tasks, "double", {"value": 1}))["pid"]
        await asyncio.sleep(0.05)
        assert within(5, lambda: not alive(pid))
        assert (await ask(tasks, "double", {"value": 1}))["value"] == 2

    run(work, idle_s=0.01)


def test_workers_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = """
        import asyncio, sys
        from tailrace.runtime.tasks import Tasks
        async def main():
            tasks = Tasks()
            print((await tasks.run("task_functions:double", {"value": 1}, timeout_s=20))["pid"], flush=True)
            await tasks.run("task_functions:hangs", {}, timeout_s=60)
        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
    assert within(5, lambda: not alive(pid))
