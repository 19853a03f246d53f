"""Prepared statements: SQL with ``?``, kept in a workgroup by name."""

from typing import Any

import msgspec

from tailrace.athena.errors import invalid, not_found
from tailrace.athena.page import opened, paged
from tailrace.athena.registry import SERVICE
from tailrace.athena.workgroup import find
from tailrace.engine.rows import Rows
from tailrace.service.call import Call

_PAGE_MAX = 50


class PreparedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement; rows are keyed by region, workgroup and name."""

    name: str
    workgroup: str
    statement: str
    description: str = ""
    modified: float


STATEMENTS = Rows("athena/prepared-statements", PreparedStatement)


@SERVICE.operation("CreatePreparedStatement")
def create_prepared_statement(call: Call) -> dict[str, Any]:
    """Keep a statement."""
    group = find(call, call.params["WorkGroup"])
    key = call.key(f"{group.name}/{call.params['StatementName']}")
    if STATEMENTS.get(call.transaction, key) is not None:
        raise invalid(f"Prepared Statement {call.params['StatementName']} already exists in WorkGroup {group.name}")
    _keep(call, call.params.get("Description", ""))
    return {}


@SERVICE.operation("UpdatePreparedStatement")
def update_prepared_statement(call: Call) -> dict[str, Any]:
    """Replace a statement."""
    known = _find(call, call.params["StatementName"])
    _keep(call, call.params.get("Description", known.description))
    return {}


@SERVICE.operation("GetPreparedStatement")
def get_prepared_statement(call: Call) -> dict[str, Any]:
    """Answer a statement."""
    return {"PreparedStatement": _described(_find(call, call.params["StatementName"]))}


@SERVICE.operation("BatchGetPreparedStatement")
def batch_get_prepared_statement(call: Call) -> dict[str, Any]:
    """Answer statements by name, and which names there are none for."""
    found, missing = [], []
    for name in call.params["PreparedStatementNames"]:
        statement = STATEMENTS.get(call.transaction, call.key(f"{call.params['WorkGroup']}/{name}"))
        if statement is not None:
            found.append(_described(statement))
        else:
            text = f"PreparedStatement {name} was not found in workGroup {call.params['WorkGroup']}"
            missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": text})
    return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}


@SERVICE.operation("ListPreparedStatements")
def list_prepared_statements(call: Call) -> dict[str, Any]:
    """Answer the names of a workgroup's statements."""
    group = find(call, call.params["WorkGroup"])
    limit = min(call.params.get("MaxResults", _PAGE_MAX), _PAGE_MAX)
    listed = STATEMENTS.scan(call.transaction, call.key(f"{group.name}/"), opened(call.params.get("NextToken")))
    return paged(
        "PreparedStatements",
        listed,
        limit,
        lambda each: {"StatementName": each.name, "LastModifiedTime": each.modified},
    )


@SERVICE.operation("DeletePreparedStatement")
def delete_prepared_statement(call: Call) -> dict[str, Any]:
    """Delete a statement."""
    known = _find(call, call.params["StatementName"])
    STATEMENTS.delete(call.transaction, call.key(f"{known.workgroup}/{known.name}"))
    return {}


def _keep(call: Call, description: str) -> None:
    name, group = call.params["StatementName"], call.params["WorkGroup"]
    statement = PreparedStatement(
        name=name,
        workgroup=group,
        statement=call.params["QueryStatement"],
        description=description,
        modified=round(call.now, 3),
    )
    STATEMENTS.put(call.transaction, call.key(f"{group}/{name}"), statement)


def _find(call: Call, name: str) -> PreparedStatement:
    group = find(call, call.params["WorkGroup"])
    known = STATEMENTS.get(call.transaction, call.key(f"{group.name}/{name}"))
    if known is None:
        raise not_found(f"PreparedStatement {name} was not found in workGroup {group.name}", name)
    return known


def _described(statement: PreparedStatement) -> dict[str, Any]:
    return {
        "StatementName": statement.name,
        "QueryStatement": statement.statement,
        "WorkGroupName": statement.workgroup,
        "Description": statement.description,
        "LastModifiedTime": statement.modified,
    }
