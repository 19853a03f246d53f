"""Query executions: how far they are, stopped, listed."""

from __future__ import annotations

from typing import Any

import msgspec

from tailrace.athena.api.page import page, place_of
from tailrace.athena.api.problem import invalid
from tailrace.athena.api.workgroups import ENGINE, PRIMARY, find
from tailrace.athena.execution import query as queries
from tailrace.athena.execution.ending import ENDINGS
from tailrace.athena.execution.query import FINAL_STATES, JOB_KIND, Query
from tailrace.athena.registry import SERVICE
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call

_PAGE = 50


def need(transaction: Transaction, region: str, query_id: str) -> Query:
    """Answer a query. InvalidRequestException when there is none."""
    found = queries.get(transaction, region, query_id)
    if found is None:
        raise invalid(f"QueryExecution {query_id} was not found")
    return found


@SERVICE.operation("GetQueryExecution")
async def get_query_execution(call: Call) -> dict[str, Any]:
    """Answer how far a query is: at once when it has come to its end, else when it has or after a moment."""
    store, query_id = call.cloud.store, call.params["QueryExecutionId"]
    query = need(store.begin(), call.region, query_id)
    if query.state not in FINAL_STATES:
        await ENDINGS.wait(query_id)
        query = need(store.begin(), call.region, query_id)
    return {"QueryExecution": described(query)}


@SERVICE.operation("BatchGetQueryExecution")
def batch_get_query_execution(call: Call) -> dict[str, Any]:
    """Answer how far some queries are."""
    found: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    for query_id in call.params["QueryExecutionIds"]:
        query = queries.get(call.transaction, call.region, query_id)
        if query is None:
            text = f"QueryExecution {query_id} was not found"
            missing.append({"QueryExecutionId": query_id, "ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": text})
        else:
            found.append(described(query))
    return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}


@SERVICE.operation("ListQueryExecutions")
def list_query_executions(call: Call) -> dict[str, Any]:
    """Answer the ids of a workgroup's queries, newest first."""
    workgroup = find(call.transaction, call.region, call.params.get("WorkGroup", PRIMARY))
    rows = queries.history(call.transaction, call.region, workgroup.name, place_of(call.params.get("NextToken")))
    found, token = page(rows, call.params.get("MaxResults", _PAGE))
    answer: dict[str, Any] = {"QueryExecutionIds": found}
    return answer if token is None else {**answer, "NextToken": token}


@SERVICE.operation("StopQueryExecution")
async def stop_query_execution(call: Call) -> dict[str, Any]:
    """Cancel a query; one that has come to its end stays as it is."""
    store = call.cloud.store
    transaction = store.begin()
    query = need(transaction, call.region, call.params["QueryExecutionId"])
    if query.state in FINAL_STATES:
        return {}
    stopped = msgspec.structs.replace(
        query, state="CANCELLED", reason="Query cancelled by user", completed_ms=call.now_ms
    )
    queries.put(transaction, stopped)
    durable = store.commit(transaction)
    call.cloud.jobs.cancel(JOB_KIND, f"{query.region}/{query.id}")
    await durable
    return {}


def described(query: Query) -> dict[str, Any]:
    """Answer a query as QueryExecution."""
    context: dict[str, Any] = {"Catalog": query.catalog}
    if query.database is not None:
        context["Database"] = query.database
    answer: dict[str, Any] = {
        "QueryExecutionId": query.id,
        "Query": query.text,
        "StatementType": query.statement_type,
        "SubstatementType": query.substatement_type,
        "ResultConfiguration": {**query.result_configuration, "OutputLocation": query.output},
        "ResultReuseConfiguration": query.reuse or {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": context,
        "Status": _status(query),
        "Statistics": statistics(query),
        "WorkGroup": query.workgroup,
        "EngineVersion": ENGINE,
    }
    if query.parameters:
        answer["ExecutionParameters"] = query.parameters
    return answer


def _status(query: Query) -> dict[str, Any]:
    status: dict[str, Any] = {"State": query.state, "SubmissionDateTime": query.submitted_ms / 1000}
    if query.completed_ms is not None:
        status["CompletionDateTime"] = query.completed_ms / 1000
    if query.reason is not None:
        status["StateChangeReason"] = query.reason
    if query.error is not None:
        status["AthenaError"] = query.error
    return status


def statistics(query: Query) -> dict[str, Any]:
    """Answer the figures of a query that has come to its end; before that only that nothing was reused."""
    reuse = {"ReusedPreviousResult": query.reused}
    if query.completed_ms is None:
        return {"ResultReuseInformation": reuse}
    started = query.started_ms if query.started_ms is not None else query.completed_ms
    answer: dict[str, Any] = {
        "EngineExecutionTimeInMillis": query.completed_ms - started,
        "DataScannedInBytes": query.scanned,
        "TotalExecutionTimeInMillis": query.completed_ms - query.submitted_ms,
        "QueryQueueTimeInMillis": started - query.submitted_ms,
        "ServicePreProcessingTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": reuse,
    }
    if query.planned_ms is not None:
        answer["QueryPlanningTimeInMillis"] = query.planned_ms - started
    if query.manifest is not None:
        answer["DataManifestLocation"] = query.manifest
    return answer


@SERVICE.operation("GetQueryRuntimeStatistics")
def get_query_runtime_statistics(call: Call) -> dict[str, Any]:
    """Answer the times and sizes of a query that has come to its end; there are no stages to tell of."""
    query = need(call.transaction, call.region, call.params["QueryExecutionId"])
    figures = statistics(query)
    names = (
        "QueryQueueTimeInMillis", "QueryPlanningTimeInMillis", "EngineExecutionTimeInMillis",
        "ServiceProcessingTimeInMillis", "TotalExecutionTimeInMillis",
    )  # fmt: skip
    answer: dict[str, Any] = {"Timeline": {name: figures[name] for name in names if name in figures}}
    if query.state == "SUCCEEDED":
        rows = query.result_rows
        answer["Rows"] = {"InputBytes": query.scanned, "OutputBytes": query.result_bytes, "OutputRows": rows}
    return {"QueryRuntimeStatistics": answer}
