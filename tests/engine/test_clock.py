"""Time: the manual clock wakes sleepers in order, and waiting for something ends with it or with time."""

import asyncio
import gc

from tailrace.engine.clock import ManualClock, SystemClock


def test_the_manual_clock_wakes_who_is_due_in_order() -> None:
    async def scenario() -> list[str]:
        clock, woken = ManualClock(100.0), []

        async def sleeper(name: str, seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append(name)

        tasks = [asyncio.create_task(sleeper(name, at)) for name, at in (("late", 5), ("early", 1), ("never", 50))]
        await asyncio.sleep(0)
        assert clock.next_due() == 101.0
        clock.advance(10)
        await asyncio.gather(*tasks[:2])
        assert clock.now() == 110.0 and clock.next_due() == 150.0
        tasks[2].cancel()
        return woken

    assert asyncio.run(scenario()) == ["early", "late"]


def test_waiting_ends_with_the_event_or_with_time() -> None:
    async def scenario() -> tuple[bool, bool]:
        clock = ManualClock()
        event = asyncio.Event()
        waiting = asyncio.create_task(clock.wait_for(event.wait(), 10))
        await asyncio.sleep(0)
        event.set()
        came = await waiting
        late = asyncio.create_task(clock.wait_for(asyncio.Event().wait(), 10))
        while clock.next_due() is None:
            await asyncio.sleep(0)
        clock.advance(10)
        return came, await late

    assert asyncio.run(scenario()) == (True, False)


def test_a_cancelled_wait_leaves_no_complaint_about_what_failed_meanwhile() -> None:
    async def scenario() -> list[object]:
        complaints: list[object] = []
        loop, clock = asyncio.get_running_loop(), ManualClock()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        work: asyncio.Future[None] = loop.create_future()
        waiting = asyncio.create_task(clock.wait_for(work, 10))
        await asyncio.sleep(0)
        work.set_exception(OSError("too late"))
        waiting.cancel()
        await asyncio.wait((waiting,))
        del work, waiting
        gc.collect()
        return complaints

    assert asyncio.run(scenario()) == []


def test_the_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    moments = [clock.now() for _ in range(1000)]
    assert moments == sorted(moments)
