"""SQL over the lake's files as they lie on disk, like the example's current_orders.sql; and the table, to compare."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from simulation.evidence import Evidence
from simulation.function import FIELDS, text
from simulation.plan import Plan
from simulation.values import Image

_COMPRESSIONS = {"UNCOMPRESSED": "none", "GZIP": "gzip"}
_CURRENT = """
SELECT * EXCLUDE (newest) FROM (
    SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY sequence_number DESC) AS newest
    FROM read_json($files, format = 'newline_delimited', compression = $compression, columns = $columns))
WHERE newest = 1 AND event_name <> 'REMOVE'
"""
_TEXTS = ("event_name", "sequence_number", "order_id")
_COLUMNS = {**dict.fromkeys(FIELDS, "JSON"), **dict.fromkeys(_TEXTS, "VARCHAR")}


def current_orders(plan: Plan, found: Evidence, table: dict[str, Image], orders: set[str]) -> Iterator[str]:
    """Answer where the current orders, as SQL finds them, are not the table's items; asked of some orders only."""
    files = [str(each.path) for each in found.rows if each.path is not None]
    if plan.compression not in _COMPRESSIONS or not files:
        return
    given = {"files": files, "compression": _COMPRESSIONS[plan.compression], "columns": _COLUMNS}
    with duckdb.connect() as connection:
        cursor = connection.execute(_CURRENT, given)
        names = [column[0] for column in cursor.description]
        rows = {row[names.index("order_id")]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    for order in orders:
        row, item = rows.get(order), table.get(order)
        if (row is None) != (item is None):
            yield f"SQL says that there is {'no' if row is None else 'an'} order {order}, the table says otherwise"
        elif row is not None and item is not None:
            yield from (
                f"{order}: SQL and the table differ in {name}" for name in FIELDS[1:] if _differs(row, item, name)
            )


def _differs(row: dict[str, Any], item: Image, name: str) -> bool:
    stored = text(item[name]) if name in item else None
    return _value(row[name]) != _value(stored)


def _value(written: str | None) -> Any:
    # A null and a member that isn't there are the same to SQL; DuckDB reads numbers with a point as doubles.
    return None if written is None else json.loads(written, parse_float=float, parse_int=float)
