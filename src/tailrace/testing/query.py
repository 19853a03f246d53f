"""SQL for tests: a statement run in Athena to its end, its rows as Python's values."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

_LOOK_S = 0.01
_RESULTS_BUCKET = "tailrace-query-results"  # for workgroups that name no place of their own

# Athena's types -> how a cell's text is read; all others stay text.
_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("float", "real", "double"), float),
    "decimal": Decimal,
    "boolean": lambda text: text == "true",
}


class QueryFailed(AssertionError):
    """Athena did not carry the statement out; the text is its reason."""


def run(clients: Callable[[str], Any], sql: str, database: str, workgroup: str) -> list[dict[str, Any]]:
    """Run a statement and answer its rows by column name. Raises QueryFailed."""
    athena = clients("athena")
    request = {
        "QueryString": sql,
        "QueryExecutionContext": {"Database": database},
        "WorkGroup": workgroup,
        **_output(clients, workgroup),
    }
    execution_id = athena.start_query_execution(**request)["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(_LOOK_S)
    if execution["Status"]["State"] != "SUCCEEDED":
        raise QueryFailed(execution["Status"].get("StateChangeReason", execution["Status"]["State"]))
    pages = list(athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id))
    columns = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
    header = int(execution["StatementType"] == "DML")
    return [_row(columns, cells) for cells in rows[header:]]


def _output(clients: Callable[[str], Any], workgroup: str) -> dict[str, Any]:
    """Answer where results go when the workgroup doesn't say."""
    found = clients("athena").get_work_group(WorkGroup=workgroup)["WorkGroup"]
    if found["Configuration"].get("ResultConfiguration", {}).get("OutputLocation"):
        return {}
    clients("s3").create_bucket(Bucket=_RESULTS_BUCKET)  # once more is no error in us-east-1
    return {"ResultConfiguration": {"OutputLocation": f"s3://{_RESULTS_BUCKET}/"}}


def _row(columns: list[dict[str, Any]], cells: list[dict[str, str]]) -> dict[str, Any]:
    return {column["Name"]: _value(column["Type"], cell) for column, cell in zip(columns, cells, strict=True)}


def _value(kind: str, cell: dict[str, str]) -> Any:
    text = cell.get("VarCharValue")
    return None if text is None else _READERS.get(kind, str)(text)
