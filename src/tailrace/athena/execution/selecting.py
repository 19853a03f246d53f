"""SELECT and EXPLAIN: a query analysed, its scans planned, its rows written by the worker."""

from __future__ import annotations

from tailrace.athena.analysis.analyzer import Analyzed, analyze
from tailrace.athena.analysis.values import text_of
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.results.columns import result_column, text_column
from tailrace.athena.syntax.query_tree import Query
from tailrace.athena.syntax.statement_tree import Explain, QueryStatement


def labels(analyzed: Analyzed) -> list[str]:
    """Answer the names of a result's columns: those without one are _col0, _col1, …"""
    return [column.name or f"_col{index}" for index, column in enumerate(analyzed.made.columns)]


async def select(environment: Environment, statement: QueryStatement) -> Outcome:
    """Run a query and leave its rows in a CSV."""
    analyzed = analyze(environment.session(), statement.query, environment.parameters)
    plans = await environment.scanning().plans(analyzed)
    environment.note_planned()
    columns = analyzed.made.columns
    path = environment.scratch()
    payload = {
        "sql": analyzed.made.sql,
        "texts": [text_of(f"q.c{index}", column.type) for index, column in enumerate(columns)],
        "labels": labels(analyzed),
        "scans": plans,
        "path": str(path),
    }
    answer = await environment.tasks.run("select", payload)
    named = [result_column(name, column.type) for name, column in zip(labels(analyzed), columns, strict=True)]
    return Outcome(named, file=path, rows=answer["rows"], scanned=answer["scanned"])


async def explain(environment: Environment, statement: Explain) -> Outcome:
    """Answer the plan of a query, as the engine here makes it; TYPE VALIDATE only whether it can be made."""
    analyzed = analyze(environment.session(), statement.query, environment.parameters)
    if statement.options.get("TYPE") == "VALIDATE":
        return Outcome([text_column("Valid")], lines=["true"])
    plans = await environment.scanning().plans(analyzed)
    environment.note_planned()
    payload = {"sql": analyzed.made.sql, "scans": plans, "analyze": statement.analyze}
    answer = await environment.tasks.run("explain", payload)
    return Outcome([text_column("Query Plan")], lines=answer["lines"], scanned=answer["scanned"])


def analyzed_query(environment: Environment, query: Query) -> Analyzed:
    """Answer a query analysed in a statement's environment."""
    return analyze(environment.session(), query, environment.parameters)
