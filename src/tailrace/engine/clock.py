"""The only source of time. The manual clock moves when it is told to, so that tests never wait."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable
from typing import Any, Protocol


class Clock(Protocol):
    """Tell the time and wait for it, in seconds since the epoch."""

    def now(self) -> float:
        """Answer seconds since the epoch."""

    def now_ms(self) -> int:
        """Answer whole milliseconds since the epoch."""

    async def sleep(self, seconds: float) -> None:
        """Return after that much of this clock's time."""

    async def wait_for(self, awaitable: Awaitable[Any], timeout_s: float) -> bool:
        """Wait for something at most that long; False when time ran out, and then it is cancelled."""


def milliseconds(seconds: float) -> int:
    """Answer whole milliseconds; everybody makes them like this, so that what is of now is never of later."""
    return round(seconds * 1000)


class SystemClock:
    """The machine's clock; it never goes back, even when the machine's does: order must hold, and nobody wait for it.

    Give it the time of an earlier process, in seconds since the epoch, and it does not go back behind that either.
    """

    def __init__(self, not_before: float = 0.0) -> None:
        self._offset = max(time.time(), not_before) - time.monotonic()

    def now(self) -> float:
        """Answer seconds since the epoch."""
        # Steps forward are followed (suspend, NTP); steps back are not.
        self._offset = max(self._offset, time.time() - time.monotonic())
        return time.monotonic() + self._offset

    def now_ms(self) -> int:
        """Answer whole milliseconds since the epoch."""
        return milliseconds(self.now())

    async def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        await asyncio.sleep(seconds)

    async def wait_for(self, awaitable: Awaitable[Any], timeout_s: float) -> bool:
        """Wait for something at most that long; False when time ran out, and then it is cancelled."""
        return await _first(awaitable, self.sleep(max(timeout_s, 0.0)))


class ManualClock:
    """A clock in the user's hand."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Answer seconds since the epoch."""
        return self._now

    def now_ms(self) -> int:
        """Answer whole milliseconds since the epoch."""
        return milliseconds(self._now)

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been advanced that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), future))
        await future

    async def wait_for(self, awaitable: Awaitable[Any], timeout_s: float) -> bool:
        """Wait for something at most that long; False when time ran out, and then it is cancelled."""
        return await _first(awaitable, self.sleep(max(timeout_s, 0.0)))

    def next_due(self) -> float | None:
        """Answer when the next sleeper is due, in seconds since the epoch; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def advance(self, seconds: float) -> None:
        """Move time on and wake whoever is due."""
        self.advance_to(self._now + seconds)

    def advance_to(self, instant: float) -> None:
        """Move time on to an instant, never back, and wake whoever is due, in order."""
        self._now = max(self._now, instant)
        while (due := self.next_due()) is not None and due <= self._now:
            heapq.heappop(self._sleepers)[2].set_result(None)


async def _first(awaitable: Awaitable[Any], sleep: Awaitable[None]) -> bool:
    work: asyncio.Future[Any] = asyncio.ensure_future(awaitable)
    timer: asyncio.Future[None] = asyncio.ensure_future(sleep)
    try:
        await asyncio.wait((work, timer), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return True
        return False
    finally:
        pending = [task for task in (work, timer) if not task.done()]
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)
        if not work.cancelled():
            work.exception()  # whoever is cancelled here doesn't want it, and nobody else will ask
