"""Scans as named queries: ``scan_<n>`` with the columns that a query reads, over the readers of the formats."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tailrace.athena.worker.connection import Connection
from tailrace.athena.worker.delimited_files import delimited_reader, open_csv_reader
from tailrace.athena.worker.json_files import json_reader
from tailrace.athena.worker.orc_files import orc_reader
from tailrace.athena.worker.parquet_files import parquet_reader
from tailrace.athena.worker.pattern_files import grok_reader, regex_reader
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.athena.worker.reader import Reading, Ways, nothing
from tailrace.athena.worker.scan_plan import Group, ScanPlan

Reader = Callable[[Reading], list[str]]
_SERDES: dict[str, Reader] = {
    "org.openx.data.jsonserde.JsonSerDe": json_reader,
    "org.apache.hive.hcatalog.data.JsonSerDe": json_reader,
    "org.apache.hadoop.hive.serde2.JsonSerDe": json_reader,
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": delimited_reader,
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": open_csv_reader,
    "org.apache.hadoop.hive.serde2.RegexSerDe": regex_reader,
    "com.amazonaws.glue.serde.GrokSerDe": grok_reader,
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": parquet_reader,
    "org.apache.hadoop.hive.ql.io.orc.OrcSerde": orc_reader,
}


class Scans:
    """The scans of one query, and the folder of what has to be unpacked or written anew for them."""

    def __init__(self, connection: Connection, plans: Sequence[ScanPlan]) -> None:
        self._connection = connection
        self._plans = plans
        self._folder: Path | None = None
        self._kept = 0
        self.ways = Ways()

    def __enter__(self) -> Scans:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def folder(self) -> Path:
        """Answer a folder that goes when the query is done."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="tailrace-athena-"))
        return self._folder

    def keep(self, paths: Sequence[str]) -> str:
        """Keep paths until the query is done and answer the SQL of their list: a thousand are slow to parse."""
        name = f"paths_{self._kept}"
        self._kept += 1
        self._connection.execute(f"SET VARIABLE {name} = $1", [paths])
        return f"getvariable('{name}')"

    def _forget(self) -> None:
        for place in range(self._kept):
            self._connection.execute(f"RESET VARIABLE paths_{place}")
        self._kept = 0

    def named(self) -> str:
        """Answer the WITH that goes before SQL which names scans. QueryFailure when a table can't be read."""
        self._forget()
        named = []
        for plan in self._plans:
            parts = [part for group in plan.groups if group.files for part in self._read(plan, group)]
            body = " UNION ALL ".join(parts) if parts else nothing(plan)
            named.append(f"scan_{plan.number} AS NOT MATERIALIZED ({body})")
        return f"WITH {', '.join(named)} " if named else ""

    def paths(self) -> dict[str, str]:
        """Answer the objects that are read, by the paths of their bytes."""
        return {file.path: file.uri for plan in self._plans for group in plan.groups for file in group.files}

    def _read(self, plan: ScanPlan, group: Group) -> list[str]:
        reader = _SERDES.get(group.serde)
        if reader is None:
            raise QueryFailure(f"HIVE_UNSUPPORTED_FORMAT: SerDe {group.serde} is not implemented in Tailrace yet")
        return reader(Reading(plan, group, self._connection, self.folder, self.keep, self.ways))
