"""Tasks: CPU-heavy or crash-prone work in warm worker processes, a few at once, the others wait for their turn.

A task that is cancelled, takes too long or kills its worker costs a worker, never the server.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import orjson

from tailrace.runtime.child import Child, describe
from tailrace.runtime.task_process import LENGTH
from tailrace.service.task import TaskError, TaskTimeout, TaskWorkerDied

_logger = logging.getLogger(__name__)


class Tasks:
    """Run functions in workers that are started when they are needed and end when they have been idle for long."""

    def __init__(self, workers_max: int = 2, idle_s: float = 300.0) -> None:
        self._idle_s = idle_s
        self._turns = asyncio.Semaphore(workers_max)
        self._idle: list[_Worker] = []
        self._workers: set[_Worker] = set()

    @property
    def busy(self) -> bool:
        """Whether a worker is at work."""
        return len(self._workers) > len(self._idle)

    async def run(self, function: str, payload: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """Run ``module:function`` with a payload that JSON can carry and answer what it returns.

        Raises TaskError with what it raised, TaskTimeout (the wait for a worker is not counted), TaskWorkerDied.
        Cancelling the wait kills the worker.
        """
        request = orjson.dumps({"function": function, "payload": payload})
        async with self._turns:
            worker = await self._take()
            try:
                async with asyncio.timeout(timeout_s):
                    answer = await worker.exchange(request)
            except TimeoutError:
                worker.kill()
                raise TaskTimeout(timeout_s) from None
            except (asyncio.IncompleteReadError, ConnectionError):
                worker.kill()
                raise TaskWorkerDied(describe(await worker.child.ended())) from None
            except BaseException:
                worker.kill()
                raise
            self._give_back(worker)
        return _result(function, orjson.loads(answer))

    async def close(self) -> None:
        """Kill every worker; what they were doing fails."""
        workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for worker in workers:
            await worker.child.ended()

    async def _take(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            worker.keep()
            if worker.child.alive:
                return worker
            worker.kill()
        worker = await _Worker.start(self._workers)
        self._workers.add(worker)
        return worker

    def _give_back(self, worker: "_Worker") -> None:
        def retire() -> None:
            if worker in self._idle:
                self._idle.remove(worker)
            worker.kill()

        worker.retire_after(self._idle_s, retire)
        self._idle.append(worker)


class _Worker:
    def __init__(
        self, child: Child, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, register: "set[_Worker]"
    ) -> None:
        self.child = child
        self._reader = reader
        self._writer = writer
        self._register = register
        self._retirement: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, register: "set[_Worker]") -> "_Worker":
        ours, theirs = socket.socketpair()
        with theirs:
            child = Child(
                [sys.executable, "-m", "tailrace.runtime.task_process", str(theirs.fileno()), str(os.getpid())],
                descriptors=[theirs.fileno()],
            )
        try:
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            child.kill()
            ours.close()
            raise
        return cls(child, reader, writer, register)

    async def exchange(self, request: bytes) -> bytes:
        self._writer.write(LENGTH.pack(len(request)))
        self._writer.write(request)
        await self._writer.drain()
        (size,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return await self._reader.readexactly(size)

    def retire_after(self, seconds: float, retire: Callable[[], None]) -> None:
        self._retirement = asyncio.get_running_loop().call_later(seconds, retire)

    def keep(self) -> None:
        if self._retirement is not None:
            self._retirement.cancel()

    def kill(self) -> None:
        self.keep()
        self._register.discard(self)
        self.child.kill()
        self._writer.close()


def _result(function: str, answer: dict[str, Any]) -> dict[str, Any]:
    error = answer.get("error")
    if error is None:
        result: dict[str, Any] = answer["result"]
        return result
    _logger.debug("%s raised in its worker:\n%s", function, error["trace"])
    raise TaskError(error["type"], error["message"], error.get("data"))
