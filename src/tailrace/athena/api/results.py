"""GetQueryResults: pages of the stored result, read as the caller from where the page before ended."""

from __future__ import annotations

import asyncio
from typing import Any

from tailrace.athena.api.executions import need
from tailrace.athena.api.page import place_of, token_of
from tailrace.athena.api.problem import invalid
from tailrace.athena.execution.query import Query
from tailrace.athena.registry import SERVICE
from tailrace.athena.results.paging import Page, csv_page, text_page
from tailrace.engine.files import FileSlice
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_PAGE = 1000


@SERVICE.operation("GetQueryResults")
async def get_query_results(call: Call) -> dict[str, Any]:
    """Answer a page of a query's rows; the first row of a SELECT's first page are the names of its columns."""
    query = need(call.cloud.store.begin(), call.region, call.params["QueryExecutionId"])
    _check_state(query)
    answer: dict[str, Any] = {
        "UpdateCount": query.update_count,
        "ResultSet": {
            "Rows": [],
            "ResultSetMetadata": {"ColumnInfo": [column.info() for column in query.columns]},
        },
    }
    if not query.output.endswith((".csv", ".txt")):
        return answer
    page = await _page(call, query)
    answer["ResultSet"]["Rows"] = [
        {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in page.rows
    ]
    if page.following is not None:
        answer["NextToken"] = token_of(str(page.following))
    return answer


def _check_state(query: Query) -> None:
    if query.state in ("QUEUED", "RUNNING"):
        raise invalid(f"Query has not yet finished. Current state: {query.state}", "INVALID_QUERY_EXECUTION_ID")
    if query.state != "SUCCEEDED":
        text = f"Query did not finish successfully. Final query state: {query.state}"
        raise invalid(text, "INVALID_QUERY_EXECUTION_ID")


async def _page(call: Call, query: Query) -> Page:
    bucket, _, key = query.output.removeprefix("s3://").partition("/")
    try:
        params = {"Bucket": bucket, "Key": key}
        body = call.cloud.call("s3", "GetObject", params, call.principal, region=call.region)["Body"]
    except AwsError as error:
        raise invalid(f"Could not find results: {query.output}: {error.message}") from error
    first = _place(call.params.get("NextToken"))
    limit = min(call.params.get("MaxResults", _PAGE), _PAGE)
    if not isinstance(body, FileSlice) or body.length <= first:  # an object without bytes has no file
        return Page([], None)
    if query.output.endswith(".csv"):
        columns = len(query.columns)
        return await asyncio.to_thread(csv_page, body.path, body.start, body.length, first, columns, limit)
    return await asyncio.to_thread(text_page, body.path, body.start, body.length, first, limit)


def _place(token: str | None) -> int:
    place = place_of(token)
    if not place:
        return 0
    if not place.isdigit():
        raise invalid("Invalid NextToken")
    return int(place)
