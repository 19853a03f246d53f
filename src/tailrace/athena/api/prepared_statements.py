"""Prepared statements through the API."""

from __future__ import annotations

from typing import Any

import msgspec

from tailrace.athena.api.page import page, place_of
from tailrace.athena.api.problem import invalid, not_found
from tailrace.athena.api.workgroups import find
from tailrace.athena.execution.prepared_row import PREPARED, PreparedStatement, prepared_key
from tailrace.athena.registry import SERVICE
from tailrace.service.call import Call

_PAGE = 50


def _key(call: Call, name: str) -> str:
    return prepared_key(call.region, find(call.transaction, call.region, call.params["WorkGroup"]).name, name)


def _need(call: Call) -> PreparedStatement:
    name = call.params["StatementName"]
    found = PREPARED.get(call.transaction, _key(call, name))
    if found is None:
        raise not_found(f"PreparedStatement {name} was not found in workGroup {call.params['WorkGroup']}", name)
    return found


@SERVICE.operation("CreatePreparedStatement")
def create_prepared_statement(call: Call) -> dict[str, Any]:
    """Keep a statement with question marks."""
    params = call.params
    key = _key(call, params["StatementName"])
    if PREPARED.get(call.transaction, key) is not None:
        raise invalid(f"PreparedStatement {params['StatementName']} already exists in workGroup {params['WorkGroup']}")
    made = PreparedStatement(
        params["StatementName"], params["WorkGroup"], params["QueryStatement"], params.get("Description"), call.now_ms
    )
    PREPARED.put(call.transaction, key, made)
    return {}


@SERVICE.operation("UpdatePreparedStatement")
def update_prepared_statement(call: Call) -> dict[str, Any]:
    """Change a prepared statement."""
    found = _need(call)
    changed = msgspec.structs.replace(
        found,
        text=call.params["QueryStatement"],
        description=call.params.get("Description", found.description),
        modified_ms=call.now_ms,
    )
    PREPARED.put(call.transaction, _key(call, found.name), changed)
    return {}


@SERVICE.operation("GetPreparedStatement")
def get_prepared_statement(call: Call) -> dict[str, Any]:
    """Answer a prepared statement."""
    return {"PreparedStatement": _described(_need(call))}


def _described(found: PreparedStatement) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "StatementName": found.name,
        "QueryStatement": found.text,
        "WorkGroupName": found.workgroup,
        "LastModifiedTime": found.modified_ms / 1000,
    }
    return answer if found.description is None else {**answer, "Description": found.description}


@SERVICE.operation("BatchGetPreparedStatement")
def batch_get_prepared_statement(call: Call) -> dict[str, Any]:
    """Answer some prepared statements."""
    found: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    for name in call.params["PreparedStatementNames"]:
        row = PREPARED.get(call.transaction, _key(call, name))
        if row is None:
            text = f"PreparedStatement {name} was not found in workGroup {call.params['WorkGroup']}"
            missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": text})
        else:
            found.append(_described(row))
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}


@SERVICE.operation("ListPreparedStatements")
def list_prepared_statements(call: Call) -> dict[str, Any]:
    """Answer a workgroup's prepared statements."""
    prefix = _key(call, "")
    rows = PREPARED.scan(call.transaction, prefix=prefix, after=place_of(call.params.get("NextToken")))
    found, token = page(rows, call.params.get("MaxResults", _PAGE))
    listed = [{"StatementName": row.name, "LastModifiedTime": row.modified_ms / 1000} for row in found]
    answer: dict[str, Any] = {"PreparedStatements": listed}
    return answer if token is None else {**answer, "NextToken": token}


@SERVICE.operation("DeletePreparedStatement")
def delete_prepared_statement(call: Call) -> dict[str, Any]:
    """Remove a prepared statement."""
    PREPARED.delete(call.transaction, _key(call, _need(call).name))
    return {}
