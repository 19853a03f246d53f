"""Consumers: effects, counts and position in one commit; nothing settled without an account; nothing done twice."""

import asyncio
from pathlib import Path

import pytest

from tailrace.engine.clock import ManualClock
from tailrace.engine.consumer import Consumer, Consumers
from tailrace.engine.ledger import Hop, Imbalance, Ledger, LogGone
from tailrace.engine.store import Durability, Store

HOP = Hop(kind="test", name="copy", region="us-east-1", source="from", target="to")
HOP_ELSEWHERE = Hop(kind="test", name="other", region="us-east-1", source="from", target="to")


class Copier(Consumer):
    """Copies one log into another, and dies where it is told to."""

    def __init__(self, store: Store, clock: ManualClock, die_at: int = 0) -> None:
        super().__init__(store, clock, Ledger(), "test/copy", HOP)
        self.die_at = die_at

    async def run(self) -> None:
        source = self.store.log("from")
        while True:
            after = self.position("from")
            entries = source.read(after, 3, 1000)
            if not entries:
                await source.wait(after)
                continue
            transaction = self.store.begin()
            for entry in entries:
                transaction.append("to", [entry.data], entry.time_ms)
                if entry.sequence == self.die_at:
                    self.die_at = 0
                    raise RuntimeError("died in the middle of a batch")
            self.settle(transaction, "from", entries[-1].sequence, delivered=len(entries))
            self.store.commit(transaction)


def open_store(path: Path) -> Store:
    return Store(path / "store", Durability.OS)


def test_a_copy_is_exact_even_when_the_consumer_dies_in_the_middle(tmp_path: Path) -> None:
    async def scenario() -> list[bytes]:
        store, clock = open_store(tmp_path), ManualClock()
        consumer, consumers = Copier(store, clock, die_at=5), Consumers(clock)
        beginning = store.begin()
        consumer.begin_at(beginning, "from", 0)
        store.commit(beginning)
        consumers.start(consumer)
        for number in range(10):
            transaction = store.begin()
            transaction.append("from", [b"%d" % number], number)
            store.commit(transaction)
        for _ in range(200):
            await asyncio.sleep(0)
            clock.advance(1)
        await consumers.stop_all()
        standing = consumer.ledger.standing(store.begin(), "test/copy")
        assert standing is not None
        assert (standing.delivered, standing.settled, standing.note) == (10, {"from": 10}, None)
        copied = [entry.data for entry in store.log("to").read(0, 99, 9999)]
        store.close()
        return copied

    assert asyncio.run(scenario()) == [b"%d" % number for number in range(10)]


def test_settling_without_an_account_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    consumer = Copier(store, ManualClock())
    transaction = store.begin()
    with pytest.raises(Imbalance, match="before it began"):
        consumer.settle(transaction, "from", 1, delivered=1)
    consumer.begin_at(transaction, "from", 3)
    consumer.begin_at(transaction, "from", 0)
    consumer.settle(transaction, "from", 5, delivered=1, failed=1)
    with pytest.raises(Imbalance, match="3 records received, 2 accounted for"):
        consumer.settle(transaction, "from", 6)
    store.commit(transaction)
    assert consumer.position("from") == 5


def test_a_note_says_why_and_goes_with_the_next_success(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    consumer = Copier(store, ManualClock())
    transaction = store.begin()
    consumer.begin_at(transaction, "from", 0)
    store.commit(transaction)
    consumer.note("the role may not")
    standing = consumer.ledger.standing(store.begin(), consumer.id)
    assert standing is not None and standing.note == "the role may not"
    transaction = store.begin()
    consumer.settle(transaction, "from", 1, filtered=1)
    store.commit(transaction)
    standing = consumer.ledger.standing(store.begin(), consumer.id)
    assert standing is not None and standing.note is None


class Stubborn(Copier):
    """Fails when it is told to stop."""

    async def run(self) -> None:
        try:
            await self.store.log("from").wait(0)
        finally:
            raise OSError("no room to tidy up")


def test_a_consumer_that_fails_while_it_is_stopped_is_stopped(tmp_path: Path) -> None:
    async def scenario() -> None:
        store, clock = open_store(tmp_path), ManualClock()
        consumers = Consumers(clock)
        consumers.start(Stubborn(store, clock))
        await asyncio.sleep(0)
        await asyncio.wait_for(consumers.stop("test/copy"), 5)
        assert not consumers.running("test/copy")
        assert clock.next_due() is None
        store.close()

    asyncio.run(scenario())


def test_stopping_all_waits_for_those_whose_stopper_was_stopped(tmp_path: Path) -> None:
    class Slow(Copier):
        ended = False

        async def run(self) -> None:
            try:
                await self.store.log("from").wait(0)
            finally:
                for _ in range(9):
                    await asyncio.sleep(0)
                self.ended = True

    async def scenario() -> None:
        store, clock = open_store(tmp_path), ManualClock()
        consumers, consumer = Consumers(clock), Slow(store, clock)
        consumers.start(consumer)
        await asyncio.sleep(0)
        stopper = asyncio.create_task(consumers.stop(consumer.id))
        await asyncio.sleep(0)
        stopper.cancel()
        await consumers.stop_all()
        assert consumer.ended
        store.close()

    asyncio.run(scenario())


def test_a_log_that_goes_takes_no_count_along(tmp_path: Path) -> None:
    store, ledger = open_store(tmp_path), Ledger()
    transaction = store.begin()
    for log_id, begun in (("one", 0), ("two", 4)):
        transaction.append(log_id, [b"x"] * 10, 0)
        ledger.begin(transaction, f"read/{log_id}", HOP, log_id, begun)
    ledger.begin(transaction, "read/other", HOP_ELSEWHERE, "one", 10)
    ledger.settle(transaction, "read/one", {"one": 7}, delivered=4, filtered=3)
    ledger.settle(transaction, "read/two", {"two": 5}, delivered=1)
    store.commit(transaction)

    close(store, ledger, "one")
    standings = dict(ledger.standings(store.begin()))
    assert standings.keys() == {"read/two", "read/other"}, "its counts are those of the hop's other consumer now"
    two = standings["read/two"]
    assert (two.settled, two.ended, two.delivered, two.filtered, two.failed) == ({"two": 5}, 10, 5, 3, 3)
    assert two.received == two.accounted == 11
    assert two.note == "3 records were gone with their shard before they were delivered"
    other = standings["read/other"]
    assert (other.settled, other.received, other.failed, other.note) == ({}, 0, 0, None)

    close(store, ledger, "two")
    two = dict(ledger.standings(store.begin()))["read/two"]
    assert (two.settled, two.received, two.accounted, two.failed) == ({}, 16, 16, 8)
    with pytest.raises(LogGone, match="is gone with all that was in flight there"):
        ledger.settle(store.begin(), "read/two", {"two": 10}, delivered=5)
    store.close()


def close(store: Store, ledger: Ledger, log_id: str) -> None:
    transaction = store.begin()
    ledger.close(transaction, store.log(log_id))
    store.log(log_id).delete(transaction)
    store.commit(transaction)
