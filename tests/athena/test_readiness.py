"""Athena is made ready once, by whoever comes first, and a worker that fails to start keeps nobody waiting."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from tailrace.athena.execution.readiness import Readiness
from tailrace.service.cloud import Cloud
from tailrace.service.task import TaskWorkerDied


class Tasks:
    """Workers that die after a turn of the loop."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def run(self, function: str, payload: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        self.started.append(function)
        await asyncio.sleep(0)
        raise TaskWorkerDied("killed")


def test_it_is_made_ready_once() -> None:
    tasks = Tasks()

    async def scene() -> None:
        readiness = Readiness(cast(Cloud, SimpleNamespace(tasks=tasks)))
        first = asyncio.create_task(readiness.wait())
        others = [asyncio.create_task(readiness.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()  # a statement that is stopped
        await asyncio.gather(*others)
        await readiness.wait()
        assert first.cancelled()

    asyncio.run(scene())
    assert tasks.started == ["tailrace.athena.worker.queries:ready"]
