"""The tasks of queries: which partitions can match, a result as CSV, a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from tailrace.athena.analysis.type import Type
from tailrace.athena.analysis.type_reading import hive_type
from tailrace.athena.functions.times import literal
from tailrace.athena.worker.connection import connection
from tailrace.athena.worker.failure import failure_text
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.reader import key_sql, text
from tailrace.athena.worker.running import run
from tailrace.athena.worker.scan_plan import plan_of
from tailrace.athena.worker.scanned import scanned_bytes
from tailrace.athena.worker.scans import Scans

_BATCH = 5000


def ready(_: dict[str, Any]) -> dict[str, Any]:
    """Do what the first query of a process would have to wait for."""
    connection()
    return {}


def prune(payload: dict[str, Any]) -> dict[str, Any]:
    """Answer the places of the partitions for which every condition may hold.

    ``values`` are the partitions' texts, ``types`` the keys' Hive types, ``sees`` the columns by which the conditions
    name the keys: {"t1": {"c3": 0}}.
    """
    sees: dict[str, dict[str, int]] = payload["sees"]
    types = [hive_type(name) for name in payload["types"]]
    seen = [_seen(alias, names, types) for alias, names in sees.items()]
    where = " AND ".join(payload["conditions"])
    columns = ", ".join(["i", *(f"k{place}" for place in range(len(types)))])
    kept: list[int] = []
    values = payload["values"]
    for start in range(0, len(values), _BATCH):
        rows = ", ".join(
            f"({', '.join([str(start + place), *map(text, row)])})"
            for place, row in enumerate(values[start : start + _BATCH])
        )
        source = f"(SELECT * FROM (VALUES {rows}) AS v({columns})) AS p"
        sql = f"SELECT p.i FROM {', '.join([source, *seen])} WHERE {where}"
        kept += [row[0] for row in _fetched(sql)]
    return {"kept": sorted(kept)}


def _seen(alias: str, names: Mapping[str, int], types: Sequence[Type]) -> str:
    listed = [f"{key_sql(f'p.k{key}', types[key])} AS {name}" for name, key in names.items()]
    return f"LATERAL (SELECT {', '.join(listed)}) AS {alias}"


def _fetched(sql: str) -> list[Any]:
    try:
        return connection().execute(sql).fetchall()
    except duckdb.Error as error:
        raise QueryFailure(failure_text(str(error))) from error


def select(payload: dict[str, Any]) -> dict[str, Any]:
    """Write a query's result as Athena's CSV; answer its rows and the bytes that were scanned.

    ``texts`` are the columns as texts of ``q``, ``labels`` their names, ``path`` where the CSV goes.
    """
    plans = [plan_of(each) for each in payload["scans"]]
    sql = _csv_query(payload["sql"], payload["texts"], payload["labels"])
    place = f"{literal(payload['path'])} (FORMAT csv, HEADER false, FORCE_QUOTE *, QUOTE '\"', NULL '')"
    with Scans(connection(), plans) as scans:
        written = run(
            connection(), scans, lambda named: _count(connection().execute(f"COPY ({named}{sql}) TO {place}"))
        )
        return {"rows": written - 1, "scanned": scanned_bytes(plans)}


def _csv_query(sql: str, texts: Sequence[str], labels: Sequence[str]) -> str:
    header = ", ".join(f"{literal(label)} AS c{index}" for index, label in enumerate(labels))
    listed = ", ".join(f"{each} AS c{index}" for index, each in enumerate(texts))
    return f"SELECT {header} UNION ALL (SELECT {listed} FROM ({sql}) AS q)"


def _count(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return 0 if row is None else int(row[0])


def explain(payload: dict[str, Any]) -> dict[str, Any]:
    """Answer the plan of a query as lines; with ``analyze``, after running it."""
    plans = [plan_of(each) for each in payload["scans"]]
    word = "EXPLAIN ANALYZE" if payload["analyze"] else "EXPLAIN"
    with Scans(connection(), plans) as scans:
        rows = run(
            connection(), scans, lambda named: connection().execute(f"{word} {named}({payload['sql']})").fetchall()
        )
        scanned = scanned_bytes(plans) if payload["analyze"] else 0
    return {"lines": [line.rstrip() for row in rows for line in str(row[1]).splitlines()], "scanned": scanned}
