"""What was removed costs nothing: no reader walks over it, no room is kept for it. Counted by RocksDB, not timed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rocksdict import Options

from sizes import size_of
from tailrace.engine import database
from tailrace.engine.space import Space
from tailrace.engine.store import RANGES_MAX, Durability, Store

SPACE = Space("test/rows")
_COUNTS = ("number.db.seek", "number.db.next", "number.iter.skip", "number.reseeks.iteration")
Open = Callable[[str], tuple[Store, Options]]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a store that counts, and answer the options that hold the counts."""
    original = database._options

    def open_one(name: str) -> tuple[Store, Options]:
        made: list[Options] = []

        def counting(in_memory: bool) -> Options:
            made.append(original(in_memory))
            made[-1].enable_statistics()
            return made[-1]

        monkeypatch.setattr(database, "_options", counting)
        return Store(tmp_path / name / "store", Durability.OS), made[0]

    return open_one


def counted(options: Options) -> list[int]:
    text = options.get_statistics()
    found = [re.search(rf"rocksdb\.{re.escape(name)} COUNT : (\d+)", text) for name in _COUNTS]
    return [int(each[1]) for each in found if each]


def filled(store: Store, *, commits: int, kept: int, size: int = 300) -> None:
    """Append a hundred records a commit, and trim all but so many commits."""
    log = store.log("log")
    for number in range(commits):
        transaction = store.begin()
        transaction.append("log", [os.urandom(size)] * 100, number)
        log.trim(transaction, (number + 1 - kept) * 100 + 1)
        store.commit(transaction)


@pytest.mark.parametrize("commits", [50, 3000])
def test_reading_a_trimmed_log_costs_what_reading_a_fresh_one_costs(opened: Open, commits: int) -> None:
    costs = []
    for name, kept in (("fresh", commits), ("trimmed", 20)):
        store, options = opened(name)
        filled(store, commits=20 if name == "fresh" else commits, kept=kept)
        log = store.log("log")
        before = counted(options)
        assert len(log.read(log.tail - 1, 500, 10**9)) == 500
        assert len(log.read(log.head - 100, 500, 10**9)) == 100
        assert log.at_time(log.last_time_ms) == log.head - 99
        costs.append([after - earlier for earlier, after in zip(before, counted(options), strict=True)])
        assert len(costs[-1]) == len(_COUNTS)
        store.close()
    fresh, trimmed = costs
    assert trimmed == fresh
    seeks_max = 2 + 1 + (2000).bit_length()
    assert fresh[0] <= seeks_max and fresh[2] == 0, "a seek a read, a bisection, and nothing on the way"


def test_removed_ranges_do_not_pile_up(opened: Open) -> None:
    store, _ = opened("ranges")
    for number in range(20 * RANGES_MAX):
        transaction = store.begin()
        transaction.put(SPACE, b"%d" % number, b"")
        transaction.delete_range(SPACE, b"%d" % number, b"%d\x00" % number)
        store.commit(transaction)
        held = store._db.property_int_value("rocksdb.num-entries-active-mem-table")
        assert held <= 2 * RANGES_MAX, "a row and a range each"
    store.close()


def test_the_room_of_trimmed_records_is_given_back(opened: Open, tmp_path: Path) -> None:
    store, _ = opened("room")
    written_bytes = 1200 * 100 * 2500
    filled(store, commits=1200, kept=20, size=2500)
    assert sum(map(size_of, (tmp_path / "room" / "store").iterdir())) < written_bytes // 2
    assert len(store.log("log").read(0, 10**6, 10**9)) == 2000
    store.close()
