"""Named queries: saved SQL, found by id."""

from typing import Any

import msgspec

from tailrace.athena.errors import invalid
from tailrace.athena.page import opened, paged
from tailrace.athena.registry import SERVICE
from tailrace.athena.workgroup import PRIMARY, find
from tailrace.engine.rows import Rows
from tailrace.service.call import Call

_PAGE_MAX = 50


class NamedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One saved query; ``token`` is the ClientRequestToken that made it."""

    id: str
    name: str
    database: str
    query: str
    workgroup: str
    description: str = ""
    token: str = ""


QUERIES = Rows("athena/named-queries", NamedQuery)


@SERVICE.operation("CreateNamedQuery")
def create_named_query(call: Call) -> dict[str, Any]:
    """Save a query; the same token answers the query that it made before."""
    group = find(call, call.params.get("WorkGroup", PRIMARY))
    token = call.params.get("ClientRequestToken", "")
    wanted = (call.params["Name"], call.params["Database"], call.params["QueryString"], group.name)
    for _, known in QUERIES.scan(call.transaction, call.key("")) if token else ():
        if known.token == token:
            if (known.name, known.database, known.query, known.workgroup) != wanted:
                raise invalid("Idempotent parameters do not match")
            return {"NamedQueryId": known.id}
    name, database, text, workgroup = wanted
    query = NamedQuery(
        id=call.uuid(),
        name=name,
        database=database,
        query=text,
        workgroup=workgroup,
        description=call.params.get("Description", ""),
        token=token,
    )
    QUERIES.put(call.transaction, call.key(query.id), query)
    return {"NamedQueryId": query.id}


@SERVICE.operation("GetNamedQuery")
def get_named_query(call: Call) -> dict[str, Any]:
    """Answer a saved query."""
    return {"NamedQuery": _described(_find(call, call.params["NamedQueryId"]))}


@SERVICE.operation("BatchGetNamedQuery")
def batch_get_named_query(call: Call) -> dict[str, Any]:
    """Answer saved queries by id, and which ids there are none for."""
    found, missing = [], []
    for query_id in call.params["NamedQueryIds"]:
        query = QUERIES.get(call.transaction, call.key(query_id))
        if query is not None:
            found.append(_described(query))
        else:
            text = f"NamedQuery {query_id} was not found"
            missing.append({"NamedQueryId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": text})
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}


@SERVICE.operation("ListNamedQueries")
def list_named_queries(call: Call) -> dict[str, Any]:
    """Answer the ids of a workgroup's saved queries."""
    group = find(call, call.params.get("WorkGroup", PRIMARY))
    limit = min(call.params.get("MaxResults", _PAGE_MAX), _PAGE_MAX)
    listed = QUERIES.scan(call.transaction, call.key(""), opened(call.params.get("NextToken")))
    own = ((key, query) for key, query in listed if query.workgroup == group.name)
    return paged("NamedQueryIds", own, limit, lambda query: query.id)


@SERVICE.operation("UpdateNamedQuery")
def update_named_query(call: Call) -> dict[str, Any]:
    """Change a saved query's name, text and description."""
    query = _find(call, call.params["NamedQueryId"])
    changed = msgspec.structs.replace(
        query,
        name=call.params["Name"],
        query=call.params["QueryString"],
        description=call.params.get("Description", query.description),
    )
    QUERIES.put(call.transaction, call.key(query.id), changed)
    return {}


@SERVICE.operation("DeleteNamedQuery")
def delete_named_query(call: Call) -> dict[str, Any]:
    """Delete a saved query."""
    QUERIES.delete(call.transaction, call.key(_find(call, call.params["NamedQueryId"]).id))
    return {}


def _find(call: Call, query_id: str) -> NamedQuery:
    query = QUERIES.get(call.transaction, call.key(query_id))
    if query is None:
        raise invalid(f"NamedQuery {query_id} was not found")
    return query


def _described(query: NamedQuery) -> dict[str, Any]:
    return {
        "NamedQueryId": query.id,
        "Name": query.name,
        "Description": query.description,
        "Database": query.database,
        "QueryString": query.query,
        "WorkGroup": query.workgroup,
    }
