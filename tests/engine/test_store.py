"""The store's promises: visible at once, durable when awaited, all or nothing, found again after a restart."""

import asyncio
import os
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.engine.block import Entry
from tailrace.engine.errors import StoreDamaged, StoreFull, TransactionConflict
from tailrace.engine.space import Space
from tailrace.engine.store import Durability, Store

SPACE = Space("test/rows")
OTHER = Space("test/rowsother")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", Durability.OS)


def test_reads_see_what_is_staged_and_others_see_it_after_the_commit(store: Store) -> None:
    first = store.begin()
    first.put(SPACE, b"a", b"1")
    assert first.get(SPACE, b"a") == b"1"
    assert store.begin().get(SPACE, b"a") is None
    store.commit(first)
    assert store.begin().get(SPACE, b"a") == b"1"


def test_a_nested_call_is_undone_alone(store: Store) -> None:
    transaction = store.begin()
    transaction.put(SPACE, b"kept", b"1")
    transaction.append("one", [b"kept"], 5)
    undone: list[str] = []
    mark = transaction.mark()
    transaction.put(SPACE, b"kept", b"2")
    transaction.put(SPACE, b"gone", b"1")
    transaction.append("two", [b"gone"], 5)
    transaction.append("one", [b"gone"], 5)
    transaction.on_abort(lambda: undone.append("undone"))
    transaction.rollback(mark)
    store.commit(transaction)
    assert undone == ["undone"]
    assert store.begin().get(SPACE, b"kept") == b"1"
    assert store.begin().get(SPACE, b"gone") is None
    assert [entry.data for entry in store.log("one").read(0, 9, 99)] == [b"kept"]
    assert store.log("two").head == 0


def test_spaces_never_mix(store: Store) -> None:
    transaction = store.begin()
    transaction.put(SPACE, b"", b"1")
    transaction.put(OTHER, b"x", b"2")
    store.commit(transaction)
    assert list(store.begin().scan(SPACE)) == [(b"", b"1")]
    assert list(store.begin().scan(SPACE, reverse=True)) == [(b"", b"1")]


keys = st.binary(min_size=1, max_size=2)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), keys, st.binary(min_size=1, max_size=2)),
        st.tuples(st.just("delete"), keys, st.just(b"")),
        st.tuples(st.just("range"), keys, keys),
        st.tuples(st.just("commit"), st.just(b""), st.just(b"")),
    ),
    max_size=30,
)


@given(steps=steps, bounds=st.tuples(keys, keys))
@settings(max_examples=150, deadline=None)
def test_scans_agree_with_a_sorted_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bytes, bytes]], bounds: tuple[bytes, bytes]
) -> None:
    store = Store(tmp_path_factory.mktemp("store") / "store", Durability.MEMORY)
    model: dict[bytes, bytes] = {}
    transaction = store.begin()
    for step, key, value in steps:
        if step == "put":
            transaction.put(SPACE, key, value)
            model[key] = value
        elif step == "delete":
            transaction.delete(SPACE, key)
            model.pop(key, None)
        elif step == "range":
            transaction.delete_range(SPACE, key, value)
            model = {each: kept for each, kept in model.items() if not key <= each < value}
        else:
            store.commit(transaction)
            transaction = store.begin()
    low, high = min(bounds), max(bounds)
    expected = sorted((key, value) for key, value in model.items() if low <= key < high)
    assert list(transaction.scan(SPACE, low, high)) == expected
    assert list(transaction.scan(SPACE, low, high, reverse=True)) == expected[::-1]
    assert dict(transaction.scan(SPACE)) == model


def test_logs_go_on_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", Durability.OS)
    transaction = store.begin()
    assert transaction.append("log", [b"a", b"b"], 10) == 1
    assert transaction.append("log", [b"c"], 5) == 3
    store.commit(transaction)
    trimming = store.begin()
    store.log("log").trim(trimming, 99)
    store.commit(trimming)
    store.close()
    store = Store(tmp_path / "store", Durability.OS)
    log = store.log("log")
    assert (log.head, log.tail, log.last_time_ms) == (3, 4, 10)
    transaction = store.begin()
    assert transaction.append("log", [b"d"], 7) == 4
    store.commit(transaction)
    assert log.read(0, 9, 99) == [Entry(4, 10, b"d")]


def test_a_log_is_found_by_time_and_read_by_size(store: Store) -> None:
    for time_ms in (10, 20, 20, 30):
        transaction = store.begin()
        transaction.append("log", [b"x" * 100], time_ms)
        store.commit(transaction)
    log = store.log("log")
    assert [log.at_time(instant) for instant in (0, 10, 11, 20, 30, 31)] == [1, 1, 2, 2, 4, 5]
    assert [entry.sequence for entry in log.read(1, 10, 1)] == [2]
    assert [entry.sequence for entry in log.read(0, 3, 10_000)] == [1, 2, 3]


def test_a_deleted_log_begins_anew(store: Store) -> None:
    transaction = store.begin()
    transaction.append("log", [b"a"], 1)
    store.commit(transaction)
    deleting = store.begin()
    store.log("log").delete(deleting)
    store.commit(deleting)
    assert store.log("log").head == 0
    assert store.log("log").read(0, 9, 99) == []


def test_waiting_for_a_log_ends_when_its_record_is_durable(tmp_path: Path) -> None:
    async def scenario() -> list[bytes]:
        store = Store(tmp_path / "store", Durability.FSYNC)
        waiter = asyncio.create_task(store.log("log").wait(0))
        await asyncio.sleep(0)
        assert not waiter.done()
        transaction = store.begin()
        transaction.append("log", [b"a"], 1)
        await store.commit(transaction)
        await waiter
        found = [entry.data for entry in store.log("log").read(0, 1, 1)]
        store.close()
        return found

    assert asyncio.run(scenario()) == [b"a"]


def test_a_transaction_held_while_the_log_moved_on_is_refused(store: Store) -> None:
    held, quick = store.begin(), store.begin()
    held.append("log", [b"held"], 1)
    quick.append("log", [b"quick"], 1)
    store.commit(quick)
    with pytest.raises(TransactionConflict):
        store.commit(held)
    assert [entry.data for entry in store.log("log").read(0, 9, 99)] == [b"quick"]


def test_a_full_disk_refuses_writes_and_keeps_what_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    transaction = store.begin()
    transaction.put(SPACE, b"a", b"1")
    store.commit(transaction)
    monkeypatch.setattr(store, "room", lambda: 0)
    full = store.begin()
    full.put(SPACE, b"b", b"x" * 2**20)
    with pytest.raises(StoreFull, match="free some space"):
        store.commit(full)
    assert store.begin().get(SPACE, b"a") == b"1"
    assert store.begin().get(SPACE, b"b") is None
    freeing = store.begin()
    freeing.delete(SPACE, b"a")
    store.commit(freeing)
    monkeypatch.undo()
    again = store.begin()
    again.put(SPACE, b"b", b"2")
    store.commit(again)
    assert store.begin().get(SPACE, b"b") == b"2"


def copied(store: Store, path: Path) -> Path:
    """What a process that is killed leaves behind."""
    shutil.copytree(store.path, path)
    return path


def filled(path: Path) -> Store:
    store = Store(path, Durability.FSYNC)
    for number in range(300):
        transaction = store.begin()
        transaction.put(SPACE, b"%06d" % number, random.Random(number).randbytes(200))
        store.commit(transaction)
    return store


def count(store: Store) -> int:
    return sum(1 for _ in store.begin().scan(SPACE))


@pytest.mark.parametrize("harm", ["cut", "overwritten", "zeroed"])
def test_what_is_lost_at_the_end_of_the_write_ahead_log_is_told(tmp_path: Path, harm: str) -> None:
    store = filled(tmp_path / "store")
    path = copied(store, tmp_path / "copy")
    store.close()
    log = max(path.glob("*.log"), key=lambda found: found.stat().st_size)
    size = log.stat().st_size
    if harm == "cut":
        os.truncate(log, size - 37)
    else:
        with log.open("r+b") as file:
            file.seek(size // 2)
            file.write((b"\xff" if harm == "overwritten" else b"\x00") * 5000)
    found = {each.name: each.read_bytes() for each in path.iterdir()}
    with pytest.raises(StoreDamaged, match="changes of rows, which were on disk, can't be read; bring the directory"):
        Store(path, Durability.FSYNC)
    left = {each.name: each.read_bytes() for each in path.iterdir()}
    assert found.items() - left.items() <= {(name, found[name]) for name in ("LOG", "LOCK")}, "it is left as it was"
    (path / "SYNCED").unlink()
    opened = Store(path, Durability.FSYNC)
    kept = count(opened)
    opened.close()
    assert kept == 299 if harm == "cut" else 100 < kept < 200
    assert opened.dropped_bytes > 0


def test_a_whole_write_ahead_log_is_recovered(tmp_path: Path) -> None:
    store = filled(tmp_path / "store")
    opened = Store(copied(store, tmp_path / "copy"), Durability.FSYNC)
    assert count(opened) == 300
    assert opened.dropped_bytes == 0
    opened.close()
    store.close()


def test_missing_and_cut_files_are_refused_in_one_line(tmp_path: Path) -> None:
    filled(tmp_path / "store").close()
    for number, harmed in enumerate(("MANIFEST-*", "*.sst")):
        path = tmp_path / f"copy{number}"
        shutil.copytree(tmp_path / "store", path)
        for found in path.glob(harmed):
            found.unlink()
        with pytest.raises(StoreDamaged, match=r"the state in .* can't be read: .*; bring back a copy") as caught:
            Store(path)
        assert "\n" not in str(caught.value)


def test_a_damaged_block_is_no_end_of_the_data(tmp_path: Path) -> None:
    filled(tmp_path / "store").close()
    for table in (tmp_path / "store").glob("*.sst"):
        with table.open("r+b") as file:
            file.seek(table.stat().st_size // 3)
            file.write(b"\xff" * 50)
    store = Store(tmp_path / "store")
    transaction = store.begin()
    with pytest.raises(StoreDamaged, match="checksum mismatch"):
        count(store)
    with pytest.raises(StoreDamaged, match="checksum mismatch"):
        list(transaction.scan(SPACE, reverse=True))
    with pytest.raises(StoreDamaged, match="checksum mismatch"):
        for number in range(300):
            transaction.get(SPACE, b"%06d" % number)
    store.close()


def test_a_putting_back_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    filled(tmp_path / "store").close()
    (tmp_path / "store").rename(tmp_path / "store.as-found")
    (tmp_path / "store.opened").mkdir()
    store = Store(tmp_path / "store", Durability.FSYNC)
    assert count(store) == 300
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_linking_that_was_cut_off_harms_nothing(tmp_path: Path) -> None:
    filled(tmp_path / "store").close()
    (tmp_path / "store.linking").mkdir()
    (tmp_path / "store.linking" / "CURRENT").write_text("half")
    store = Store(tmp_path / "store", Durability.FSYNC)
    assert count(store) == 300
    store.close()
