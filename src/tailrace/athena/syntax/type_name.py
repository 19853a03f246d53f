"""Type names of queries: decimal(10, 2), array(row(x integer)), timestamp(3) with time zone."""

from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.token import unquoted
from tailrace.athena.syntax.tree import Name, TypeName

_TIME_BASES = ("TIME", "TIMESTAMP")
# Words that are names as well: what follows tells that they begin a clause.
_CLAUSES = {
    "LIMIT": ("integer", "string", "ALL", "?"),
    "OFFSET": ("integer", "string", "?"),
    "FETCH": ("FIRST", "NEXT"),
    "WINDOW": ("word", "quoted"),
    "TABLESAMPLE": ("BERNOULLI", "SYSTEM"),
    "MATCH_RECOGNIZE": ("(",),
}


def identifier(cursor: Cursor) -> Name:
    """Read an identifier."""
    if not cursor.sees_identifier():
        raise cursor.mismatch()
    token = cursor.next()
    return Name(unquoted(token), token.at, token.kind == "quoted")


def alias(cursor: Cursor) -> Name | None:
    """Read [AS] alias, or nothing."""
    if cursor.takes("AS"):
        return identifier(cursor)
    following = cursor.ahead()
    begins = _CLAUSES.get(cursor.token.upper, ())
    if following.kind in begins or following.upper in begins:
        return None
    return identifier(cursor) if cursor.sees_identifier() else None


def type_name(cursor: Cursor) -> TypeName:
    """Read a type, with any number of ARRAY after it."""
    with cursor.rule("<type>"):
        read = _simple(cursor)
    while cursor.takes("ARRAY"):
        if cursor.takes("["):
            cursor.need_kind("integer", label="<integer>")
            cursor.need("]")
        read = TypeName("array", (read,), read.at)
    return read


def _simple(cursor: Cursor) -> TypeName:
    at = cursor.at
    if cursor.sees_all("ROW", "("):
        return _row(cursor)
    if cursor.sees(*_TIME_BASES):
        return _time(cursor)
    if cursor.takes("DOUBLE", "PRECISION"):
        return TypeName("double", (), at)
    if cursor.takes("INTERVAL"):
        start = cursor.next().upper
        if cursor.takes("TO"):
            cursor.next()
        return TypeName("interval year to month" if start in ("YEAR", "MONTH") else "interval day to second", (), at)
    base = identifier(cursor).lower
    return TypeName(base, _parameters(cursor), at)


def _row(cursor: Cursor) -> TypeName:
    at = cursor.need("ROW", "(").at
    parts: list[tuple[str | None, TypeName]] = [_field(cursor)]
    while cursor.takes(","):
        parts.append(_field(cursor))
    cursor.need(")")
    return TypeName("row", tuple(parts), at)


def _field(cursor: Cursor) -> tuple[str | None, TypeName]:
    following = cursor.ahead()
    named = not (following.kind == "operator" and following.text in (",", ")", "(", "<"))
    two_words = cursor.token.upper in ("DOUBLE", *_TIME_BASES) and following.upper in ("PRECISION", "WITH", "WITHOUT")
    suffixed = following.upper == "ARRAY" and cursor.ahead(2).text not in ("(", "<")
    if named and not two_words and not suffixed:
        return identifier(cursor).lower, type_name(cursor)
    return None, type_name(cursor)


def _time(cursor: Cursor) -> TypeName:
    token = cursor.next()
    parameters = _parameters(cursor)
    zoned = False
    if cursor.takes("WITH", "TIME", "ZONE"):
        zoned = True
    elif cursor.takes("WITHOUT", "TIME", "ZONE"):
        pass
    base = token.upper.lower()
    return TypeName(f"{base} with time zone" if zoned else base, parameters, token.at)


def _parameters(cursor: Cursor) -> tuple[int | TypeName | tuple[str | None, TypeName], ...]:
    if cursor.takes("<"):
        closing = ">"
    elif cursor.takes("("):
        closing = ")"
    else:
        return ()
    parameters: list[int | TypeName | tuple[str | None, TypeName]] = [_parameter(cursor)]
    while cursor.takes(","):
        parameters.append(_parameter(cursor))
    cursor.need(closing)
    return tuple(parameters)


def _parameter(cursor: Cursor) -> int | TypeName:
    if cursor.token.kind == "integer":
        return int(cursor.next().text)
    return type_name(cursor)
