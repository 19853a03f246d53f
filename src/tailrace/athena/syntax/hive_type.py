"""Hive's identifiers, strings and type texts, as DDL writes them: struct<a:int,b:array<string>>."""

from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.query_tree import QualifiedName
from tailrace.athena.syntax.token import unquoted
from tailrace.athena.syntax.tree import Name

_SPELLINGS = {"integer": "int", "real": "float", "dec": "decimal", "numeric": "decimal"}
SIMPLE_TYPES = frozenset(
    (
        "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "char", "varchar", "string",
        "binary", "date", "timestamp", "interval_year_month", "interval_day_time",
    )
)  # fmt: skip


def hive_name(cursor: Cursor) -> Name:
    """Read an identifier: a word, or anything in backticks (Athena takes double quotes as well)."""
    token = cursor.token
    cursor.expect("Identifier")
    if token.kind not in ("word", "backquoted", "quoted", "digits"):
        raise cursor.mismatch()
    cursor.next()
    return Name(unquoted(token), token.at, token.kind != "word")


def hive_qualified(cursor: Cursor) -> QualifiedName:
    """Read [database.]table; backticks around the whole keep its dot a part of the name."""
    at = cursor.at
    parts = [hive_name(cursor)]
    while cursor.takes("."):
        parts.append(hive_name(cursor))
    return QualifiedName(at, tuple(parts))


def hive_string(cursor: Cursor) -> str:
    """Read a string in single or double quotes; a backslash escapes, as in Hive."""
    token = cursor.need_kind("string", "quoted", label="StringLiteral")
    text = unquoted(token)
    return text if "\\" not in text else _unescaped(text)


def _unescaped(text: str) -> str:
    known = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": "\\%", "_": "\\_"}
    made: list[str] = []
    index = 0
    while index < len(text):
        if text[index] != "\\" or index + 1 == len(text):
            made.append(text[index])
            index += 1
        elif text[index + 1 : index + 4].isdigit() and len(text) >= index + 4:
            made.append(chr(int(text[index + 1 : index + 4], 8)))
            index += 4
        elif text[index + 1] == "u" and len(text) >= index + 6:
            made.append(chr(int(text[index + 2 : index + 6], 16)))
            index += 6
        else:
            made.append(known.get(text[index + 1], text[index + 1]))
            index += 2
    return "".join(made)


def hive_properties(cursor: Cursor) -> dict[str, str]:
    """Read ('key'='value', …)."""
    cursor.need("(")
    found: dict[str, str] = {}
    while True:
        key = hive_string(cursor)
        cursor.need("=")
        found[key] = hive_string(cursor)
        if not cursor.takes(","):
            break
    cursor.need(")")
    return found


def hive_type(cursor: Cursor) -> str:
    """Read a type and answer the text that the catalog keeps."""
    token = cursor.need_kind("word", label="type")
    base = _SPELLINGS.get(token.text.lower(), token.text.lower())
    if base == "double":
        cursor.takes("PRECISION")
    if base == "array":
        cursor.need("<")
        element = hive_type(cursor)
        cursor.need(">")
        return f"array<{element}>"
    if base == "map":
        cursor.need("<")
        key = hive_type(cursor)
        cursor.need(",")
        value = hive_type(cursor)
        cursor.need(">")
        return f"map<{key},{value}>"
    if base == "struct":
        return _struct(cursor)
    if base not in SIMPLE_TYPES:
        cursor.index -= 1
        raise cursor.mismatch()
    return base + _parameters(cursor)


def _struct(cursor: Cursor) -> str:
    cursor.need("<")
    fields = []
    while True:
        name = hive_name(cursor).lower
        cursor.need(":")
        fields.append(f"{name}:{hive_type(cursor)}")
        if cursor.takes("COMMENT"):
            hive_string(cursor)
        if not cursor.takes(","):
            break
    cursor.need(">")
    return f"struct<{','.join(fields)}>"


def _parameters(cursor: Cursor) -> str:
    if not cursor.takes("("):
        return ""
    numbers = [cursor.need_kind("integer", label="Number").text]
    while cursor.takes(","):
        numbers.append(cursor.need_kind("integer", label="Number").text)
    cursor.need(")")
    return f"({','.join(numbers)})"
