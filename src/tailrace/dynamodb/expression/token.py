"""The tokens of all expression languages, and the cursor that parsers walk them with.

Syntax errors name the token and what is near it: from the token before to the token after, as the text stands.
"""

import re
from typing import NamedTuple

from tailrace.dynamodb.errors import Malformed

EXPRESSION_BYTES_MAX = 4096
LEVELS_MAX = 150  # of parentheses, NOT and nested functions: ours, so that no expression exhausts the stack

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<name>[a-zA-Z][a-zA-Z0-9_]*)|(?P<alias>#[a-zA-Z0-9_]+)|(?P<value>:[a-zA-Z0-9_]+)"
    r"|(?P<number>[0-9]+)|(?P<sign><>|<=|>=|[=<>()\[\].,+-])|(?P<other>[^ \t\r\n])|$)"
)


class Token(NamedTuple):
    """One token: what it is, its text, and where it stands in the expression."""

    kind: str  # name, alias, value, number, sign, other, end
    text: str
    start: int
    end: int


class Cursor:
    """Walk the tokens of one expression; the grammars are written on top of it."""

    def __init__(self, text: str) -> None:
        if not text.strip(" \t\r\n"):
            raise Malformed("The expression can not be empty;")
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self._level = 0

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def is_sign(self, text: str) -> bool:
        """Say whether a sign comes next."""
        return self.next.text == text and self.next.kind == "sign"

    def is_keyword(self, *words: str) -> bool:
        """Say whether one of these keywords comes next; keywords have no case."""
        return self.next.kind == "name" and self.next.text.upper() in words

    def take(self) -> Token:
        """Take the next token."""
        token = self.tokens[self.at]
        self.at += 1
        return token

    def take_sign(self, text: str) -> bool:
        """Take a sign if it comes next."""
        found = self.is_sign(text)
        self.at += found
        return found

    def expect_sign(self, text: str) -> None:
        """Take a sign that must come next."""
        if not self.take_sign(text):
            raise self.unexpected()

    def unexpected(self) -> Malformed:
        """Answer the syntax error of the next token."""
        token = self.next
        first = self.tokens[self.at - 1].start if self.at else token.start
        last = token.end
        if token.kind == "end":
            last = self.tokens[self.at - 1].end
        elif self.tokens[self.at + 1].kind != "end":
            last = self.tokens[self.at + 1].end
        return Malformed(f'Syntax error; token: "{token.text}", near: "{self.text[first:last]}"')

    def descend(self) -> None:
        """Go one level of nesting down."""
        self._level += 1
        if self._level > LEVELS_MAX:
            raise Malformed(f"The expression is nested too deeply; levels: {self._level}")

    def ascend(self) -> None:
        """Come back one level."""
        self._level -= 1


def _tokens(text: str) -> list[Token]:
    found = []
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        assert match is not None
        kind = match.lastgroup
        if kind is None:
            found.append(Token("end", "<EOF>", len(text), len(text)))
            return found
        at = match.end()
        found.append(Token(kind, match[kind], match.start(kind), at))
