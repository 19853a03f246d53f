"""The one way an item is changed: item, indexes, counts, TTL entry and change record in one transaction.

A write that changes nothing changes nothing at all: no record, whatever the order of map keys and set members.
"""

import msgspec
import orjson

from tailrace.dynamodb.capacity import Units, write_units
from tailrace.dynamodb.collection import grow_collection, partition_of
from tailrace.dynamodb.expiry import expires_at
from tailrace.dynamodb.key import HASH_BYTES
from tailrace.dynamodb.layout import (
    COUNTS,
    EXPIRIES,
    INDEXES,
    ITEMS,
    Stored,
    expiry_key,
    pack_counts,
    unpack,
    unpack_counts,
)
from tailrace.dynamodb.record import RecordFormat
from tailrace.dynamodb.table import Index, Table
from tailrace.dynamodb.value import Item, item_size, same
from tailrace.engine.transaction import Transaction


class Before(msgspec.Struct):
    """What lay under a key: its bytes, read once, and the item parsed if somebody needs it."""

    stored: Stored | None
    _item: Item | None = None

    @property
    def item(self) -> Item | None:
        """The item, parsed; None when there was none."""
        if self._item is None and self.stored is not None:
            self._item = orjson.loads(self.stored.json)
        return self._item

    @property
    def size(self) -> int:
        """Its size; 0 when there was none."""
        return 0 if self.stored is None else self.stored.size


class Recording(msgspec.Struct):
    """The records that a writer adds to one shard, and where they begin in its log."""

    format: RecordFormat
    first: int
    records: list[bytes] = msgspec.field(default_factory=list)


def read_item(transaction: Transaction, table: Table, place: bytes) -> Before:
    """Answer what lies under the place of a key."""
    raw = transaction.get(ITEMS, table.uuid + place)
    return Before(None if raw is None else unpack(raw))


class Writer:
    """Change items of one table within one request; ``finish`` stages what they add up to."""

    __slots__ = ("_collections", "_counts", "_expired", "_now_ms", "_recordings", "_table", "_transaction", "units")

    def __init__(self, transaction: Transaction, table: Table, now_ms: int, *, expired: bool = False) -> None:
        self._transaction = transaction
        self._table = table
        self._now_ms = now_ms
        self._expired = expired
        self._counts: dict[int, tuple[int, int]] = {}
        self._collections: dict[bytes, int] = {}
        self._recordings: dict[str, Recording] = {}
        self.units = Units()

    def put(self, place: bytes, key_size: int, before: Before, item: Item, size: int) -> bytes:
        """Put an admitted item of a size in a place, over what lay there; answer its JSON."""
        json = orjson.dumps(item)
        stored = before.stored
        self.units.table += write_units(max(size, before.size))
        if stored is not None and (stored.json == json or (stored.size == size and same(before.item or {}, item))):
            return stored.json
        after = Stored(size, json)
        self._transaction.put(ITEMS, self._table.uuid + place, after.packed())
        self._change(place, key_size, before, after, item)
        return json

    def delete(self, place: bytes, key_size: int, before: Before) -> None:
        """Delete what lay in a place, if anything did."""
        self.units.table += write_units(before.size)
        if before.stored is None:
            return
        self._transaction.delete(ITEMS, self._table.uuid + place)
        self._change(place, key_size, before, None, None)

    def finish(self) -> None:
        """Stage records, counts and item collections."""
        transaction = self._transaction
        for log_id, recording in self._recordings.items():
            transaction.append(log_id, recording.records, self._now_ms)
        if self._counts:
            uuid, places = self._table.uuid, self._table.count_places
            counts = unpack_counts(transaction.get(COUNTS, uuid), places)
            for at, (items, size) in self._counts.items():
                counts[at] = counts[at][0] + items, counts[at][1] + size
            transaction.put(COUNTS, uuid, pack_counts(counts))
        for partition, size in self._collections.items():
            grow_collection(transaction, self._table, partition, size)

    def _change(self, place: bytes, key_size: int, before: Before, after: Stored | None, item: Item | None) -> None:
        table = self._table
        self._count(0, before.stored, after)
        if table.indexes:
            grown = (after.size if after else 0) - before.size
            for index in table.live_indexes:
                growth = self._index(index, place, before, after, item)
                grown += 0 if index.is_global else growth
            if table.has_local_indexes:
                self._count_collection(place, grown)
        if table.expires_by is not None:
            self._expire(place, table.expires_by, before, item)
        if table.recorders:
            self._record(place, key_size, before, after, item)

    def _record(self, place: bytes, key_size: int, before: Before, after: Stored | None, item: Item | None) -> None:
        table = self._table
        # Shards share the range of hashes evenly, as partitions do.
        at = int.from_bytes(place[:HASH_BYTES], "big") * len(table.recorders) >> 8 * HASH_BYTES
        log_id, record_format = table.recorders[at]
        recording = self._recordings.get(log_id)
        if recording is None:
            recording = Recording(record_format, self._transaction.head(log_id) + 1)
            self._recordings[log_id] = recording
        records = recording.records
        keys = table.key.key_of(item or before.item or {})
        records.append(
            recording.format.write(
                recording.first + len(records),
                self._now_ms // 1000,
                orjson.dumps(keys),
                key_size,
                after,
                before.stored,
                expired=self._expired,
            )
        )

    def _count(self, at: int, before: Stored | None, after: Stored | None) -> None:
        items, size = self._counts.get(at, (0, 0))
        items += (after is not None) - (before is not None)
        size += (after.size if after else 0) - (before.size if before else 0)
        self._counts[at] = items, size

    def _index(self, index: Index, place: bytes, before: Before, after: Stored | None, item: Item | None) -> int:
        """Bring an index up to date and answer by how many bytes it grew."""
        old = index_entry(index, before.item, before.stored)
        new = index_entry(index, item, after)
        old_key = None if old is None else index.prefix + index.key.place(before.item or {}) + place
        new_key = None if new is None else index.prefix + index.key.place(item or {}) + place
        if old_key is not None and index.row.status == "CREATING" and self._transaction.get(INDEXES, old_key) is None:
            old = old_key = None  # the backfill has not come by here yet
        if old == new and old_key == new_key:
            return 0
        cost = write_units(max(old.size if old else 0, new.size if new else 0))
        if old_key is not None and old_key != new_key:
            self._transaction.delete(INDEXES, old_key)
            cost = cost if new is None else write_units(old.size if old else 0) + write_units(new.size)
        if new_key is not None and new is not None:
            self._transaction.put(INDEXES, new_key, new.packed())
        self._count(index.count_place, old, new)
        self.units.add_index(index.name, cost, is_global=index.is_global)
        return (new.size if new else 0) - (old.size if old else 0)

    def _expire(self, place: bytes, attribute: str, before: Before, item: Item | None) -> None:
        uuid = self._table.uuid
        old = None if before.item is None else expires_at(before.item, attribute)
        new = None if item is None else expires_at(item, attribute)
        if old == new:
            return
        if old is not None:
            self._transaction.delete(EXPIRIES, expiry_key(uuid, old, place))
        if new is not None:
            self._transaction.put(EXPIRIES, expiry_key(uuid, new, place), b"")

    def _count_collection(self, place: bytes, size: int) -> None:
        partition = partition_of(place)
        self._collections[partition] = self._collections.get(partition, 0) + size


def index_entry(index: Index, item: Item | None, stored: Stored | None) -> Stored | None:
    """Answer what an index holds of an item; None when the item is not in it."""
    if item is None or stored is None or not index.key.fits(item):
        return None
    if index.projects_all:
        return stored
    projected = index.project(item)
    return Stored(item_size(projected), orjson.dumps(projected, option=orjson.OPT_SORT_KEYS))
