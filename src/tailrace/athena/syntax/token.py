"""Tokens of a statement, each with the line and column (from 1) where the user wrote it.

Follows Trino's lexer; Hive's DDL is read from the same tokens.
"""

import re
from typing import NamedTuple

import msgspec


class Position(NamedTuple):
    """Line and column, both counted from 1, as Athena's messages give them."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}:{self.column}"


class Token(msgspec.Struct, frozen=True):
    """One token. ``kind`` is a group name of the lexer, ``upper`` its text as a keyword."""

    kind: str
    text: str
    upper: str
    offset: int
    at: Position


_LEXER = re.compile(
    r"""
      (?P<space>(?:\s+|--[^\r\n]*(?:\r?\n|\Z)|/\*.*?\*/)+)
    | (?P<unicode>[Uu]&'(?:[^']|'')*')
    | (?P<binary>[Xx]'[^']*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<backquoted>`(?:[^`]|``)*`)
    | (?P<double>(?:\d+(?:\.\d*)?|\.\d+)[Ee][+-]?\d+(?![A-Za-z_]))
    | (?P<decimal>\d+\.\d*(?![A-Za-z_])|\.\d+(?![A-Za-z_]))
    | (?P<digits>\d+[A-Za-z_]\w*)
    | (?P<integer>\d+)
    | (?P<word>[^\W\d]\w*)
    | (?P<operator>->|=>|<>|!=|<=|>=|\|\||[-+*/%=<>.,;:()\[\]{}?@$&|^~!\#\\'"`])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """Split a statement into tokens; the last one is the end, of kind ``end`` and text ``<EOF>``."""
    found: list[Token] = []
    line, line_start = 1, 0
    for match in _LEXER.finditer(text):
        kind = match.lastgroup or "other"
        piece = match.group()
        if kind != "space":
            at = Position(line, match.start() - line_start + 1)
            found.append(Token(kind, piece, piece.upper() if kind == "word" else piece, match.start(), at))
        newlines = piece.count("\n")
        if newlines:
            line += newlines
            line_start = match.start() + piece.rfind("\n") + 1
    end = Position(line, len(text) - line_start + 1)
    found.append(Token("end", "<EOF>", "<EOF>", len(text), end))
    return found


def unquoted(token: Token) -> str:
    """Answer what a string, quoted or backquoted token stands for."""
    if token.kind == "unicode":
        return token.text[3:-1].replace("''", "'")
    quote = token.text[0]
    if quote in "'\"`":
        return token.text[1:-1].replace(quote * 2, quote)
    return token.text
