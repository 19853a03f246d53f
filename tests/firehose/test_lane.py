"""One shard's way into the buffer: whatever the clock does while it is looked at, nothing that is due is left lying."""

import asyncio
from pathlib import Path

from tailrace.engine.clock import ManualClock, SystemClock
from tailrace.engine.store import Durability, Store
from tailrace.firehose.batch import Origin
from tailrace.firehose.lane import Lane
from tailrace.firehose.reply import Outcome
from tailrace.firehose.source import SourceShard
from tailrace.service.call import Call

TURNS = 100


class PassingClock(ManualClock):
    """A clock that goes on by a millisecond whenever it is looked at."""

    def now(self) -> float:
        self._now += 0.001
        return self._now

    def now_ms(self) -> int:
        return round(self.now() * 1000)


class Road:
    """What a lane belongs to: notes what is written to the buffer."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "store", Durability.MEMORY)
        self.clock = PassingClock()
        self.written: list[int] = []

    async def admit(self) -> None:
        pass

    async def room(self) -> None:
        pass

    def write(self, lane: Lane, upto: int, first_ms: int, outcome: Outcome) -> None:
        lane.written = upto
        self.written.append(upto)

    def lose(self, lane: Lane, upto: int) -> None:
        raise AssertionError("nothing was trimmed")


def test_a_record_that_becomes_due_while_it_is_looked_at_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        road = Road(tmp_path)
        shard = SourceShard(Origin("direct", "shard", 0, None), closed=False, parents=())
        lane = asyncio.ensure_future(Lane(road, shard, 0, None).run())
        for ahead_ms in range(8):  # a record's time is rounded: it may lie ahead a little
            transaction = road.store.begin()
            transaction.append("direct", [b"data"], road.clock.now_ms() + ahead_ms)
            road.store.commit(transaction)
            for _ in range(TURNS):
                await asyncio.sleep(0)
            road.clock.advance(0.01)
            for _ in range(TURNS):
                await asyncio.sleep(0)
            assert road.written[-1:] == [ahead_ms + 1]
        lane.cancel()
        road.store.close()

    asyncio.run(scenario())


def test_what_is_of_now_is_never_of_later() -> None:
    """A call's milliseconds are the clock's: records would have to wait for their own time otherwise."""
    clock = SystemClock()
    for _ in range(2000):
        before_ms, now = clock.now_ms(), clock.now()
        call = Call("s", "O", {}, None, "r", "a", "id", now, None, None)  # type: ignore[arg-type]
        assert before_ms <= call.now_ms <= clock.now_ms()
