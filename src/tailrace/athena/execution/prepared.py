"""PREPARE and DEALLOCATE, and what EXECUTE finds."""

from __future__ import annotations

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.execution.prepared_row import PREPARED, PreparedStatement, prepared_key
from tailrace.athena.execution.query import Query
from tailrace.athena.syntax.statement_tree import Deallocate, Prepare
from tailrace.engine.transaction import Transaction


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
