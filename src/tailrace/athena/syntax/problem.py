"""What is wrong with a statement, in Athena's words; positions are those of the user's own text."""

from tailrace.athena.syntax.token import Position


class SyntaxProblem(Exception):
    """Trino's grammar does not allow the text: Athena refuses the request (MALFORMED_QUERY)."""

    def __init__(self, at: Position, text: str) -> None:
        super().__init__(f"{at}: {text}")


class HiveProblem(Exception):
    """Hive's grammar or semantics does not allow the DDL: the query ends FAILED with this text."""


class Unsupported(Exception):
    """A kind of statement that Athena refuses, or that is not built here; the text says which."""
