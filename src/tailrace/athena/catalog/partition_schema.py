"""The schema of a partition against its table's: types that differ must be ones that Hive widens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.athena.analysis.problem import AnalysisProblem

_WIDER = {
    "tinyint": {"smallint", "int", "bigint", "float", "double", "string"},
    "smallint": {"int", "bigint", "float", "double", "string"},
    "int": {"bigint", "float", "double", "string"},
    "bigint": {"double", "string"},
    "float": {"double", "string"},
    "double": {"float", "string"},
    "string": {"tinyint", "smallint", "int", "bigint", "float", "double", "date", "timestamp", "boolean"},
    "boolean": {"string"},
    "date": {"string"},
    "timestamp": {"string"},
}
_BASES = {"varchar": "string", "char": "string", "integer": "int"}


def check_schemas(
    name: tuple[str, str, str],
    table: Mapping[str, Any],
    values: Sequence[str | None],
    descriptor: Mapping[str, Any],
) -> None:
    """Raise AnalysisProblem HIVE_PARTITION_SCHEMA_MISMATCH when a partition's column can't be read as the table's."""
    declared = {each["Name"].lower(): each for each in (table.get("StorageDescriptor") or {}).get("Columns") or []}
    for own in descriptor.get("Columns") or []:
        column = declared.get(own["Name"].lower())
        if column is None or _fits(own.get("Type", "string"), column.get("Type", "string")):
            continue
        keys = [key["Name"] for key in table.get("PartitionKeys") or []]
        partition = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=False))
        raise AnalysisProblem(
            "HIVE_PARTITION_SCHEMA_MISMATCH",
            None,
            "There is a mismatch between the table and partition schemas. The types are incompatible and cannot be "
            f"coerced. The column '{own['Name']}' in table '{'.'.join(name[1:])}' is declared as type "
            f"'{column['Type']}', but partition '{partition}' declared column '{own['Name']}' as type '{own['Type']}'.",
        )


def _fits(source: str, target: str) -> bool:
    first, second = _base(source), _base(target)
    if first == second:
        return source.lower() == target.lower() or "<" not in source
    return second in _WIDER.get(first, ()) or (second == "decimal" and first in ("int", "bigint", "smallint"))


def _base(text: str) -> str:
    base = text.lower().split("(")[0].split("<")[0].strip()
    return _BASES.get(base, base)
