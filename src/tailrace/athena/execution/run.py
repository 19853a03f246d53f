"""The job of a query: QUEUED to RUNNING to its end, durable. After a restart what only reads runs again; what writes
ends FAILED and says so, for it may have written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.caller import Caller
from tailrace.athena.ddl import creation, partitions, showing, views
from tailrace.athena.execution import query as queries
from tailrace.athena.execution import selecting, writing
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.execution.failing import athena_error
from tailrace.athena.execution.kind import kind_of
from tailrace.athena.execution.parameters import check_count, parameter
from tailrace.athena.execution.prepared import deallocate, prepare, prepared_text
from tailrace.athena.execution.query import Query
from tailrace.athena.execution.storing import put_bytes, put_file
from tailrace.athena.results.metadata import metadata_bytes
from tailrace.athena.syntax import statement_tree as tree
from tailrace.athena.syntax.problem import HiveProblem, SyntaxProblem, Unsupported
from tailrace.athena.syntax.statement import parse
from tailrace.athena.syntax.tree import Expression
from tailrace.athena.worker.query_failure import QueryFailure
from tailrace.engine.job import Job
from tailrace.service.cloud import Cloud
from tailrace.wire.errors import AwsError

_logger = logging.getLogger(__name__)
_STOPPED = (
    "GENERIC_INTERNAL_ERROR: The server stopped while the query was running, and a query that writes is not run again: "
    "it may have written some of its rows. Look at its target, then start it again."
)
Executor = Callable[[Environment, Any], Awaitable[Outcome]]
EXECUTORS: dict[type[Any], Executor] = {
    tree.QueryStatement: selecting.select,
    tree.Explain: selecting.explain,
    tree.CreateTableAs: writing.create_table_as,
    tree.InsertInto: writing.insert_into,
    tree.Unload: writing.unload,
    tree.CreateView: views.create_view,
    tree.DropView: views.drop_view,
    tree.CreateDatabase: creation.create_database,
    tree.DropDatabase: creation.drop_database,
    tree.AlterDatabase: creation.alter_database,
    tree.CreateTable: creation.create_table,
    tree.DropTable: creation.drop_table,
    tree.SetProperties: creation.set_properties,
    tree.AddColumns: creation.add_columns,
    tree.ReplaceColumns: creation.replace_columns,
    tree.AddPartitions: partitions.add_partitions,
    tree.DropPartitions: partitions.drop_partitions,
    tree.RenamePartition: partitions.rename_partition,
    tree.SetLocation: partitions.set_location,
    tree.RepairTable: partitions.repair_table,
    tree.ShowDatabases: showing.show_databases,
    tree.ShowTables: showing.show_tables,
    tree.ShowColumns: showing.show_columns,
    tree.ShowPartitions: showing.show_partitions,
    tree.ShowProperties: showing.show_properties,
    tree.ShowCreate: showing.show_create,
    tree.Describe: showing.describe,
    tree.Prepare: prepare,
    tree.Deallocate: deallocate,
}


class QueryRunner:
    """Runs the jobs of queries."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def run(self, job: Job) -> None:
        """Run one query to its end."""
        region, query_id = job.payload["region"], job.payload["id"]
        query = queries.get(self._cloud.store.begin(), region, query_id)
        if query is None or query.state in queries.FINAL_STATES:
            return
        began_before = query.state == "RUNNING"
        query = self._started(query)
        try:
            statement, parameters = self._statement(query)
            if began_before and not kind_of(statement).repeatable:
                raise QueryFailure(_STOPPED)
            caller = Caller(self._cloud, query.principal.principal(), region)
            environment = Environment.of(query, caller, query.submitted_ms, parameters)
            outcome = await EXECUTORS[type(statement)](environment, statement)
            _check_cutoff(query, outcome)
            stored = await _store(environment, outcome)
        except (AnalysisProblem, QueryFailure, HiveProblem, SyntaxProblem, Unsupported, AwsError) as error:
            await self._failed(query, error.message if isinstance(error, AwsError) else str(error))
        except Exception as error:
            _logger.exception("query %s failed", query_id)
            await self._failed(query, f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}")
        else:
            await self._succeeded(query, environment, outcome, stored)

    def _started(self, query: Query) -> Query:
        transaction = self._cloud.store.begin()
        now = self._cloud.clock.now_ms()
        started = msgspec.structs.replace(query, state="RUNNING", started_ms=query.started_ms or now)
        queries.put(transaction, started)
        self._cloud.store.commit(transaction)
        return started

    def _statement(self, query: Query) -> tuple[Any, list[Expression]]:
        """Answer the statement to run and its parameters; EXECUTE is the statement that was prepared."""
        parsed = parse(query.text)
        texts = query.parameters
        if isinstance(parsed.statement, tree.Execute):
            texts = [*parsed.statement.texts, *texts]
            parsed = parse(prepared_text(self._cloud.store.begin(), query, parsed.statement.name))
        parameters = [parameter(text) for text in texts]
        check_count(parsed, parameters)
        return parsed.statement, parameters

    async def _failed(self, query: Query, reason: str) -> None:
        cancelled = reason == _CUTOFF
        await self._end(
            query,
            state="CANCELLED" if cancelled else "FAILED",
            reason=reason,
            error=None if cancelled else athena_error(reason),
        )

    async def _succeeded(self, query: Query, environment: Environment, outcome: Outcome, size: int) -> None:
        await self._end(
            query,
            state="SUCCEEDED",
            planned_ms=environment.planned[0] if environment.planned else None,
            scanned=outcome.scanned,
            result_rows=outcome.rows if outcome.lines is None else len(outcome.lines),
            result_bytes=size,
            update_count=outcome.update_count,
            columns=list(outcome.columns),
            manifest=None if outcome.manifest is None else f"{query.prefix}{query.id}-manifest.csv",
        )

    async def _end(self, query: Query, **changes: Any) -> None:
        transaction = self._cloud.store.begin()
        now = queries.get(transaction, query.region, query.id)
        if now is None or now.state in queries.FINAL_STATES:
            return  # it was stopped meanwhile
        ended = msgspec.structs.replace(query, completed_ms=self._cloud.clock.now_ms(), **changes)
        queries.put(transaction, ended)
        await self._cloud.store.commit(transaction)
        self._meter(ended)

    def _meter(self, query: Query) -> None:
        dimensions = {"WorkGroup": query.workgroup, "QueryState": query.state, "QueryType": query.statement_type}
        total = (query.completed_ms or 0) - query.submitted_ms
        with contextlib.suppress(Exception):
            self._cloud.meter(query.region, "AWS/Athena", "TotalExecutionTime", dimensions, total, "Milliseconds")
            self._cloud.meter(query.region, "AWS/Athena", "ProcessedBytes", dimensions, query.scanned, "Bytes")


_CUTOFF = "Bytes scanned limit was exceeded"


def _check_cutoff(query: Query, outcome: Outcome) -> None:
    if query.cutoff is not None and outcome.scanned > query.cutoff:
        raise QueryFailure(_CUTOFF)


async def _store(environment: Environment, outcome: Outcome) -> int:
    """Put the result's objects into S3; answer the size of the result."""
    query, caller = environment.query, environment.caller
    bucket, _, key = query.output.removeprefix("s3://").partition("/")
    result: Awaitable[int] | None = None
    if outcome.file is not None:
        result = put_file(caller, bucket, key, outcome.file)
    elif outcome.lines is not None:
        result = put_bytes(caller, bucket, key, _text(outcome.lines))
    elif outcome.manifest is not None:
        key = f"{query.prefix}{query.id}".removeprefix(f"s3://{bucket}/")
        result = put_bytes(caller, bucket, f"{key}-manifest.csv", _text(outcome.manifest))
    metadata = put_bytes(caller, bucket, f"{key}.metadata", metadata_bytes(outcome.columns))
    sizes = await _all([metadata] if result is None else [metadata, result])
    return 0 if outcome.manifest is not None else sum(sizes[1:])


async def _all(puts: Sequence[Awaitable[int]]) -> list[int]:
    """Put objects side by side, for each waits for the disk; answer their sizes. Raises what one of them raised."""
    sizes = []
    for ended in await asyncio.gather(*puts, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended
        sizes.append(ended)
    return sizes


def _text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
