"""A queue's front: rows come in the same order as without it, and nobody walks over what was removed."""

import re
from itertools import islice
from pathlib import Path

import pytest
from rocksdict import Options

from tailrace.engine import database
from tailrace.engine.front import Front
from tailrace.engine.space import Space
from tailrace.engine.store import Durability, Store

QUEUE = Space("test/queue")
END = b"q" + b"\xff" * 9


def key(moment: int) -> bytes:
    return b"q" + moment.to_bytes(8, "big")


def put(store: Store, *moments: int) -> None:
    transaction = store.begin()
    for moment in moments:
        transaction.put(QUEUE, key(moment), b"")
    store.commit(transaction)


def first(store: Store, front: Front, count: int, now: int) -> list[int]:
    found = islice(front.scan(store.begin(), b"q", END, key(now)), count)
    return [int.from_bytes(each[1:], "big") for each, _ in found]


def remove(store: Store, *moments: int) -> None:
    transaction = store.begin()
    for moment in moments:
        transaction.delete(QUEUE, key(moment))
    store.commit(transaction)


def test_rows_come_as_they_lie(tmp_path: Path) -> None:
    store, front = Store(tmp_path / "store", Durability.MEMORY), Front(QUEUE)
    assert first(store, front, 9, now=5) == []
    put(store, 5, 6, 9)
    assert first(store, front, 9, now=6) == [5, 6, 9]
    remove(store, 5, 6)
    assert first(store, front, 1, now=6) == [9]
    put(store, 6, 7)
    assert first(store, front, 9, now=7) == [6, 7, 9], "what was written since, before what was seen"
    front.forget(store, b"q")
    put(store, 1)
    assert first(store, front, 9, now=7) == [1, 6, 7, 9]


def test_what_is_given_up_was_never_removed(tmp_path: Path) -> None:
    store, front = Store(tmp_path / "store", Durability.MEMORY), Front(QUEUE)
    put(store, 1, 2, 3)
    transaction = store.begin()
    transaction.delete(QUEUE, key(1))
    assert [each for each, _ in front.scan(transaction, b"q", END, key(9))] == [key(2), key(3)]
    transaction.abort()
    assert first(store, front, 9, now=9) == [1, 2, 3]


def test_nobody_walks_over_what_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Options] = []
    original = database._options

    def counting(in_memory: bool) -> Options:
        made.append(original(in_memory))
        made[-1].enable_statistics()
        return made[-1]

    monkeypatch.setattr(database, "_options", counting)
    store, front = Store(tmp_path / "store", Durability.OS), Front(QUEUE)
    for moment in range(2000):
        put(store, moment)
        assert first(store, front, 1, now=moment) == [moment]
        remove(store, moment)
    skipped = re.search(r"rocksdb\.number\.iter\.skip COUNT : (\d+)", made[0].get_statistics())
    assert skipped is not None and int(skipped[1]) < 5 * 2000, "a few each time, however many there were"
    store.close()
