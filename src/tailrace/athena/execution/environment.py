"""What a statement has at hand while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tailrace.athena.analysis.analyzer import Session
from tailrace.athena.catalog.caller import CATALOG, Caller
from tailrace.athena.catalog.glue_catalog import GlueCatalog
from tailrace.athena.catalog.listing import Listing
from tailrace.athena.execution.query import Query
from tailrace.athena.execution.scanning import Scanning
from tailrace.athena.execution.worker_tasks import WorkerTasks
from tailrace.athena.results.columns import Column
from tailrace.athena.syntax.tree import Expression


class Outcome(msgspec.Struct, frozen=True):
    """What a statement came to: a file of rows, or lines, and figures."""

    columns: Sequence[Column] = ()
    file: Path | None = None
    lines: Sequence[str] | None = None
    rows: int = 0
    scanned: int = 0
    update_count: int = 0
    manifest: Sequence[str] | None = None


class Environment(msgspec.Struct, frozen=True):
    """One query's: the caller, the catalog as the caller sees it, the worker's tasks."""

    query: Query
    caller: Caller
    now_ms: int
    parameters: Sequence[Expression]
    catalog: GlueCatalog
    tasks: WorkerTasks
    planned: list[int] = msgspec.field(default_factory=list)

    @classmethod
    def of(cls, query: Query, caller: Caller, now_ms: int, parameters: Sequence[Expression]) -> Environment:
        """Answer the environment of a query."""
        return cls(query, caller, now_ms, parameters, GlueCatalog(caller), WorkerTasks(caller.cloud))

    @property
    def database(self) -> str:
        """The database that names without one are in; clients send it quoted, too."""
        return (self.query.database or "default").strip('`"').lower()

    def session(self) -> Session:
        """Answer where its queries are analysed."""
        return Session(self.catalog, CATALOG, self.database, self.now_ms, self.caller.principal.arn)

    def scanning(self) -> Scanning:
        """Answer what plans its scans."""
        return Scanning(self.catalog, Listing(self.caller), self.tasks, self.now_ms)

    def scratch(self, suffix: str = "") -> Path:
        """Answer a path for a file that goes when the query is done."""
        return self.caller.cloud.files.path(f"tmp/athena-{self.query.id}{suffix}")

    def note_planned(self) -> None:
        """Note that planning is done."""
        self.planned.append(self.caller.cloud.clock.now_ms())
