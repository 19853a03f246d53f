"""Queries: WITH, SELECT, set operations, VALUES, ORDER BY, OFFSET, LIMIT. What stands in FROM is in relation.py."""

from typing import Literal

from tailrace.athena.syntax import expression as grammar
from tailrace.athena.syntax import relation as relations
from tailrace.athena.syntax.call import order_by, window_specification
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.query_tree import (
    AllColumns,
    Body,
    GroupingElement,
    NamedQuery,
    QualifiedName,
    Query,
    Select,
    SelectItem,
    SetOperation,
    TableBody,
    Values,
    Window,
)
from tailrace.athena.syntax.token import unquoted
from tailrace.athena.syntax.tree import Column, Constant, Dereference, Expression, Name, Parameter, RowOf
from tailrace.athena.syntax.type_name import alias, identifier

_BEGINNINGS = ("SELECT", "WITH", "VALUES", "TABLE")


def begins_query(cursor: Cursor, count: int = 0) -> bool:
    """Tell whether a query comes ``count`` tokens ahead, perhaps in parentheses."""
    while cursor.ahead(count).text == "(":
        count += 1
    token = cursor.ahead(count)
    return token.kind == "word" and token.upper in _BEGINNINGS


def query(cursor: Cursor) -> Query:
    """Read a query."""
    at = cursor.at
    named: list[NamedQuery] = []
    recursive = False
    with cursor.rule("<query>"):
        if cursor.takes("WITH"):
            recursive = cursor.takes("RECURSIVE")
            named.append(_named_query(cursor))
            while cursor.takes(","):
                named.append(_named_query(cursor))
        body = _term(cursor)
    order = order_by(cursor)
    offset: Expression | None = None
    if cursor.takes("OFFSET"):
        offset = _count(cursor)
        if not cursor.takes("ROWS"):
            cursor.takes("ROW")
    return Query(at, recursive, tuple(named), body, order, offset, _limit(cursor))


def _limit(cursor: Cursor) -> Expression | None:
    if cursor.takes("LIMIT"):
        return None if cursor.takes("ALL") else _count(cursor)
    if not cursor.takes("FETCH"):
        return None
    if not cursor.takes("FIRST"):
        cursor.need("NEXT")
    at = cursor.at
    limit = Constant(at, "integer", "1") if cursor.sees("ROW", "ROWS") else _count(cursor)
    if not cursor.takes("ROW"):
        cursor.need("ROWS")
    cursor.need("ONLY")
    return limit


def _count(cursor: Cursor) -> Expression:
    if cursor.sees("?"):
        cursor.parameters += 1
        return Parameter(cursor.next().at, cursor.parameters - 1)
    token = cursor.need_kind("integer", label="<integer>")
    return Constant(token.at, "integer", token.text)


def _named_query(cursor: Cursor) -> NamedQuery:
    at = cursor.at
    name = identifier(cursor)
    columns = column_names(cursor)
    cursor.need("AS", "(")
    inner = query(cursor)
    cursor.need(")")
    return NamedQuery(at, name, columns, inner)


def column_names(cursor: Cursor) -> tuple[Name, ...]:
    """Read (a, b, …), or nothing."""
    if not cursor.takes("("):
        return ()
    names = [identifier(cursor)]
    while cursor.takes(","):
        names.append(identifier(cursor))
    cursor.need(")")
    return tuple(names)


def qualified_name(cursor: Cursor) -> QualifiedName:
    """Read a name with dots."""
    at = cursor.at
    parts = [identifier(cursor)]
    while cursor.takes("."):
        parts.append(identifier(cursor))
    return QualifiedName(at, tuple(parts))


def _term(cursor: Cursor) -> Body:
    left = _intersection(cursor)
    while cursor.sees("UNION", "EXCEPT"):
        token = cursor.next()
        operator: Literal["UNION", "EXCEPT"] = "UNION" if token.upper == "UNION" else "EXCEPT"
        every = _every(cursor)
        left = SetOperation(left.at, operator, every, left, _intersection(cursor))
    return left


def _intersection(cursor: Cursor) -> Body:
    left = _body(cursor)
    while cursor.takes("INTERSECT"):
        every = _every(cursor)
        left = SetOperation(left.at, "INTERSECT", every, left, _body(cursor))
    return left


def _every(cursor: Cursor) -> bool:
    every = cursor.takes("ALL")
    if not every:
        cursor.takes("DISTINCT")
    return every


def _body(cursor: Cursor) -> Body:
    token = cursor.token
    if cursor.sees("SELECT"):
        return _select(cursor)
    if cursor.takes("VALUES"):
        return Values(token.at, grammar.expressions(cursor))
    if cursor.takes("TABLE"):
        return TableBody(token.at, qualified_name(cursor))
    if cursor.takes("("):
        inner = query(cursor)
        cursor.need(")")
        return inner
    raise cursor.mismatch()


def _select(cursor: Cursor) -> Select:
    at = cursor.need("SELECT").at
    distinct = cursor.takes("DISTINCT")
    if not distinct:
        cursor.takes("ALL")
    items = [_item(cursor)]
    while cursor.takes(","):
        items.append(_item(cursor))
    source = relations.source(cursor) if cursor.takes("FROM") else None
    where = grammar.expression(cursor) if cursor.takes("WHERE") else None
    group_by = _group_by(cursor) if cursor.takes("GROUP", "BY") else None
    having = grammar.expression(cursor) if cursor.takes("HAVING") else None
    windows = _windows(cursor) if cursor.takes("WINDOW") else ()
    return Select(at, distinct, tuple(items), source, where, group_by, having, windows)


def _item(cursor: Cursor) -> SelectItem | AllColumns:
    at = cursor.at
    if cursor.takes("*"):
        return AllColumns(at, None, ())
    value = _value_or_all(cursor)
    if isinstance(value, AllColumns):
        return value
    return SelectItem(at, value, alias(cursor))


def _value_or_all(cursor: Cursor) -> Expression | AllColumns:
    at = cursor.at
    count = 0
    while cursor.ahead(count).kind in ("word", "quoted") and cursor.ahead(count + 1).text == ".":
        count += 2
        if cursor.ahead(count).text == "*":
            base = _dotted(cursor, count // 2)
            cursor.need("*")
            return AllColumns(at, base, column_names(cursor) if cursor.takes("AS") else ())
    value = grammar.expression(cursor)
    if cursor.sees_all(".", "*"):
        cursor.need(".", "*")
        return AllColumns(at, value, column_names(cursor) if cursor.takes("AS") else ())
    return value


def _dotted(cursor: Cursor, parts: int) -> Expression:
    at = cursor.at
    base: Expression = Column(at, identifier(cursor))
    cursor.need(".")
    for _ in range(parts - 1):
        base = Dereference(at, base, identifier(cursor))
        cursor.need(".")
    return base


def _group_by(cursor: Cursor) -> tuple[GroupingElement, ...]:
    if cursor.takes("DISTINCT"):
        pass
    elif cursor.sees("ALL"):
        cursor.next()
    elements = [_grouping_element(cursor)]
    while cursor.takes(","):
        elements.append(_grouping_element(cursor))
    return tuple(elements)


def _grouping_element(cursor: Cursor) -> GroupingElement:
    at = cursor.at
    if cursor.takes("ROLLUP", "("):
        return GroupingElement(at, "ROLLUP", _grouping_sets(cursor))
    if cursor.takes("CUBE", "("):
        return GroupingElement(at, "CUBE", _grouping_sets(cursor))
    if cursor.takes("GROUPING", "SETS", "("):
        return GroupingElement(at, "SETS", _grouping_sets(cursor))
    return GroupingElement(at, "SIMPLE", (_grouping_set(cursor),))


def _grouping_sets(cursor: Cursor) -> tuple[tuple[Expression, ...], ...]:
    sets = [_grouping_set(cursor)]
    while cursor.takes(","):
        sets.append(_grouping_set(cursor))
    cursor.need(")")
    return tuple(sets)


def _grouping_set(cursor: Cursor) -> tuple[Expression, ...]:
    if cursor.sees("(") and cursor.ahead().text == ")":
        cursor.need("(", ")")
        return ()
    element = grammar.expression(cursor)
    return element.items if isinstance(element, RowOf) and cursor.text[_offset(cursor, element)] == "(" else (element,)


def _offset(cursor: Cursor, element: Expression) -> int:
    return next(token.offset for token in cursor.tokens if token.at == element.at)


def _windows(cursor: Cursor) -> tuple[Window, ...]:
    found = [_window(cursor)]
    while cursor.takes(","):
        found.append(_window(cursor))
    return tuple(found)


def _window(cursor: Cursor) -> Window:
    at = cursor.at
    name = identifier(cursor)
    cursor.need("AS", "(")
    window = window_specification(cursor, at, name)
    cursor.need(")")
    return window


def string(cursor: Cursor) -> str:
    """Read a string."""
    return unquoted(cursor.need_kind("string", "unicode", label="<string>"))
