"""A table as it is remembered, and the same made ready for use: schemas compiled, once for each state of the row."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Literal
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from tailrace.dynamodb.errors import item_table_missing, validation
from tailrace.dynamodb.key import KeyAttribute, KeySchema, KeyType
from tailrace.dynamodb.layout import TABLES, index_prefix
from tailrace.dynamodb.record import RecordFormat
from tailrace.dynamodb.stream import StreamRow
from tailrace.dynamodb.value import Item
from tailrace.engine.store import Store
from tailrace.engine.transaction import Transaction

NAME_LENGTH_MIN = 3
NAME_LENGTH_MAX = 255
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,255}").fullmatch


class IndexRow(msgspec.Struct, frozen=True, kw_only=True):
    """A secondary index; its number is its place in the store's keys and never used again."""

    name: str
    number: int
    is_global: bool
    hashes: tuple[str, ...]
    ranges: tuple[str, ...]
    projection: Literal["ALL", "KEYS_ONLY", "INCLUDE"]
    included: tuple[str, ...] = ()
    read_units: int = 0
    write_units: int = 0
    status: Literal["CREATING", "ACTIVE", "DELETING"] = "ACTIVE"


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """All that a table is told to be; its items, counts and tags lie elsewhere."""

    name: str
    region: str
    arn: str
    uuid: str
    created: float
    attributes: tuple[tuple[str, KeyType], ...]
    hash: str
    range: str | None
    on_demand: bool
    on_demand_since: float | None = None
    read_units: int = 0
    write_units: int = 0
    indexes: tuple[IndexRow, ...] = ()
    next_index: int = 0
    stream: StreamRow | None = None
    latest_stream: str | None = None  # label of the last stream it had
    protected: bool = False
    expires_by: str | None = None  # the attribute of TTL
    expires_since_ms: int = 0
    table_class: str | None = None
    encryption: dict[str, str] | None = None
    on_demand_limits: dict[str, int] | None = None


class Index:
    """An index made ready: its key, what it projects, where it lies."""

    def __init__(self, row: IndexRow, table: "Table") -> None:
        self.row = row
        self.name = row.name
        self.is_global = row.is_global
        self.key = table.schema(row.hashes, row.ranges)
        self.prefix = index_prefix(table.uuid, row.number)
        self.count_place = row.number + 1
        self.projects_all = row.projection == "ALL"
        self.projected = {*self.key.names, *table.key.names, *row.included}
        self.start_key_names = tuple(dict.fromkeys((*table.key.names, *self.key.names)))

    def project(self, item: Item) -> Item:
        """Answer the part of an item that lies in the index."""
        if self.projects_all:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


class Table:
    """A table made ready."""

    def __init__(self, row: TableRow) -> None:
        self.row = row
        self.name = row.name
        self.uuid = UUID(row.uuid).bytes
        self._types: dict[str, KeyType] = dict(row.attributes)
        self.key = self.schema((row.hash,), () if row.range is None else (row.range,))
        self.indexes = tuple(Index(index, self) for index in row.indexes)
        self.live_indexes = tuple(index for index in self.indexes if index.row.status != "DELETING")
        self.has_local_indexes = any(not index.is_global for index in self.indexes)
        self.count_places = 1 + row.next_index
        self.expires_by = row.expires_by
        self.recorders = _recorders(row)

    def schema(self, hashes: tuple[str, ...], ranges: tuple[str, ...]) -> KeySchema:
        """Answer a key schema over this table's attributes."""
        return KeySchema(
            [KeyAttribute(name, self._types[name], True) for name in hashes]
            + [KeyAttribute(name, self._types[name], False) for name in ranges]
        )

    @cached_property
    def index_keys(self) -> dict[str, tuple[KeyAttribute, str]]:
        """The attributes that are keys of indexes, each with the index that errors name: the first by name."""
        found: dict[str, tuple[KeyAttribute, str]] = {}
        for index in sorted(self.live_indexes, key=lambda index: index.name):
            for attribute in index.key.attributes:
                if attribute.name not in self.key.names:
                    found.setdefault(attribute.name, (attribute, index.name))
        return found

    def index(self, name: str) -> Index | None:
        """Answer an index that can be read."""
        return next((index for index in self.indexes if index.name == name and index.row.status == "ACTIVE"), None)


def _recorders(row: TableRow) -> tuple[tuple[str, RecordFormat], ...]:
    """Answer the log of each shard of the table's stream and how its records are written; nothing without a stream."""
    stream = row.stream
    if stream is None:
        return ()
    return tuple((shard.log_id, RecordFormat(stream, shard, row.region)) for shard in stream.shards)


_decoder = msgspec.json.Decoder(TableRow)
_encoder = msgspec.json.Encoder()


# The tables of each open store, ready for use: every request needs one, and its row has long sunk to the disk.
_KNOWN: WeakKeyDictionary[Store, dict[bytes, Table]] = WeakKeyDictionary()


def find_table(transaction: Transaction, region: str, name: str) -> Table | None:
    """Answer a table by its name or its ARN, ready for use."""
    if name.startswith("arn:"):
        return _find_by_arn(transaction, name)
    key = f"{region}/{name}".encode()
    if transaction.staged and TABLES.prefix + key in transaction.staged:
        raw = transaction.get(TABLES, key)
        return None if raw is None else Table(_decoder.decode(raw))
    known = _KNOWN.setdefault(transaction.store, {})
    table = known.get(key)
    if table is None:
        raw = transaction.get(TABLES, key)
        if raw is not None:
            table = known[key] = Table(_decoder.decode(raw))
    return table


def _find_by_arn(transaction: Transaction, arn: str) -> Table | None:
    parts = arn.split(":", 5)
    if len(parts) < 6 or not parts[5].startswith("table/"):
        return None
    table = find_table(transaction, parts[3], parts[5].removeprefix("table/").partition("/")[0])
    return table if table is not None and (arn + "/").startswith(table.row.arn + "/") else None


def check_name(name: str, member: str = "tableName", shortest: int = 1) -> None:
    """Refuse what cannot be the name, or the ARN, of a table; botocore's model leaves it open. Raises AwsError."""
    if _NAME(name) is not None and len(name) >= shortest:
        return
    if name.startswith("arn:"):
        return
    if len(name) < shortest:
        fault = f"Member must have length greater than or equal to {shortest}"
    elif len(name) > NAME_LENGTH_MAX:
        fault = f"Member must have length less than or equal to {NAME_LENGTH_MAX}"
    else:
        fault = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    raise validation(f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: {fault}")


def item_table(transaction: Transaction, region: str, name: str) -> Table:
    """Answer the table of an item operation. Raises ResourceNotFoundException."""
    table = find_table(transaction, region, name)
    if table is None:
        raise item_table_missing()
    return table


def save_table(transaction: Transaction, row: TableRow) -> Table:
    """Stage a table's row."""
    _stage(transaction, row, _encoder.encode(row))
    return Table(row)


def drop_table(transaction: Transaction, row: TableRow) -> None:
    """Stage the removal of a table's row."""
    _stage(transaction, row, None)


def _stage(transaction: Transaction, row: TableRow, raw: bytes | None) -> None:
    key = f"{row.region}/{row.name}".encode()
    if raw is None:
        transaction.delete(TABLES, key)
    else:
        transaction.put(TABLES, key, raw)
    known = _KNOWN.setdefault(transaction.store, {})

    def forget() -> None:
        known.pop(key, None)

    transaction.on_commit(forget)


def table_names(transaction: Transaction, region: str, after: str) -> Iterator[str]:
    """Answer the names of a region's tables behind a name, in order."""
    prefix = f"{region}/".encode()
    start = f"{region}/{after}".encode() + b"\x00" if after else prefix
    for key, _ in transaction.scan(TABLES, start, prefix + b"\xff"):
        yield key[len(prefix) :].decode()
