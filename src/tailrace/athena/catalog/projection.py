"""Partition projection: the partitions of a table by its properties, not by the catalog."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.java_date import PatternProblem, finest_unit, read_date, write_date

_NOW = re.compile(r"\s*NOW\s*(?:([+-])\s*(\d+)\s*(\w+))?\s*")
_VALUES_MAX = 1_000_000
_FIXED = {
    "WEEKS": datetime.timedelta(weeks=1),
    "DAYS": datetime.timedelta(days=1),
    "HOURS": datetime.timedelta(hours=1),
    "MINUTES": datetime.timedelta(minutes=1),
    "SECONDS": datetime.timedelta(seconds=1),
    "MILLISECONDS": datetime.timedelta(milliseconds=1),
}
_MONTHS = {"MONTHS": 1, "YEARS": 12}


def is_projected(table: Mapping[str, Any]) -> bool:
    """Tell whether a table's partitions are projected."""
    return str((table.get("Parameters") or {}).get("projection.enabled", "")).lower() == "true"


class Projection:
    """What a table's properties say of its partition keys."""

    def __init__(self, name: str, table: Mapping[str, Any], now: datetime.datetime) -> None:
        self._name = name
        self._properties: dict[str, str] = dict(table.get("Parameters") or {})
        self._keys = [key["Name"].lower() for key in table.get("PartitionKeys") or []]
        self._location = str((table.get("StorageDescriptor") or {}).get("Location") or "").rstrip("/")
        self._now = now
        missing = [key for key in self._keys if f"projection.{key}.type" not in self._properties]
        if missing:
            raise AnalysisProblem(
                "HIVE_METASTORE_ERROR", None,
                f"Table {name} is configured for partition projection, but the following partition columns are "
                f"missing projection configuration: [{', '.join(missing)}]",
            )  # fmt: skip

    def candidates(self, place: int, equal: set[str] | None) -> list[str]:
        """Answer every value of a key; ``equal`` are the constants that the query asks for, if it does."""
        key = self._keys[place]
        kind = self._property(key, "type").lower()
        if kind == "enum":
            return self._property(key, "values").split(",")
        if kind == "integer":
            return self._integers(key)
        if kind == "date":
            return self._dates(key, equal)
        if kind != "injected":
            raise self._problem(key, "type")
        if not equal:
            raise AnalysisProblem(
                "CONSTRAINT_VIOLATION", None,
                f"For the injected projected partition column {key}, the WHERE clause must contain only static "
                f"equality conditions, and at least one such condition must be present.",
            )  # fmt: skip
        return sorted(equal)

    def locate(self, values: Sequence[str]) -> str:
        """Answer where a partition lies."""
        template = self._properties.get("storage.location.template")
        if template is None:
            pairs = "/".join(f"{key}={value}" for key, value in zip(self._keys, values, strict=True))
            return f"{self._location}/{pairs}/"
        for key, value in zip(self._keys, values, strict=True):
            template = template.replace(f"${{{key}}}", value)
        return template

    def _property(self, key: str, name: str) -> str:
        value = self._properties.get(f"projection.{key}.{name}")
        if value is None:
            raise self._problem(key, name)
        return value

    def _problem(self, key: str, name: str) -> AnalysisProblem:
        text = f"Table {self._name} has an invalid or missing property projection.{key}.{name}"
        return AnalysisProblem("INVALID_TABLE_PROPERTY", None, text)

    def _integers(self, key: str) -> list[str]:
        first, last = self._bounds(key)
        try:
            step = int(self._properties.get(f"projection.{key}.interval", "1"))
            digits = int(self._properties.get(f"projection.{key}.digits", "0"))
            count = range(int(first), int(last) + 1, step)
        except ValueError as error:
            raise self._problem(key, "range") from error
        if len(count) > _VALUES_MAX:
            raise self._problem(key, "range")
        return [str(number).zfill(digits) for number in count]

    def _bounds(self, key: str) -> tuple[str, str]:
        bounds = self._property(key, "range").split(",")
        if len(bounds) != 2:
            raise self._problem(key, "range")
        return bounds[0].strip(), bounds[1].strip()

    def _dates(self, key: str, equal: set[str] | None) -> list[str]:
        pattern = self._property(key, "format")
        try:
            first, last = (self._moment(bound, pattern) for bound in self._bounds(key))
            unit = self._properties.get(f"projection.{key}.interval.unit", finest_unit(pattern) or "").upper()
            step = int(self._properties.get(f"projection.{key}.interval", "1"))
        except (PatternProblem, ValueError) as error:
            raise self._problem(key, "range") from error
        if unit not in _FIXED and unit not in _MONTHS:
            raise self._problem(key, "interval.unit")
        if equal is not None:
            return [text for text in sorted(equal) if self._within(text, pattern, first, last)]
        found: list[str] = []
        moment = first
        while moment <= last and len(found) < _VALUES_MAX:
            found.append(write_date(moment, pattern))
            moment = _later(first, unit, step * len(found))
        return list(dict.fromkeys(found))

    def _within(self, text: str, pattern: str, first: datetime.datetime, last: datetime.datetime) -> bool:
        try:
            return first <= read_date(text, pattern) <= last
        except ValueError:
            return False

    def _moment(self, bound: str, pattern: str) -> datetime.datetime:
        match = _NOW.fullmatch(bound)
        if match is None:
            return read_date(bound, pattern)
        if match[1] is None:
            return self._now
        unit = match[3].upper() if match[3].upper().endswith("S") else f"{match[3].upper()}S"
        count = int(match[2]) * (-1 if match[1] == "-" else 1)
        if unit not in _FIXED and unit not in _MONTHS:
            raise ValueError(bound)
        return _later(self._now, unit, count)


def _later(moment: datetime.datetime, unit: str, count: int) -> datetime.datetime:
    if unit in _FIXED:
        return moment + _FIXED[unit] * count
    months = moment.year * 12 + moment.month - 1 + _MONTHS[unit] * count
    year, month = divmod(months, 12)
    last_day = (datetime.datetime(year + month // 11, (month + 1) % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def combined(candidates: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Answer every combination of the keys' values. AnalysisProblem when there are too many."""
    count = 1
    for values in candidates:
        count *= len(values)
    if count > _VALUES_MAX:
        text = f"Query over table can potentially read more than {_VALUES_MAX} partitions"
        raise AnalysisProblem("HIVE_EXCEEDED_PARTITION_LIMIT", None, text)
    return list(product(*candidates))
