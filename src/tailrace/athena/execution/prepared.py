"""Prepared statements: kept by workgroup, made by PREPARE or through the API."""

from __future__ import annotations

import msgspec

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.execution.query import Query
from tailrace.athena.syntax.statement_tree import Deallocate, Prepare
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction


class PreparedStatement(msgspec.Struct, frozen=True):
    """A statement with question marks, under a name."""

    name: str
    workgroup: str
    text: str
    description: str | None
    modified_ms: int


PREPARED = Rows("athena/prepared", PreparedStatement)


def prepared_key(region: str, workgroup: str, name: str) -> str:
    """Answer the key of a prepared statement."""
    return f"{region}/{workgroup}/{name}"


def prepared_text(transaction: Transaction, query: Query, name: str) -> str:
    """Answer what was prepared under a name. AnalysisProblem NOT_FOUND when nothing was."""
    found = PREPARED.get(transaction, prepared_key(query.region, query.workgroup, name))
    if found is None:
        raise AnalysisProblem("NOT_FOUND", None, f"Prepared statement not found: {name}")
    return found.text


async def prepare(environment: Environment, statement: Prepare) -> Outcome:
    """PREPARE: what was under the name before is replaced."""
    query, cloud = environment.query, environment.caller.cloud
    transaction = cloud.store.begin()
    made = PreparedStatement(statement.name, query.workgroup, statement.text, None, environment.now_ms)
    PREPARED.put(transaction, prepared_key(query.region, query.workgroup, statement.name), made)
    await cloud.store.commit(transaction)
    return Outcome(lines=())


async def deallocate(environment: Environment, statement: Deallocate) -> Outcome:
    """DEALLOCATE PREPARE."""
    query, cloud = environment.query, environment.caller.cloud
    transaction = cloud.store.begin()
    prepared_text(transaction, query, statement.name)
    PREPARED.delete(transaction, prepared_key(query.region, query.workgroup, statement.name))
    await cloud.store.commit(transaction)
    return Outcome(lines=())
