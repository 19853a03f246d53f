"""GetQueryExecution waits a moment for the end of a query that runs, and tells of its state when that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tailrace.athena.execution import ending
from tailrace.service.principal import Principal

REGION = "us-east-1"
LONG = (
    "SELECT sum(a.x * b.x % 7) FROM UNNEST(sequence(1, 100000)) AS a(x) "
    "CROSS JOIN UNNEST(sequence(1, 100000)) AS b(x)"
)  # fmt: skip

Ask = Callable[..., Awaitable[dict[str, Any]]]
Scene = Callable[[Ask], Awaitable[None]]


@pytest.fixture
def play(open_cloud: Callable[..., Any]) -> Callable[[Scene], None]:
    """Run a scene in a cloud with a bucket: its argument asks Athena."""

    async def played(scene: Scene) -> None:
        async with open_cloud() as cloud:
            root = Principal.root(cloud.account)
            await cloud.request("s3", "CreateBucket", {"Bucket": "results"}, root, region=REGION)

            async def ask(operation: str, **params: Any) -> dict[str, Any]:
                answer: dict[str, Any] = await cloud.request("athena", operation, params, root, region=REGION)
                return answer

            await scene(ask)

    return lambda scene: asyncio.run(played(scene))


async def started(ask: Ask, sql: str) -> str:
    place = {"OutputLocation": "s3://results/"}
    answer = await ask("StartQueryExecution", QueryString=sql, ResultConfiguration=place)
    return str(answer["QueryExecutionId"])


async def state(ask: Ask, query_id: str) -> str:
    answer = await ask("GetQueryExecution", QueryExecutionId=query_id)
    return str(answer["QueryExecution"]["Status"]["State"])


def test_the_first_look_sees_the_end(play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "PATIENCE_S", 600.0)

    async def scene(ask: Ask) -> None:
        for sql, end in (("SELECT 1", "SUCCEEDED"), ("CREATE DATABASE d", "SUCCEEDED"), ("SELECT 1 / 0", "FAILED")):
            query_id = await started(ask, sql)
            looks = await asyncio.gather(*(state(ask, query_id) for _ in range(3)))
            assert looks == [end] * 3

    play(scene)


def test_a_look_at_a_long_query_sees_it_stopped(play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "PATIENCE_S", 600.0)

    async def scene(ask: Ask) -> None:
        query_id = await started(ask, LONG)
        look = asyncio.create_task(state(ask, query_id))
        await asyncio.sleep(0)
        assert not look.done()
        await ask("StopQueryExecution", QueryExecutionId=query_id)
        assert await look == "CANCELLED"

    play(scene)


def test_a_look_has_no_more_than_its_patience(play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "PATIENCE_S", 0.0)

    async def scene(ask: Ask) -> None:
        query_id = await started(ask, LONG)
        assert await state(ask, query_id) in ("QUEUED", "RUNNING")
        await ask("StopQueryExecution", QueryExecutionId=query_id)
        assert ending.ENDINGS.waiting == 0

    play(scene)
