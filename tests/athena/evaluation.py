"""Queries on nothing but their own text: analysed, run on DuckDB, answered as Athena's result texts."""

from __future__ import annotations

from functools import cache

import duckdb

from tailrace.athena.analysis.analyzer import Session, analyze
from tailrace.athena.analysis.context import BaseTable, RowsTable, View
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.values import text_of
from tailrace.athena.syntax.problem import SyntaxProblem, Unsupported
from tailrace.athena.syntax.statement import parse
from tailrace.athena.syntax.statement_tree import QueryStatement
from tailrace.athena.worker.connection import Connection
from tailrace.athena.worker.failure import failure_text

NOW_MS = 1_767_323_045_678  # 2026-01-02 03:04:05.678 UTC

Row = tuple[str | None, ...]


class EmptyCatalog:
    """A catalog with one database and nothing in it."""

    def find(self, catalog: str, schema: str, name: str) -> BaseTable | RowsTable | View | None:
        return None

    def has_schema(self, catalog: str, schema: str) -> bool:
        return schema == "default"

    def has_catalog(self, catalog: str) -> bool:
        return catalog == "awsdatacatalog"


@cache
def _connection() -> Connection:
    return Connection()


def rows(sql: str) -> tuple[list[str], list[Row]]:
    """Answer the types and the rows of a query."""
    statement = parse(sql).statement
    assert isinstance(statement, QueryStatement)
    session = Session(EmptyCatalog(), "awsdatacatalog", "default", NOW_MS, "arn:aws:iam::123456789012:root")
    made = analyze(session, statement.query).made
    texts = [f"{text_of(f'q.c{index}', column.type)} AS c{index}" for index, column in enumerate(made.columns)]
    found = _connection().execute(f"SELECT {', '.join(texts)} FROM ({made.sql}) AS q").fetchall()
    return [str(column.type) for column in made.columns], found


def value(expression: str) -> tuple[str | None, str]:
    """Answer the text and the type of an expression."""
    types, found = rows(f"SELECT {expression}")
    assert len(types) == len(found) == 1
    return found[0][0], types[0]


def failure(sql: str) -> str:
    """Answer why a query is refused or fails."""
    try:
        found = rows(sql)
    except (AnalysisProblem, SyntaxProblem, Unsupported) as error:
        return str(error)
    except duckdb.Error as error:
        return failure_text(str(error))
    raise AssertionError(f"{sql} did not fail: {found}")
