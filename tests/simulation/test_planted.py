"""The simulation is worth something only when it finds what is wrong: each defect planted here, it must find."""

from collections.abc import Callable
from typing import Any

import pytest

from simulation.run import simulate
from tailrace.dynamodb import batches, items, transactions, write
from tailrace.engine.consumer import Consumer
from tailrace.engine.files import Files, Staged
from tailrace.engine.store import Durability, Store
from tailrace.engine.transaction import Transaction
from tailrace.firehose import lane
from tailrace.firehose.batch import data_of
from tailrace.firehose.buffer import Buffer
from tailrace.firehose.delivery import Delivery
from tailrace.pipes import flow
from tailrace.pipes.flow import Flow
from tailrace.pipes.plan import Plan as PipePlan
from tailrace.pipes.target import KinesisTarget
from tailrace.service.fault import Fault

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


def counted_wrong(patch: Patch) -> None:
    """A delivery stream counts records that were dropped as delivered."""
    add = Buffer.add

    def hopeful(buffer: Buffer, log_id: str, upto: int, first_ms: int, outcome: Any) -> None:
        outcome.delivered, outcome.dropped = outcome.delivered + outcome.dropped, 0
        add(buffer, log_id, upto, first_ms, outcome)

    patch.setattr(Buffer, "add", hopeful)


def failures_lost(patch: Patch) -> None:
    """What could not be transformed is counted, but written nowhere."""
    patch.setattr(Buffer, "_write_failures", lambda *_: None)


def values_altered(patch: Patch) -> None:
    """A number is rounded on its way into the lake."""
    add = Buffer.add

    def rounding(buffer: Buffer, log_id: str, upto: int, first_ms: int, outcome: Any) -> None:
        outcome.data[:] = [row.replace(b"3.14", b"3.1") for row in outcome.data]
        add(buffer, log_id, upto, first_ms, outcome)

    patch.setattr(Buffer, "add", rounding)


def backup_with_gaps(patch: Patch) -> None:
    """A source backup leaves out a record now and then."""
    patch.setattr(lane, "data_of", lambda origin, entries: data_of(origin, entries)[len(entries) > 1 :])


def filters_forgotten(patch: Patch) -> None:
    """A pipe lets everything pass."""
    patch.setattr(PipePlan, "keeps", lambda *_: True)


def letters_lost(patch: Patch) -> None:
    """What a pipe gives up is told to nobody."""
    patch.setattr(flow, "send", lambda *_: None)


def children_early(patch: Patch) -> None:
    """A delivery stream reads a shard before it has read those that it was made of."""
    take_up = Delivery._take_up
    patch.setattr(Delivery, "_take_up", lambda delivery, tasks, shard, _: take_up(delivery, tasks, shard, set()))


def transactions_in_part(patch: Patch) -> None:
    """Of a transaction of several writes the last one is not carried out."""
    carry_out_all = transactions._carry_out_all
    patch.setattr(
        transactions, "_carry_out_all", lambda call, targets: carry_out_all(call, targets[: len(targets) - 1 or 1])
    )


def conditions_ignored(patch: Patch) -> None:
    """A write is carried out whatever its condition says."""
    patch.setattr(items, "check_condition", lambda _: None)


def undone_done(patch: Patch) -> None:
    """What BatchWriteItem answers as unprocessed is written all the same."""
    write_all = batches._write_all

    def hasty(*arguments: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            left = batches.undone(arguments[0], len(arguments[-1]))
            inner.setattr(batches, "undone", lambda *_: [])
            return write_all(*arguments)[0], left

    patch.setattr(batches, "_write_all", hasty)


ON_POWER_CUTS = {"lives": 3, "durability": Durability.FSYNC, "power_cut": True}
DEFECTS: list[tuple[Callable[[Patch], None], dict[str, Any]]] = [
    (settled_apart, {"lives": 3}),
    (acknowledged_early, ON_POWER_CUTS),
    (body_not_synced, {**ON_POWER_CUTS, "buffer_s": 0}),
    (name_not_synced, {**ON_POWER_CUTS, "buffer_s": 0}),
    (refusals_overlooked, {"faults": {Fault.KINESIS_PARTIAL: 0.3}}),
    (ends_forgotten, {"faults": {Fault.KINESIS_PARTIAL: 0.3}, "lives": 3}),
    (rows_doubled, {}),
    (rows_doubled, {"faults": {Fault.DUPLICATES: 0.3}}),
    (order_lost, {"faults": {}}),
    (order_lost, {"faults": {Fault.KINESIS_PARTIAL: 0.3, Fault.DUPLICATES: 0.3}}),
    (no_ops_recorded, {}),
    (counted_wrong, {"handler": "changes"}),
    (failures_lost, {"handler": "changes"}),
    (values_altered, {"handler": "changes"}),
    (values_altered, {"handler": "orders"}),
    (backup_with_gaps, {"backup": True}),
    (filters_forgotten, {"filters": True, "handler": "changes"}),
    (letters_lost, {"dead_letters": True, "retries": 1, "faults": {Fault.KINESIS_THROTTLE: 0.4}}),
    (children_early, {"disturbances": True, "handler": "changes", "shards": 1}),
    (transactions_in_part, {}),
    (conditions_ignored, {}),
    (undone_done, {"faults": {Fault.DYNAMODB_BATCH: 0.3}}),
]


@pytest.mark.parametrize(
    ("plant", "chosen"), DEFECTS, ids=[f"{plant.__name__}-{at}" for at, (plant, _) in enumerate(DEFECTS)]
)
def test_a_planted_defect_is_found(plant: Callable[[Patch], None], chosen: dict[str, Any], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    for seed in range(_SEEDS):
        try:
            found = simulate(seed, **{"writes": 12, "clients": 3, **chosen}).findings
        except AssertionError as error:
            found = [str(error)]
        if found:
            return
    raise AssertionError(f"{plant.__doc__} Nobody noticed in {_SEEDS} runs.")
