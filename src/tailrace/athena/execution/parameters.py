"""Parameters of a query: their texts, which are SQL, as expressions."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.expression import expression
from tailrace.athena.syntax.problem import SyntaxProblem
from tailrace.athena.syntax.statement_tree import Parsed
from tailrace.athena.syntax.tree import Column, Constant, Expression


def parameter(text: str) -> Expression:
    """Answer what a parameter's text means: SQL if it is that, otherwise a string of these letters."""
    cursor = Cursor(text)
    try:
        read = expression(cursor)
    except SyntaxProblem:
        return Constant(cursor.tokens[0].at, "string", text)
    if cursor.token.kind != "end" or isinstance(read, Column):
        return Constant(cursor.tokens[0].at, "string", text)
    return read


def check_count(parsed: Parsed, given: Sequence[object]) -> None:
    """Raise AnalysisProblem INVALID_PARAMETER_USAGE when a statement has more or fewer question marks."""
    if parsed.parameters != len(given):
        text = f"Incorrect number of parameters: expected {parsed.parameters} but found {len(given)}"
        raise AnalysisProblem("INVALID_PARAMETER_USAGE", parsed.parameter_at, text)
