"""Named queries: texts kept under a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from tailrace.athena.api.page import page, place_of
from tailrace.athena.api.problem import invalid
from tailrace.athena.api.workgroups import PRIMARY, find
from tailrace.athena.registry import SERVICE
from tailrace.engine.rows import Rows
from tailrace.service.call import Call

_PAGE = 50


class NamedQuery(msgspec.Struct, frozen=True):
    """A query's text under a name."""

    id: str
    name: str
    database: str
    text: str
    description: str | None
    workgroup: str
    token: str | None


NAMED_QUERIES = Rows("athena/named-queries", NamedQuery)


def _need(call: Call, query_id: str) -> NamedQuery:
    found = NAMED_QUERIES.get(call.transaction, call.key(query_id))
    if found is None:
        raise invalid(f"NamedQuery {query_id} was not found")
    return found


def _of_workgroup(call: Call, workgroup: str, after: str = "") -> Iterator[tuple[str, NamedQuery]]:
    for key, row in NAMED_QUERIES.scan(call.transaction, prefix=f"{call.region}/", after=after):
        if row.workgroup == workgroup:
            yield key, row


def has_named_queries(call: Call, workgroup: str) -> bool:
    """Tell whether a workgroup has named queries."""
    return next(_of_workgroup(call, workgroup), None) is not None


def delete_of_workgroup(call: Call, workgroup: str) -> None:
    """Remove a workgroup's named queries."""
    for key, _ in list(_of_workgroup(call, workgroup)):
        NAMED_QUERIES.delete(call.transaction, key)


@SERVICE.operation("CreateNamedQuery")
def create_named_query(call: Call) -> dict[str, Any]:
    """Keep a query's text; the same token answers the same id."""
    params = call.params
    workgroup = find(call.transaction, call.region, params.get("WorkGroup", PRIMARY)).name
    token = params.get("ClientRequestToken")
    if token is not None:
        for _, row in _of_workgroup(call, workgroup):
            if row.token == token:
                return {"NamedQueryId": row.id}
    made = NamedQuery(
        call.uuid(),
        params["Name"],
        params["Database"],
        params["QueryString"],
        params.get("Description"),
        workgroup,
        token,
    )
    NAMED_QUERIES.put(call.transaction, call.key(made.id), made)
    return {"NamedQueryId": made.id}


@SERVICE.operation("GetNamedQuery")
def get_named_query(call: Call) -> dict[str, Any]:
    """Answer a named query."""
    return {"NamedQuery": _described(_need(call, call.params["NamedQueryId"]))}


@SERVICE.operation("BatchGetNamedQuery")
def batch_get_named_query(call: Call) -> dict[str, Any]:
    """Answer some named queries."""
    found: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    for query_id in call.params["NamedQueryIds"]:
        row = NAMED_QUERIES.get(call.transaction, call.key(query_id))
        if row is None:
            text = f"NamedQuery {query_id} was not found"
            missing.append({"NamedQueryId": query_id, "ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": text})
        else:
            found.append(_described(row))
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}


def _described(row: NamedQuery) -> dict[str, Any]:
    answer = {
        "Name": row.name,
        "Database": row.database,
        "QueryString": row.text,
        "NamedQueryId": row.id,
        "WorkGroup": row.workgroup,
    }
    return answer if row.description is None else {**answer, "Description": row.description}


@SERVICE.operation("ListNamedQueries")
def list_named_queries(call: Call) -> dict[str, Any]:
    """Answer the ids of a workgroup's named queries."""
    workgroup = find(call.transaction, call.region, call.params.get("WorkGroup", PRIMARY)).name
    rows = _of_workgroup(call, workgroup, place_of(call.params.get("NextToken")))
    found, token = page(rows, call.params.get("MaxResults", _PAGE))
    answer: dict[str, Any] = {"NamedQueryIds": [row.id for row in found]}
    return answer if token is None else {**answer, "NextToken": token}


@SERVICE.operation("UpdateNamedQuery")
def update_named_query(call: Call) -> dict[str, Any]:
    """Change a named query."""
    row = _need(call, call.params["NamedQueryId"])
    changed = msgspec.structs.replace(
        row,
        name=call.params["Name"],
        text=call.params["QueryString"],
        description=call.params.get("Description", row.description),
    )
    NAMED_QUERIES.put(call.transaction, call.key(row.id), changed)
    return {}


@SERVICE.operation("DeleteNamedQuery")
def delete_named_query(call: Call) -> dict[str, Any]:
    """Remove a named query."""
    row = _need(call, call.params["NamedQueryId"])
    NAMED_QUERIES.delete(call.transaction, call.key(row.id))
    return {}
