"""Functions made of source text, run by real worker processes on a clock in the test's hand."""

import asyncio
import json
import os
import textwrap
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from tailrace.engine.clock import ManualClock
from tailrace.lambda_.execution import Deployment, Ending, Invocation, Outcome, Start
from tailrace.runtime.workers import Bounds, Workers

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
PRELUDE = "import ctypes, decimal, json, logging, os, signal, subprocess, sys, threading, time\n"
GOOD = """
    def handler(event, context):
        return {"event": event, "pid": os.getpid()}
"""


class Functions:
    """Functions made of source text, run by real workers on a clock in the test's hand."""

    def __init__(self, root: Path, bounds: Bounds) -> None:
        self.root = root
        self.clock = ManualClock()
        self.workers = Workers(SimpleNamespace(clock=self.clock), bounds)  # type: ignore[arg-type]
        self._folders: dict[str, Path] = {}
        self._ids = iter(range(10**6))

    def deployment(self, source: str, **options: Any) -> Deployment:
        folder = self._folders.get(source)
        if folder is None:
            folder = self._folders[source] = self.root / f"code-{len(self._folders)}"
            folder.mkdir()
            (folder / "app.py").write_text(PRELUDE + textwrap.dedent(source))
        settings = {"memory_mb": 128, "timeout_s": 5, "handler": "app.handler", "variables": {}, **options}

        async def prepare() -> Start:
            log_stream = f"2026/11/23/[$LATEST]{uuid.uuid4().hex}"
            variables = {
                "_HANDLER": settings["handler"],
                "LAMBDA_TASK_ROOT": str(folder),
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["memory_mb"]),
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
                "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
                "LC_CTYPE": "C.UTF-8",
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "TZ": ":UTC",
                **settings["variables"],
            }
            return Start(folder=folder, variables=variables, log_stream=log_stream, until=float("inf"))

        key = f"{folder}/{sorted((k, str(v)) for k, v in options.items())}"
        function = settings.get("function", f"{ARN}-{folder.name}")
        return Deployment(
            key, function, settings["memory_mb"], settings["timeout_s"], settings.get("reserved"), prepare
        )

    async def invoke(self, source: str, event: Any = None, **options: Any) -> Outcome:
        raw = event if isinstance(event, bytes) else json.dumps(event or {}).encode()
        context = options.pop("client_context", None)
        invocation = Invocation(f"id-{next(self._ids)}", ARN, raw, "Root=1-0-0", context)
        return await self.workers.run(self.deployment(source, **options), invocation)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., None]:
    """Run a coroutine over functions; whatever it did, good events must still be answered and no process be left."""

    def start(work: Callable[[Functions], Awaitable[None]], **bounds: Any) -> None:
        async def main() -> None:
            functions = Functions(tmp_path, Bounds(**bounds))
            try:
                await work(functions)
                outcome = await functions.invoke(GOOD, {"still": "there"})
                assert outcome.ending is Ending.ANSWERED, outcome
                assert json.loads(outcome.body)["event"] == {"still": "there"}
            finally:
                await functions.workers.close()
            await gone(tmp_path)

        uvloop.run(main())

    return start


async def gone(root: Path) -> None:
    """Wait until nothing is left; who has been killed may take a moment to die."""
    deadline = asyncio.get_running_loop().time() + 5
    while left := processes_in(root):
        assert asyncio.get_running_loop().time() < deadline, left
        await asyncio.sleep(0.005)


def processes_in(root: Path) -> list[int]:
    """The processes whose environment names a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = (entry / "environ").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if f"LAMBDA_TASK_ROOT={root}".encode() in environment and state != "Z":
                found.append(int(entry.name))
    return found


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], list[int]]:
    """Answer the processes of this test's functions that run."""
    return lambda: processes_in(tmp_path)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait until something is so, for five seconds at most."""

    async def wait(condition: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + 5
        while not condition():
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.01)

    return wait
