"""Metrics and their points in the store: a row for each metric, a value for each minute and unit."""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
import orjson

from tailrace.cloudwatch.aggregate import Aggregate
from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction

MINUTE_S = 60
RETENTION_S = 15 * 86_400
POINTS = Space("cloudwatch/points")
_MINUTE = struct.Struct(">Q")
_DIGEST_BYTES = 16
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Aggregate]).decode


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric: a name within a namespace, for a set of dimensions."""

    region: str
    namespace: str
    name: str
    dimensions: dict[str, str]
    last_s: int = 0

    @property
    def key(self) -> str:
        """The key of its row."""
        dimensions = orjson.dumps(self.dimensions, option=orjson.OPT_SORT_KEYS).decode()
        return f"{self.region}/{self.namespace}\x00{self.name}\x00{dimensions}"

    @property
    def prefix(self) -> bytes:
        """What the keys of its points begin with."""
        return hashlib.blake2b(self.key.encode(), digest_size=_DIGEST_BYTES).digest()


METRICS = Rows("cloudwatch/metrics", Metric)


class Sample(NamedTuple):
    """What one metric got within one minute, in one unit."""

    metric: Metric
    minute_s: int
    unit: str
    aggregate: Aggregate


class Point(NamedTuple):
    """What was kept of one minute, by unit."""

    minute_s: int
    units: dict[str, Aggregate]


def keep(transaction: Transaction, samples: Iterable[Sample]) -> None:
    """Stage samples on top of what is kept already."""
    for metric, minute_s, unit, aggregate in samples:
        key = metric.prefix + _MINUTE.pack(minute_s)
        raw = transaction.get(POINTS, key)
        units = {} if raw is None else _decode(raw)
        if unit in units:
            units[unit].merge(aggregate)
        else:
            units[unit] = aggregate
        transaction.put(POINTS, key, _encode(units))
        known = METRICS.get(transaction, metric.key)
        if known is None or known.last_s < minute_s:
            METRICS.put(transaction, metric.key, msgspec.structs.replace(metric, last_s=minute_s))


def points(transaction: Transaction, metric: Metric, start_s: float, stop_s: float) -> Iterator[Point]:
    """Answer the points whose minute lies in start <= minute < stop, in order."""
    prefix = metric.prefix
    first, last = max(int(start_s), 0), max(int(stop_s), 0)
    for key, raw in transaction.scan(POINTS, prefix + _MINUTE.pack(first), prefix + _MINUTE.pack(last)):
        yield Point(_MINUTE.unpack(key[_DIGEST_BYTES:])[0], _decode(raw))


def trim(transaction: Transaction, now_s: float) -> None:
    """Stage the removal of what is older than 15 days."""
    before = int(now_s) - RETENTION_S
    for key, metric in list(METRICS.scan(transaction)):
        prefix = metric.prefix
        stop = prefix + _MINUTE.pack(max(before, 0))
        if next(transaction.scan(POINTS, prefix, stop), None) is not None:
            transaction.delete_range(POINTS, prefix, stop)
        if metric.last_s < before:
            METRICS.delete(transaction, key)
