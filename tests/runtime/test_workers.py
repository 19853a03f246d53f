"""The pool of warm processes: side by side, bounded, thrown away when stale, frozen and ended when idle."""

import asyncio
import json
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.lambda_.execution import Ending, Throttled

Left = Callable[[], list[int]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
GOOD = "handler = lambda event, context: {'event': event, 'pid': os.getpid()}"


def test_dying_between_events(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                threading.Timer(0.02, os._exit, (5,)).start()
                return os.getpid()
        """
        first = await functions.invoke(source)
        await asyncio.sleep(0.2)
        second = await functions.invoke(source)
        assert second.ending is Ending.ANSWERED
        assert first.body != second.body

    run(work)


def test_idle_environments_are_frozen_and_wake_up(run: Callable[..., None], tmp_path: Path, until: Until) -> None:
    async def work(functions: Any) -> None:
        source = """
            def loop():
                while True: pass
            def handler(event, context):
                if event: threading.Thread(target=loop, daemon=True).start()
                return os.getpid()
        """
        pid = int((await functions.invoke(source, {"loop": 1})).body)
        await until(lambda: Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T")
        assert int((await functions.invoke(source)).body) == pid

    run(work, freeze_s=0.05)


SLOW = """
    def handler(event, context):
        time.sleep(0.3)
        return os.getpid()
"""


def test_events_run_side_by_side_in_their_own_processes(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        outcomes = await asyncio.gather(*(functions.invoke(SLOW) for _ in range(6)))
        assert len({outcome.body for outcome in outcomes}) == 2

    run(work, function_processes=2, patience_s=30.0)


def test_slow_handlers_get_more_processes(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        outcomes = await asyncio.gather(*(functions.invoke(SLOW) for _ in range(4)))
        assert len({outcome.body for outcome in outcomes}) == 4

    run(work, function_processes=1, patience_s=0.01)


def test_a_function_keeps_to_its_share_while_requests_are_patient(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        source = """
            def handler(event, context):
                until = time.monotonic() + 0.1
                while time.monotonic() < until: pass
                return os.getpid()
        """
        outcomes = await asyncio.gather(*(functions.invoke(source) for _ in range(6)))
        assert len({outcome.body for outcome in outcomes}) == 1

    run(work, function_processes=1, patience_s=30.0)  # longer than any machine takes for the six


def test_the_bound_for_all_throttles_and_idle_ones_make_room(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        await asyncio.gather(*(functions.invoke(SLOW, kind=n) for n in range(2)))  # two idle ones, both places taken
        await functions.invoke(GOOD)
        answers = await asyncio.gather(*(functions.invoke(SLOW, kind=n) for n in range(3)), return_exceptions=True)
        assert [answer.reason for answer in answers if isinstance(answer, Throttled)] == [
            "ConcurrentInvocationLimitExceeded"
        ]

    run(work, processes=2, patience_s=0.01, wait_s=0.05)


def test_reserved_concurrency(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        answers = await asyncio.gather(*(functions.invoke(SLOW, reserved=1) for _ in range(3)), return_exceptions=True)
        throttled = [answer.reason for answer in answers if isinstance(answer, Throttled)]
        assert throttled == ["ReservedFunctionConcurrentInvocationLimitExceeded"] * 2
        with pytest.raises(Throttled):
            await functions.invoke(SLOW, reserved=0)

    run(work)


def test_discarding_lets_the_busy_finish(run: Callable[..., None]) -> None:
    async def work(functions: Any) -> None:
        function = functions.deployment(SLOW).function
        first = asyncio.ensure_future(functions.invoke(SLOW))
        await asyncio.sleep(0.2)
        functions.workers.discard(function)
        second = await functions.invoke(SLOW)
        assert (await first).ending is Ending.ANSWERED
        third = await functions.invoke(SLOW)
        assert (await first).body not in (second.body, third.body)
        functions.workers.discard(function)
        assert (await functions.invoke(SLOW)).body not in (second.body, third.body)

    run(work)


def test_idle_environments_end_after_some_minutes(run: Callable[..., None], left: Left, until: Until) -> None:
    async def work(functions: Any) -> None:
        first = await functions.invoke(GOOD)
        await asyncio.sleep(0)
        functions.clock.advance(60)
        second = await functions.invoke(GOOD)
        assert json.loads(first.body)["pid"] == json.loads(second.body)["pid"]
        for _ in range(20):
            functions.clock.advance(30)
            await asyncio.sleep(0)
        await until(lambda: not left())

    run(work)


def test_who_stops_waiting_does_not_stop_the_handler(run: Callable[..., None], tmp_path: Path, until: Until) -> None:
    async def work(functions: Any) -> None:
        done = tmp_path / "done"
        source = f"""
            def handler(event, context):
                time.sleep(0.2)
                open({str(done)!r}, "w").close()
        """
        waiting = asyncio.ensure_future(functions.invoke(source))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await until(done.exists)

    run(work)


def test_functions_end_with_a_server_that_is_killed(tmp_path: Path, left: Left, until: Until) -> None:
    source = """
        def handler(event, context):
            subprocess.Popen(["sleep", "60"])
    """
    program = f"""
        import asyncio, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from conftest import Bounds, Functions
        async def main():
            await Functions(Path({str(tmp_path)!r}), Bounds()).invoke({source!r})
            print("ready", flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        asyncio.run(until(lambda: len(left()) == 3))  # type: ignore[arg-type]
        server.kill()
    asyncio.run(until(lambda: not left()))  # type: ignore[arg-type]


def test_many_that_wait_cost_no_more_than_few(run: Callable[..., None]) -> None:
    """A process that becomes free is given to one of those that wait; the others aren't asked."""

    async def calls_each(functions: Any, source: str, count: int) -> float:
        calls = 0

        def profile(frame: Any, event: str, of: Any) -> None:
            nonlocal calls
            calls += event == "call"

        waiting = [functions.invoke(source, {"number": number}) for number in range(count)]
        sys.setprofile(profile)
        try:
            outcomes = await asyncio.gather(*waiting)
        finally:
            sys.setprofile(None)
        assert [json.loads(outcome.body)["number"] for outcome in outcomes] == list(range(count))
        return calls / count

    async def work(functions: Any) -> None:
        source = "handler = lambda event, context: event"
        await functions.invoke(source, 0)
        few = await calls_each(functions, source, 100)
        assert await calls_each(functions, source, 2000) < 1.5 * few

    run(work, function_processes=2, wait_s=60.0)
