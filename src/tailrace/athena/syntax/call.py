"""Calls of functions: DISTINCT, ORDER BY, FILTER, IGNORE NULLS, OVER, and LISTAGG … WITHIN GROUP."""

from typing import Literal

from tailrace.athena.syntax import expression as grammar
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.query_tree import Frame, FrameBound, OrderItem, Window
from tailrace.athena.syntax.token import Position, unquoted
from tailrace.athena.syntax.tree import Constant, Expression, Function, Name
from tailrace.athena.syntax.type_name import identifier

_FRAME_UNITS = ("RANGE", "ROWS", "GROUPS")


def call(cursor: Cursor) -> Function | None:
    """Read the call of a function if one comes next: a name, perhaps with dots, and a parenthesis."""
    count = 0
    while cursor.ahead(count + 1).text == "." and cursor.ahead(count + 2).kind in ("word", "quoted"):
        count += 2
    if cursor.ahead(count + 1).text != "(":
        return None
    at = cursor.at
    name = identifier(cursor).lower
    while cursor.takes("."):
        name = f"{name}.{identifier(cursor).lower}"
    cursor.need("(")
    if cursor.takes("*"):
        cursor.need(")")
        return _finished(cursor, at, name, (), star=True)
    distinct = _quantifier(cursor)
    arguments = () if cursor.sees(")") else grammar.expressions(cursor)
    order = order_by(cursor) if arguments else ()
    cursor.need(")")
    return _finished(cursor, at, name, arguments, distinct=distinct, order=order)


def listagg(cursor: Cursor) -> Expression:
    """Read LISTAGG(expression [, separator] [ON OVERFLOW ERROR]) WITHIN GROUP (ORDER BY …)."""
    at = cursor.need("LISTAGG", "(").at
    distinct = _quantifier(cursor)
    arguments = [grammar.expression(cursor)]
    if cursor.takes(","):
        separator = cursor.need_kind("string", "unicode", label="<string>")
        arguments.append(Constant(separator.at, "string", unquoted(separator)))
    if cursor.takes("ON", "OVERFLOW"):
        cursor.need("ERROR")
    cursor.need(")")
    cursor.need("WITHIN", "GROUP", "(")
    order = order_by(cursor)
    cursor.need(")")
    return Function(at, "listagg", tuple(arguments), distinct=distinct, order=order, filter=_filter(cursor))


def _quantifier(cursor: Cursor) -> bool:
    distinct = cursor.takes("DISTINCT")
    if not distinct and cursor.sees("ALL") and cursor.ahead().text != ")":
        cursor.next()
    return distinct


def _finished(
    cursor: Cursor,
    at: Position,
    name: str,
    arguments: tuple[Expression, ...],
    *,
    star: bool = False,
    distinct: bool = False,
    order: tuple[OrderItem, ...] = (),
) -> Function:
    condition = _filter(cursor)
    nulls: Literal["IGNORE", "RESPECT"] | None = None
    if cursor.takes("IGNORE", "NULLS"):
        nulls = "IGNORE"
    elif cursor.takes("RESPECT", "NULLS"):
        nulls = "RESPECT"
    over = _over(cursor)
    return Function(at, name, arguments, star, distinct, order, condition, nulls, over)


def _filter(cursor: Cursor) -> Expression | None:
    if not cursor.takes("FILTER", "("):
        return None
    cursor.need("WHERE")
    condition = grammar.expression(cursor)
    cursor.need(")")
    return condition


def order_by(cursor: Cursor) -> tuple[OrderItem, ...]:
    """Read ORDER BY …, or nothing."""
    if not cursor.takes("ORDER", "BY"):
        return ()
    items = [_order_item(cursor)]
    while cursor.takes(","):
        items.append(_order_item(cursor))
    return tuple(items)


def _order_item(cursor: Cursor) -> OrderItem:
    at = cursor.at
    key = grammar.expression(cursor)
    descending = cursor.takes("DESC")
    if not descending:
        cursor.takes("ASC")
    nulls_first = False
    if cursor.takes("NULLS"):
        nulls_first = cursor.takes("FIRST")
        if not nulls_first:
            cursor.need("LAST")
    return OrderItem(at, key, descending, nulls_first)


def _over(cursor: Cursor) -> Window | None:
    if not cursor.sees("OVER"):
        return None
    at = cursor.next().at
    if cursor.takes("("):
        window = window_specification(cursor, at, None)
        cursor.need(")")
        return window
    return Window(at, identifier(cursor), (), (), None)


def window_specification(cursor: Cursor, at: Position, defined: Name | None) -> Window:
    """Read [existing] [PARTITION BY …] [ORDER BY …] [frame]; ``defined`` is the name that WINDOW gives it."""
    existing = defined
    if not cursor.sees("PARTITION", "ORDER", *_FRAME_UNITS, ")"):
        existing = identifier(cursor)
    partition: tuple[Expression, ...] = ()
    if cursor.takes("PARTITION", "BY"):
        partition = grammar.expressions(cursor)
    order = order_by(cursor)
    return Window(at, existing, partition, order, _frame(cursor))


def _frame(cursor: Cursor) -> Frame | None:
    if not cursor.sees(*_FRAME_UNITS):
        return None
    token = cursor.next()
    if cursor.takes("BETWEEN"):
        start = _bound(cursor)
        cursor.need("AND")
        return Frame(token.at, token.upper, start, _bound(cursor))
    return Frame(token.at, token.upper, _bound(cursor), None)


def _bound(cursor: Cursor) -> FrameBound:
    at = cursor.at
    if cursor.takes("CURRENT", "ROW"):
        return FrameBound(at, "CURRENT ROW", None)
    if cursor.takes("UNBOUNDED"):
        return FrameBound(at, f"UNBOUNDED {_direction(cursor)}", None)
    value = grammar.expression(cursor)
    return FrameBound(at, _direction(cursor), value)


def _direction(cursor: Cursor) -> str:
    if not cursor.sees("PRECEDING", "FOLLOWING"):
        raise cursor.mismatch()
    return cursor.next().upper
