"""The simulation is worth something only when it finds what is wrong: each defect planted here, it must find."""

from collections.abc import Callable
from typing import Any

import pytest

from simulation.run import simulate
from tailrace.dynamodb import write
from tailrace.engine.consumer import Consumer
from tailrace.engine.files import Files, Staged
from tailrace.engine.store import Durability, Store
from tailrace.engine.transaction import Transaction
from tailrace.firehose.buffer import Buffer
from tailrace.pipes.flow import Flow
from tailrace.pipes.target import KinesisTarget

_SEEDS = 60
Patch = pytest.MonkeyPatch


def settled_apart(patch: Patch) -> None:
    """A consumer commits its position after its effects, in a transaction of its own."""
    settle = Consumer.settle

    def apart(consumer: Consumer, transaction: Transaction, *place: Any, **counts: int) -> None:
        def later() -> None:
            own = consumer.store.begin()
            settle(consumer, own, *place, **counts)
            consumer.store.commit(own)

        transaction.on_commit(later)

    patch.setattr(Consumer, "settle", apart)


def acknowledged_early(patch: Patch) -> None:
    """A write is acknowledged when it is visible, not when it is on disk."""

    def early(store: Store) -> None:
        group, store._open_group = store._open_group, type(store._open_group)()
        group.finish(None)

    patch.setattr(Store, "_schedule", early)


def body_not_synced(patch: Patch) -> None:
    """A body is given its name before it is on disk."""
    seal = Staged._seal

    def hasty(staged: Staged) -> None:
        staged._files.synced = False
        try:
            seal(staged)
        finally:
            staged._files.synced = True

    patch.setattr(Staged, "_seal", hasty)


def name_not_synced(patch: Patch) -> None:
    """A body's name is not brought to disk."""
    place = Files.place

    def hasty(files: Files, *arguments: Any) -> None:
        files.synced = False
        try:
            place(files, *arguments)
        finally:
            files.synced = True

    patch.setattr(Files, "place", hasty)


def refusals_overlooked(patch: Patch) -> None:
    """A pipe takes records that Kinesis refused for delivered."""
    patch.setattr(KinesisTarget, "refused", lambda *_: iter(()))


def ends_forgotten(patch: Patch) -> None:
    """What became of records ahead of the position is lost with the process."""
    current = Flow._current

    def forgetful(flow: Flow) -> Any:
        plan = current(flow)
        if flow._kept_ahead and not flow._work:
            flow._tally.ends.clear()
        return plan

    patch.setattr(Flow, "_current", forgetful)


def rows_doubled(patch: Patch) -> None:
    """A buffer that failed to be put is put again, and the records are read again as well."""
    discard = Buffer.discard

    def kept(buffer: Buffer) -> None:
        buffer.upto.clear()
        discard(buffer)

    add = Buffer.add

    def twice(buffer: Buffer, log_id: str, upto: int, first_ms: int, outcome: Any) -> None:
        if upto % 7 == 0 and outcome.data:
            outcome.data.append(outcome.data[-1])
        add(buffer, log_id, upto, first_ms, outcome)

    patch.setattr(Buffer, "discard", kept)
    patch.setattr(Buffer, "add", twice)


def order_lost(patch: Patch) -> None:
    """A batch of rows is written backwards."""
    add = Buffer.add

    def backwards(buffer: Buffer, log_id: str, upto: int, first_ms: int, outcome: Any) -> None:
        outcome.data.reverse()
        add(buffer, log_id, upto, first_ms, outcome)

    patch.setattr(Buffer, "add", backwards)


def no_ops_recorded(patch: Patch) -> None:
    """A write that changes nothing makes a record."""
    put = write.Writer.put

    def eager(writer: write.Writer, place: bytes, key_size: int, before: Any, item: Any, size: int) -> bytes:
        if before.stored is not None:
            before = write.Before(type(before.stored)(before.stored.size, before.stored.json + b" "))
            before._item = {}
        return put(writer, place, key_size, before, item, size)

    patch.setattr(write.Writer, "put", eager)


DEFECTS: list[tuple[Callable[[Patch], None], dict[str, Any]]] = [
    (settled_apart, {"lives": 3}),
    (acknowledged_early, {"lives": 3, "durability": Durability.FSYNC, "power_cut": True}),
    (body_not_synced, {"lives": 3, "durability": Durability.FSYNC, "power_cut": True, "buffer_s": 0}),
    (name_not_synced, {"lives": 3, "durability": Durability.FSYNC, "power_cut": True, "buffer_s": 0}),
    (refusals_overlooked, {"faults": {"kinesis:put-records-partial": 0.3}}),
    (ends_forgotten, {"faults": {"kinesis:put-records-partial": 0.3}, "lives": 3}),
    (rows_doubled, {}),
    (order_lost, {"faults": {}}),
    (no_ops_recorded, {}),
]


@pytest.mark.parametrize(("plant", "chosen"), DEFECTS, ids=[plant.__name__ for plant, _ in DEFECTS])
def test_a_planted_defect_is_found(plant: Callable[[Patch], None], chosen: dict[str, Any], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    for seed in range(_SEEDS):
        try:
            found = simulate(seed, writes=12, clients=3, **chosen).findings
        except AssertionError as error:
            found = [str(error)]
        if found:
            return
    raise AssertionError(f"{plant.__doc__} Nobody noticed in {_SEEDS} runs.")
