"""Why a query can't run: Trino's error code, the place in the user's text, and the text."""

from tailrace.athena.syntax.token import Position


class AnalysisProblem(Exception):
    """The query ends FAILED with ``CODE: line L:C: text``."""

    def __init__(self, code: str, at: Position | None, text: str) -> None:
        super().__init__(f"{code}: {at}: {text}" if at is not None else f"{code}: {text}")
        self.code = code


def type_mismatch(at: Position, text: str) -> AnalysisProblem:
    """Answer the problem of an operand whose type does not fit."""
    return AnalysisProblem("TYPE_MISMATCH", at, text)


def not_supported(at: Position | None, text: str) -> AnalysisProblem:
    """Answer the problem of something that Athena has and that is not built here, or that Athena lacks as well."""
    return AnalysisProblem("NOT_SUPPORTED", at, text)
