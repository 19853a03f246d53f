"""Tables and views by name: a scan for each use of a table, a view's own query for each use of a view."""

from __future__ import annotations

from msgspec.structs import replace

from tailrace.athena.analysis.casting import coerce
from tailrace.athena.analysis.context import BaseTable, Context, Made, RowsTable, Scan, TableColumn, View
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.scope import Field, Origin, Scope, Value
from tailrace.athena.analysis.source import Source
from tailrace.athena.analysis.type import coercible, physical
from tailrace.athena.functions.times import literal
from tailrace.athena.syntax.problem import HiveProblem, SyntaxProblem, Unsupported
from tailrace.athena.syntax.query_tree import QualifiedName
from tailrace.athena.syntax.statement import parse
from tailrace.athena.syntax.statement_tree import QueryStatement


def names_of(context: Context, name: QualifiedName) -> tuple[str, str, str]:
    """Answer catalog, schema and table of a name as written."""
    parts = [part.lower for part in name.parts]
    if len(parts) > 3:
        raise AnalysisProblem("SYNTAX_ERROR", name.at, f"Too many dots in table name: {'.'.join(parts)}")
    defaults = [context.analysis.default_catalog, context.analysis.default_schema]
    catalog, schema, table = [*defaults, *parts][-3:] if len(parts) == 1 else [defaults[0], *parts][-3:]
    return catalog, schema, table


def table(context: Context, name: QualifiedName) -> Source:
    """Answer the use of a table or view. AnalysisProblem when there is none of the name."""
    names = names_of(context, name)
    catalog = context.analysis.catalog
    found = catalog.find(*names)
    if isinstance(found, View):
        return _view(context, found, name)
    if found is not None:
        return _scan(context, found)
    if not catalog.has_catalog(names[0]):
        raise AnalysisProblem("CATALOG_NOT_FOUND", name.at, f"Catalog '{names[0]}' does not exist")
    if not catalog.has_schema(names[0], names[1]):
        raise AnalysisProblem("SCHEMA_NOT_FOUND", name.at, f"Schema '{names[1]}' does not exist")
    raise AnalysisProblem("TABLE_NOT_FOUND", name.at, f"Table '{'.'.join(names)}' does not exist")


def _scan(context: Context, found: BaseTable | RowsTable) -> Source:
    analysis = context.analysis
    alias = analysis.alias()
    if isinstance(found, RowsTable):
        return Source(f"{_rows(found)} AS {alias}", _fields(found.columns, alias, found.name, None))
    scan = Scan(len(analysis.scans), found, alias)
    analysis.scans.append(scan)
    return Source(f"scan_{scan.number} AS {alias}", _fields(found.columns, alias, found.name, scan.number))


def _fields(
    columns: tuple[TableColumn, ...], alias: str, name: tuple[str, str, str], scan: int | None
) -> tuple[Field, ...]:
    return tuple(
        Field(
            column.name,
            f"{alias}.c{index}",
            column.type,
            name,
            column.hidden,
            None if scan is None or column.key is None else Origin(scan, column.key),
        )
        for index, column in enumerate(columns)
    )


def _rows(found: RowsTable) -> str:
    types = [physical(column.type) for column in found.columns]
    names = [f"c{index}" for index in range(len(types))]
    nulls = ", ".join(f"CAST(NULL AS {type_}) AS {name}" for type_, name in zip(types, names, strict=True))
    if not found.rows:
        return f"(SELECT {nulls} WHERE false)"
    rows = ", ".join("(" + ", ".join(map(_cell, row)) + ")" for row in found.rows)
    casts = ", ".join(f"CAST(v.{name} AS {type_}) AS {name}" for type_, name in zip(types, names, strict=True))
    return f"(SELECT {casts} FROM (VALUES {rows}) AS v({', '.join(names)}))"


def _cell(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else literal(value)


def _view(context: Context, view: View, name: QualifiedName) -> Source:
    analysis = context.analysis
    full = ".".join(view.name)
    if view.name in analysis.views:
        raise AnalysisProblem("VIEW_IS_RECURSIVE", name.at, f"View '{full}' is recursive")
    before = analysis.default_catalog, analysis.default_schema
    analysis.views.append(view.name)
    analysis.default_catalog, analysis.default_schema = view.catalog, view.schema
    try:
        made = _stored(context, view, name)
    finally:
        analysis.views.pop()
        analysis.default_catalog, analysis.default_schema = before
    alias, inner = analysis.alias(), analysis.alias()
    fields = _fields(view.columns, alias, view.name, None)
    kept = [replace(field, origin=column.origin) for field, column in zip(fields, made.columns, strict=True)]
    if all(column.type == promised.type for column, promised in zip(made.columns, view.columns, strict=True)):
        return Source(f"({made.sql}) AS {alias}", tuple(kept))
    casts = [
        f"{coerce(Value(f'{inner}.c{index}', column.type), promised.type).sql} AS c{index}"
        for index, (column, promised) in enumerate(zip(made.columns, view.columns, strict=True))
    ]
    return Source(f"(SELECT {', '.join(casts)} FROM ({made.sql}) AS {inner}) AS {alias}", tuple(kept))


def _stored(context: Context, view: View, name: QualifiedName) -> Made:
    full = ".".join(view.name)
    try:
        statement = parse(view.text).statement
    except (SyntaxProblem, HiveProblem, Unsupported) as error:
        raise AnalysisProblem("INVALID_VIEW", name.at, f"Failed parsing stored view '{full}': {error}") from error
    if not isinstance(statement, QueryStatement):
        raise AnalysisProblem("INVALID_VIEW", name.at, f"Failed parsing stored view '{full}': it is no query")
    inner = replace(context, scope=Scope(()), named={}, clause=None, variables={}, windows={})
    try:
        made = inner.query(statement.query)
    except AnalysisProblem as error:
        raise AnalysisProblem("INVALID_VIEW", name.at, f"Failed analyzing stored view '{full}': {error}") from error
    fits = len(made.columns) == len(view.columns) and all(
        coercible(column.type, promised.type) for column, promised in zip(made.columns, view.columns, strict=True)
    )
    if not fits:
        raise AnalysisProblem("INVALID_VIEW", name.at, f"View '{full}' is stale or in invalid state")
    return made
