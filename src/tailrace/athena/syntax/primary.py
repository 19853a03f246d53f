"""What binds tightest in an expression: literals, names, calls, CASE, CAST, subqueries, subscripts and fields."""

from collections.abc import Callable

from tailrace.athena.syntax import expression as grammar
from tailrace.athena.syntax import query as queries
from tailrace.athena.syntax.call import call, listagg
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.problem import Unsupported
from tailrace.athena.syntax.token import Token, unquoted
from tailrace.athena.syntax.tree import (
    ArrayOf,
    Case,
    Cast,
    Column,
    Constant,
    Dereference,
    Exists,
    Expression,
    Extract,
    Function,
    Grouping,
    IntervalConstant,
    Lambda,
    Parameter,
    RowOf,
    ScalarQuery,
    Special,
    Subscript,
    TypedConstant,
    TypeName,
    When,
)
from tailrace.athena.syntax.type_name import identifier, type_name

_LITERALS = {"integer": "integer", "decimal": "decimal", "double": "double", "string": "string", "unicode": "string"}
_SPECIALS = {
    "CURRENT_DATE": False,
    "CURRENT_TIME": True,
    "CURRENT_TIMESTAMP": True,
    "LOCALTIME": True,
    "LOCALTIMESTAMP": True,
    "CURRENT_USER": False,
    "CURRENT_CATALOG": False,
    "CURRENT_SCHEMA": False,
}
_INTERVAL_FIELDS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_TYPED = ("TIME", "TIMESTAMP", "DATE", "DECIMAL", "CHAR", "VARCHAR", "JSON", "BIGINT", "SMALLINT", "TINYINT", "REAL",
          "INTEGER", "INT", "DOUBLE", "BOOLEAN", "UUID", "IPADDRESS", "VARBINARY")  # fmt: skip


def primary(cursor: Cursor) -> Expression:
    """Read a primary expression with the subscripts and fields after it."""
    with cursor.rule("<expression>"):
        read = _atom(cursor)
    while True:
        if cursor.takes("["):
            index = grammar.value_expression(cursor)
            cursor.need("]")
            read = Subscript(read.at, read, index)
        elif cursor.takes("."):
            read = Dereference(read.at, read, identifier(cursor))
        else:
            return read


def _atom(cursor: Cursor) -> Expression:
    token = cursor.token
    if token.kind in _LITERALS:
        cursor.next()
        return Constant(token.at, _LITERALS[token.kind], unquoted(token))  # type: ignore[arg-type]
    if token.kind == "binary":
        cursor.next()
        return Constant(token.at, "binary", token.text[2:-1])
    if token.kind == "operator":
        return _punctuated(cursor)
    reader = _KEYWORDS.get(token.upper) if token.kind == "word" else None
    if reader is not None:
        return reader(cursor)
    if token.upper in _SPECIALS and token.kind == "word":
        return _special(cursor)
    return _named(cursor)


def _punctuated(cursor: Cursor) -> Expression:
    token = cursor.token
    if token.text == "?":
        cursor.next()
        cursor.parameters += 1
        return Parameter(token.at, cursor.parameters - 1)
    if token.text == "(":
        return _parenthesized(cursor)
    raise cursor.mismatch()


def _parenthesized(cursor: Cursor) -> Expression:
    arguments = _lambda_arguments(cursor)
    if arguments is not None:
        return arguments
    token = cursor.token
    start = cursor.index
    if queries.begins_query(cursor, 1):
        parameters = cursor.parameters
        cursor.next()
        inner = queries.query(cursor)
        if cursor.takes(")"):
            return ScalarQuery(token.at, inner)
        # What began like a query was the first part of an expression: ((SELECT 1) + 1)
        if cursor.tokens[start + 1].text != "(":
            cursor.need(")")
        cursor.index, cursor.parameters = start, parameters
    cursor.next()
    items = grammar.expressions(cursor)
    cursor.need(")")
    return items[0] if len(items) == 1 else RowOf(token.at, items)


def _lambda_arguments(cursor: Cursor) -> Lambda | None:
    count = 1
    while cursor.ahead(count).kind in ("word", "quoted") and cursor.ahead(count + 1).text == ",":
        count += 2
    if cursor.ahead(count).kind in ("word", "quoted"):
        count += 1
    if cursor.ahead(count).text != ")" or cursor.ahead(count + 1).text != "->":
        return None
    at = cursor.next().at
    names = []
    while not cursor.takes(")"):
        names.append(identifier(cursor))
        if not cursor.sees(")"):
            cursor.need(",")
    cursor.need("->")
    return Lambda(at, tuple(names), grammar.expression(cursor))


def _named(cursor: Cursor) -> Expression:
    token = cursor.token
    following = cursor.ahead()
    if following.kind == "string" and token.upper in _TYPED and token.kind == "word":
        cursor.next()
        return TypedConstant(token.at, TypeName(token.upper.lower(), (), token.at), unquoted(cursor.next()))
    if token.upper == "DOUBLE" and following.upper == "PRECISION":
        cursor.need("DOUBLE", "PRECISION")
        return TypedConstant(token.at, TypeName("double", (), token.at), _string(cursor))
    if not cursor.sees_identifier():
        raise cursor.mismatch()
    if following.text == "->" and following.kind == "operator":
        name = identifier(cursor)
        cursor.need("->")
        return Lambda(token.at, (name,), grammar.expression(cursor))
    called = call(cursor)
    return called if called is not None else Column(token.at, identifier(cursor))


def _string(cursor: Cursor) -> str:
    return unquoted(cursor.need_kind("string", "unicode", label="<string>"))


def _special(cursor: Cursor) -> Expression:
    token = cursor.next()
    precision = None
    if _SPECIALS[token.upper] and cursor.takes("("):
        precision = int(cursor.need_kind("integer", label="<integer>").text)
        cursor.need(")")
    return Special(token.at, token.upper, precision)


def _keyword_constant(cursor: Cursor) -> Expression:
    token = cursor.next()
    if token.upper == "NULL":
        return Constant(token.at, "null", "NULL")
    return Constant(token.at, "boolean", token.upper.lower())


def _interval(cursor: Cursor) -> Expression:
    following = cursor.ahead()
    if following.kind not in ("string",) and following.text not in ("+", "-"):
        return _named(cursor)
    token = cursor.next()
    negative = cursor.takes("-")
    if not negative:
        cursor.takes("+")
    text = _string(cursor)
    start = _interval_field(cursor)
    end = _interval_field(cursor) if cursor.takes("TO") else None
    return IntervalConstant(token.at, negative, text, start, end)


def _interval_field(cursor: Cursor) -> str:
    if not cursor.sees(*_INTERVAL_FIELDS):
        raise cursor.mismatch()
    return cursor.next().upper


def _case(cursor: Cursor) -> Expression:
    at = cursor.next().at
    operand = None if cursor.sees("WHEN") else grammar.expression(cursor)
    whens = []
    while cursor.sees("WHEN"):
        when_at = cursor.next().at
        condition = grammar.expression(cursor)
        cursor.need("THEN")
        whens.append(When(when_at, condition, grammar.expression(cursor)))
    if not whens:
        cursor.need("WHEN")
    otherwise = grammar.expression(cursor) if cursor.takes("ELSE") else None
    cursor.need("END")
    return Case(at, operand, tuple(whens), otherwise)


def _cast(cursor: Cursor) -> Expression:
    token = cursor.next()
    cursor.need("(")
    operand = grammar.expression(cursor)
    cursor.need("AS")
    target = type_name(cursor)
    cursor.need(")")
    return Cast(token.at, operand, target, token.upper == "TRY_CAST")


def _exists(cursor: Cursor) -> Expression:
    at = cursor.need("EXISTS", "(").at
    inner = queries.query(cursor)
    cursor.need(")")
    return Exists(at, inner)


def _array(cursor: Cursor) -> Expression:
    if cursor.ahead().text != "[":
        return _named(cursor)
    at = cursor.need("ARRAY", "[").at
    items = () if cursor.sees("]") else grammar.expressions(cursor)
    cursor.need("]")
    return ArrayOf(at, items)


def _row(cursor: Cursor) -> Expression:
    if cursor.ahead().text != "(":
        return _named(cursor)
    at = cursor.need("ROW", "(").at
    items = grammar.expressions(cursor)
    cursor.need(")")
    return RowOf(at, items)


def _extract(cursor: Cursor) -> Expression:
    at = cursor.need("EXTRACT", "(").at
    field = identifier(cursor)
    cursor.need("FROM")
    operand = grammar.value_expression(cursor)
    cursor.need(")")
    return Extract(at, field, operand)


def _grouping(cursor: Cursor) -> Expression:
    at = cursor.need("GROUPING", "(").at
    columns = grammar.expressions(cursor)
    cursor.need(")")
    return Grouping(at, columns)


def _position(cursor: Cursor) -> Expression:
    if cursor.ahead().text != "(":
        return _named(cursor)
    at = cursor.need("POSITION", "(").at
    part = grammar.value_expression(cursor)
    cursor.need("IN")
    whole = grammar.value_expression(cursor)
    cursor.need(")")
    return Function(at, "strpos", (whole, part))


def _substring(cursor: Cursor) -> Expression:
    if cursor.ahead().text != "(":
        return _named(cursor)
    token: Token = cursor.need("SUBSTRING", "(")
    arguments = [grammar.value_expression(cursor)]
    separator, second = ("FROM", "FOR") if cursor.sees("FROM") else (",", ",")
    cursor.need(separator)
    arguments.append(grammar.value_expression(cursor))
    if cursor.takes(second):
        arguments.append(grammar.value_expression(cursor))
    cursor.need(")")
    return Function(token.at, "substring", tuple(arguments))


def _trim(cursor: Cursor) -> Expression:
    at = cursor.need("TRIM", "(").at
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(cursor.token.upper, "trim")
    specified = cursor.sees("LEADING", "TRAILING", "BOTH") and cursor.ahead().text not in (")", ",", ".")
    if specified:
        cursor.next()
    else:
        name = "trim"
    characters = None if cursor.sees("FROM") else grammar.value_expression(cursor)
    if cursor.takes("FROM"):
        source = grammar.value_expression(cursor)
    elif characters is not None and not specified:
        source, characters = characters, grammar.value_expression(cursor) if cursor.takes(",") else None
    else:
        cursor.need("FROM")
        raise AssertionError
    cursor.need(")")
    return Function(at, name, (source,) if characters is None else (source, characters))


def _normalize(cursor: Cursor) -> Expression:
    at = cursor.need("NORMALIZE", "(").at
    value = grammar.value_expression(cursor)
    if cursor.takes(",") and not cursor.takes("NFC"):
        raise Unsupported("Normal forms other than NFC are not implemented in Tailrace yet")
    cursor.need(")")
    return Function(at, "normalize", (value,))


_KEYWORDS: dict[str, Callable[[Cursor], Expression]] = {
    "NULL": _keyword_constant,
    "TRUE": _keyword_constant,
    "FALSE": _keyword_constant,
    "INTERVAL": _interval,
    "CASE": _case,
    "CAST": _cast,
    "TRY_CAST": _cast,
    "EXISTS": _exists,
    "ARRAY": _array,
    "ROW": _row,
    "EXTRACT": _extract,
    "GROUPING": _grouping,
    "POSITION": _position,
    "SUBSTRING": _substring,
    "TRIM": _trim,
    "NORMALIZE": _normalize,
    "LISTAGG": listagg,
}
