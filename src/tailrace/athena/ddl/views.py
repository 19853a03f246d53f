"""CREATE and DROP VIEW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tailrace.athena.analysis.context import OutputColumn
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.type import Type
from tailrace.athena.catalog.caller import CATALOG
from tailrace.athena.catalog.glue_catalog import is_view
from tailrace.athena.catalog.presto_view import encoded, table_input
from tailrace.athena.ddl.creation import DONE
from tailrace.athena.ddl.tables import glue, place_of
from tailrace.athena.execution.environment import Environment, Outcome
from tailrace.athena.execution.selecting import analyzed_query
from tailrace.athena.syntax.statement_tree import CreateView, DropView
from tailrace.athena.syntax.token import Position


def named_columns(columns: Sequence[OutputColumn], at: Position) -> list[tuple[str, Type]]:
    """Answer a query's columns as those of a table: each has a name of its own."""
    made: list[tuple[str, Type]] = []
    for place, column in enumerate(columns, 1):
        if column.name is None:
            raise AnalysisProblem("SYNTAX_ERROR", at, f"Column name not specified at position {place}")
        name = column.name.lower()
        if any(name == other for other, _ in made):
            raise AnalysisProblem("DUPLICATE_COLUMN_NAME", at, f"Column name '{name}' specified more than once")
        made.append((name, column.type))
    return made


async def create_view(environment: Environment, statement: CreateView) -> Outcome:
    """CREATE [OR REPLACE] VIEW: its query is analysed now, and kept as it was written."""
    at = statement.query.at
    columns = named_columns(analyzed_query(environment, statement.query).made.columns, at)
    database, name = place_of(environment, statement.name)
    if environment.catalog.database(database) is None:
        raise AnalysisProblem("SCHEMA_NOT_FOUND", statement.name.at, f"Schema '{database}' does not exist")
    there = environment.catalog.table(database, name)
    made = table_input(name, encoded(statement.text, CATALOG, environment.database, columns), columns)
    if there is None:
        glue(environment, "CreateTable", {"DatabaseName": database, "TableInput": made})
        return DONE
    _check(statement, database, name, there)
    glue(environment, "UpdateTable", {"DatabaseName": database, "TableInput": made})
    return DONE


def _check(statement: CreateView, database: str, name: str, there: dict[str, Any]) -> None:
    full = f"{CATALOG}.{database}.{name}"
    if not is_view(there):
        raise AnalysisProblem("TABLE_ALREADY_EXISTS", statement.name.at, f"Table already exists: '{full}'")
    if not statement.replace:
        raise AnalysisProblem("TABLE_ALREADY_EXISTS", statement.name.at, f"View already exists: '{full}'")


async def drop_view(environment: Environment, statement: DropView) -> Outcome:
    """DROP VIEW."""
    database, name = place_of(environment, statement.name)
    there = environment.catalog.table(database, name)
    if there is None:
        if statement.if_exists:
            return DONE
        text = f"View '{CATALOG}.{database}.{name}' does not exist"
        raise AnalysisProblem("TABLE_NOT_FOUND", statement.name.at, text)
    if not is_view(there):
        full = f"{CATALOG}.{database}.{name}"
        text = f"View '{full}' does not exist, but a table with that name exists. Did you mean DROP TABLE?"
        raise AnalysisProblem("TABLE_NOT_FOUND", statement.name.at, text)
    glue(environment, "DeleteTable", {"DatabaseName": database, "Name": name})
    return DONE
