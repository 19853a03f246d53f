"""Jobs: they run once committed and due, again after a failure or a restart, and never again once done."""

import asyncio
from pathlib import Path

from tailrace.engine.clock import ManualClock
from tailrace.engine.job import Job, Jobs
from tailrace.engine.store import Durability, Store


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_job_runs_when_due_and_again_after_it_failed(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        store, clock, runs = Store(tmp_path / "store", Durability.OS), ManualClock(), []
        jobs = Jobs(store, clock)

        async def run(job: Job) -> None:
            runs.append(job.payload["name"])
            if len(runs) == 1:
                raise RuntimeError("the first run fails")

        jobs.register("test", run)
        jobs.resume()
        transaction = store.begin()
        jobs.schedule(transaction, "test", "1", {"name": "a"}, due_ms=clock.now_ms() + 5000)
        await turns()
        assert runs == []
        store.commit(transaction)
        await turns()
        assert runs == []
        clock.advance(5)
        await turns()
        assert runs == ["a"]
        clock.advance(1)
        await turns()
        await jobs.stop()
        store.close()
        return runs

    assert asyncio.run(scenario()) == ["a", "a"]


def test_an_unfinished_job_is_resumed_after_a_restart_and_a_finished_one_is_not(tmp_path: Path) -> None:
    async def scenario(runs: list[str], *, hang: bool, schedule: bool) -> None:
        store = Store(tmp_path / "store", Durability.OS)
        jobs = Jobs(store, ManualClock())

        async def run(job: Job) -> None:
            runs.append(job.id)
            if hang:
                await asyncio.Event().wait()

        jobs.register("test", run)
        jobs.resume()
        if schedule:
            transaction = store.begin()
            jobs.schedule(transaction, "test", "1", {})
            await store.commit(transaction)
        await turns()
        await jobs.stop()
        store.close()

    runs: list[str] = []
    asyncio.run(scenario(runs, hang=True, schedule=True))
    asyncio.run(scenario(runs, hang=False, schedule=False))
    asyncio.run(scenario(runs, hang=False, schedule=False))
    assert runs == ["1", "1"]


def test_a_job_scheduled_again_while_it_runs_runs_again(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        store, runs = Store(tmp_path / "store", Durability.OS), []
        jobs = Jobs(store, ManualClock())

        async def run(job: Job) -> None:
            runs.append(job.payload["turn"])
            if job.payload["turn"] < 3:
                transaction = store.begin()
                jobs.schedule(transaction, "test", "1", {"turn": job.payload["turn"] + 1})
                store.commit(transaction)

        jobs.register("test", run)
        jobs.resume()
        transaction = store.begin()
        jobs.schedule(transaction, "test", "1", {"turn": 1})
        store.commit(transaction)
        await turns(50)
        assert not jobs.cancel("test", "1")
        await jobs.stop()
        store.close()
        return runs

    assert asyncio.run(scenario()) == [1, 2, 3]


def test_a_cancelled_job_stops_and_is_gone(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[str], bool]:
        store, events = Store(tmp_path / "store", Durability.OS), []
        jobs = Jobs(store, ManualClock())

        async def run(job: Job) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                events.append("stopped")

        jobs.register("test", run)
        jobs.resume()
        transaction = store.begin()
        jobs.schedule(transaction, "test", "1", {})
        store.commit(transaction)
        await turns()
        cancelled = jobs.cancel("test", "1")
        await turns()
        await jobs.stop()
        store.close()
        return events, cancelled

    assert asyncio.run(scenario()) == (["stopped"], True)


def test_a_job_that_fails_while_it_is_stopped_is_stopped_and_one_scheduled_meanwhile_runs(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        store, clock, runs = Store(tmp_path / "store", Durability.OS), ManualClock(), []
        jobs = Jobs(store, clock)

        async def run(job: Job) -> None:
            runs.append(job.payload["name"])
            try:
                await clock.sleep(100)
            finally:
                raise OSError("no room to tidy up")

        def schedule(name: str) -> None:
            transaction = store.begin()
            jobs.schedule(transaction, "test", "1", {"name": name})
            store.commit(transaction)

        jobs.register("test", run)
        jobs.resume()
        schedule("a")
        await turns()
        assert jobs.cancel("test", "1")
        schedule("b")
        await turns()
        await asyncio.wait_for(jobs.stop(), 5)
        store.close()
        return runs

    assert asyncio.run(scenario()) == ["a", "b"]
