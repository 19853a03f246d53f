"""Athena made ready by its first statement: analysis is large, and a server that is asked nothing starts without it.

It is loaded beside the loop, which serves others meanwhile, and beside the worker, which takes as long to start.
"""

from __future__ import annotations

import asyncio
import importlib
from contextlib import suppress

from tailrace.service.cloud import Cloud
from tailrace.service.task import TaskError

_ANALYSIS = "tailrace.athena.execution.run"
_WORKER = "tailrace.athena.worker.queries:ready"
_START_S_MAX = 60.0


class Readiness:
    """What statements wait for before they run: done once in a server."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._made: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return when statements can run."""
        if self._made is None:
            self._made = asyncio.create_task(self._make(), name="athena readiness")
        await asyncio.shield(self._made)  # one statement that is stopped does not stop it for the others

    async def _make(self) -> None:
        await asyncio.gather(asyncio.to_thread(importlib.import_module, _ANALYSIS), self._start_worker())

    async def _start_worker(self) -> None:
        with suppress(TaskError):  # the query that needs a worker will say so
            await self._cloud.tasks.run(_WORKER, {}, timeout_s=_START_S_MAX)
