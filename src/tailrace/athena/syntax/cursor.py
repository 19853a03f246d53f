"""A place in the tokens, and what could have come there.

A cursor that takes notes notes at every look ahead what it looked for, so that a failure names what Trino's parser
would have expected. Taking notes costs half of the time: it is for a text that is known to fail.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tailrace.athena.syntax.problem import SyntaxProblem
from tailrace.athena.syntax.token import Position, Token, tokens

_RESERVED = """ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH
    CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP
    ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT
    INTO IS JOIN JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LEFT LIKE LISTAGG LOCALTIME
    LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN
    TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH"""
RESERVED = frozenset(_RESERVED.split())
_FIXED = ("word", "operator")
_NO_NOTE = nullcontext()
_IDENTIFIER_REFUSALS = {
    "backquoted": "backquoted identifiers are not supported; use double quotes to quote identifiers",
    "digits": "identifiers must not start with a digit; surround the identifier with double quotes",
}


class Cursor:
    """Reads the tokens of one statement from left to right."""

    def __init__(self, text: str, notes: bool = False) -> None:
        self.text = text
        self.notes = notes
        self.tokens = tokens(text)
        self.index = 0
        self.parameters = 0
        self._expected: set[str] = set()
        self._expected_at = 0
        self._ruled_at = -1

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.index]

    @property
    def at(self) -> Position:
        """Where the next token stands."""
        return self.token.at

    def ahead(self, count: int = 1) -> Token:
        """Answer a later token; the end when there are no more."""
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def sees(self, *words: str) -> bool:
        """Tell whether one of these keywords or operators comes next."""
        if self.notes:
            self.expect(*(f"'{word}'" for word in words))
        token = self.tokens[self.index]
        return token.upper in words and token.kind in _FIXED

    def sees_all(self, *words: str) -> bool:
        """Tell whether these keywords or operators come next, one after the other."""
        return self.sees(words[0]) and all(
            self.ahead(count).upper == word and self.ahead(count).kind in _FIXED for count, word in enumerate(words)
        )

    def takes(self, *words: str) -> bool:
        """Pass over these keywords or operators, one after the other, if all of them come next."""
        if not (self.sees(*words) if len(words) == 1 else self.sees_all(*words)):
            return False
        self.index += len(words)
        return True

    def need(self, *words: str) -> Token:
        """Pass over these keywords or operators; SyntaxProblem when others come."""
        first = self.token
        for word in words:
            if not self.sees(word):
                raise self.mismatch()
            self.index += 1
        return first

    def next(self) -> Token:
        """Pass over the next token and answer it."""
        token = self.token
        self.index += 1
        return token

    def need_kind(self, *kinds: str, label: str) -> Token:
        """Pass over a token of these kinds; SyntaxProblem, expecting ``label``, when another comes."""
        self.expect(label)
        if self.token.kind not in kinds:
            raise self.mismatch()
        return self.next()

    def sees_identifier(self) -> bool:
        """Tell whether an identifier comes next."""
        self.expect("<identifier>")
        token = self.token
        if token.kind in _IDENTIFIER_REFUSALS:
            raise SyntaxProblem(token.at, _IDENTIFIER_REFUSALS[token.kind])
        return token.kind == "quoted" or (token.kind == "word" and token.upper not in RESERVED)

    def expect(self, *labels: str) -> None:
        """Note what could come next."""
        if not self.notes or self.index == self._ruled_at:
            return
        if self.index != self._expected_at:
            if self.index < self._expected_at:
                return
            self._expected.clear()
            self._expected_at = self.index
        self._expected.update(labels)

    def rule(self, label: str) -> AbstractContextManager[None]:
        """Name a whole rule, such as ``<expression>``, rather than each token that it could begin with."""
        return self._rule(label) if self.notes else _NO_NOTE

    @contextmanager
    def _rule(self, label: str) -> Iterator[None]:
        self.expect(label)
        before = self._ruled_at
        self._ruled_at = self.index
        try:
            yield
        finally:
            self._ruled_at = before

    def mismatch(self) -> SyntaxProblem:
        """Answer what Trino says of the token that can't stand here."""
        place = max(self.index, self._expected_at) if self._expected else self.index
        token = self.tokens[place]
        self.index = place
        return SyntaxProblem(token.at, f"mismatched input '{token.text}'. Expecting: {', '.join(self.expected())}")

    def expected(self) -> list[str]:
        """Answer what could have come at the furthest place, in order."""
        return sorted(self._expected)
