"""A whole query: every rule at hand, its SQL, its columns and the scans that it makes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tailrace.athena.analysis import (
    calls,
    casting,
    conditional,
    lambdas,
    literals,
    names,
    operators,
    subqueries,
)
from tailrace.athena.analysis.context import Analysis, Catalog, Context, Made, Scan
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.query import make_query
from tailrace.athena.analysis.scope import Scope
from tailrace.athena.syntax.query_tree import Query
from tailrace.athena.syntax.tree import Expression

RULES = (calls, casting, conditional, lambdas, literals, names, operators, subqueries)


class Session(msgspec.Struct, frozen=True):
    """Where a query runs: what its names mean, who asks, and when."""

    catalog: Catalog
    default_catalog: str
    default_schema: str
    now_ms: int
    user: str


class Analyzed(msgspec.Struct, frozen=True):
    """A query ready to run: ``made`` reads its scans by the names ``scan_<n>``."""

    made: Made
    scans: tuple[Scan, ...]
    used: frozenset[str]


def analyze(session: Session, query: Query, parameters: Sequence[Expression] = ()) -> Analyzed:
    """Answer a query's SQL. AnalysisProblem when it has no meaning."""
    analysis = Analysis(
        session.catalog,
        make_query,
        session.default_catalog,
        session.default_schema,
        session.now_ms,
        session.user,
        parameters,
    )
    context = Context(analysis, Scope(()), {})
    try:
        made = make_query(context, query)
    except RecursionError as error:
        raise AnalysisProblem("GENERIC_INTERNAL_ERROR", None, "statement is too large (stack overflow)") from error
    return Analyzed(made, tuple(analysis.scans), frozenset(analysis.used))
