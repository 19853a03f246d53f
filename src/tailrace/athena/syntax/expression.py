"""Expressions by precedence: OR, AND, NOT, predicates, ||, + -, * / %, signs, AT TIME ZONE; what binds tighter is in
primary.py. Positions follow Trino: an operator's own place for comparisons and arithmetic.
"""

from tailrace.athena.syntax import primary as primaries
from tailrace.athena.syntax import query as queries
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import (
    AtTimeZone,
    Between,
    Binary,
    Expression,
    InList,
    InQuery,
    IsNull,
    Like,
    Logical,
    QuantifiedComparison,
    Unary,
)

COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_ADDITIVE = ("+", "-")
_MULTIPLICATIVE = ("*", "/", "%")


def expression(cursor: Cursor) -> Expression:
    """Read any expression."""
    with cursor.rule("<expression>"):
        first = _conjunction(cursor)
    if not cursor.sees("OR"):
        return first
    terms = [first]
    while cursor.takes("OR"):
        terms.append(_conjunction(cursor))
    return Logical(first.at, "OR", tuple(terms))


def expressions(cursor: Cursor) -> tuple[Expression, ...]:
    """Read one or more expressions between commas."""
    found = [expression(cursor)]
    while cursor.takes(","):
        found.append(expression(cursor))
    return tuple(found)


def _conjunction(cursor: Cursor) -> Expression:
    first = _negation(cursor)
    if not cursor.sees("AND"):
        return first
    terms = [first]
    while cursor.takes("AND"):
        terms.append(_negation(cursor))
    return Logical(first.at, "AND", tuple(terms))


def _negation(cursor: Cursor) -> Expression:
    with cursor.rule("<expression>"):
        if cursor.sees("NOT"):
            at = cursor.next().at
            return Unary(at, "NOT", _negation(cursor))
        value = value_expression(cursor)
    return _predicate(cursor, value)


def _predicate(cursor: Cursor, operand: Expression) -> Expression:
    at = cursor.at
    with cursor.rule("<predicate>"):
        if cursor.sees(*COMPARISONS):
            return _comparison(cursor, operand)
        if cursor.takes("IS"):
            return _is(cursor, operand, at)
        negated = cursor.takes("NOT")
        if cursor.takes("BETWEEN"):
            low = value_expression(cursor)
            cursor.need("AND")
            return Between(at, operand, low, value_expression(cursor), negated)
        if cursor.takes("IN"):
            return _in(cursor, operand, negated, at)
        if cursor.takes("LIKE"):
            pattern = value_expression(cursor)
            escape = value_expression(cursor) if cursor.takes("ESCAPE") else None
            return Like(at, operand, pattern, escape, negated)
        if negated:
            raise cursor.mismatch()
    return operand


def _comparison(cursor: Cursor, left: Expression) -> Expression:
    token = cursor.next()
    operator = "<>" if token.text == "!=" else token.text
    if cursor.sees("ALL", "SOME", "ANY") and cursor.ahead().text == "(":
        quantifier = "ANY" if cursor.next().upper != "ALL" else "ALL"
        cursor.need("(")
        inner = queries.query(cursor)
        cursor.need(")")
        return QuantifiedComparison(token.at, operator, quantifier, left, inner)
    return Binary(token.at, operator, left, value_expression(cursor))


def _is(cursor: Cursor, operand: Expression, at: Position) -> Expression:
    negated = cursor.takes("NOT")
    if cursor.takes("NULL"):
        return IsNull(at, operand, negated)
    cursor.need("DISTINCT", "FROM")
    operator = "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM"
    return Binary(at, operator, operand, value_expression(cursor))


def _in(cursor: Cursor, operand: Expression, negated: bool, at: Position) -> Expression:
    cursor.need("(")
    if queries.begins_query(cursor):
        inner = queries.query(cursor)
        cursor.need(")")
        return InQuery(at, operand, inner, negated)
    items = expressions(cursor)
    cursor.need(")")
    return InList(at, operand, items, negated)


def value_expression(cursor: Cursor) -> Expression:
    """Read what can stand on one side of a comparison."""
    with cursor.rule("<expression>"):
        left = _sum(cursor)
    while cursor.sees("||"):
        at = cursor.next().at
        left = Binary(at, "||", left, _sum(cursor))
    return left


def _sum(cursor: Cursor) -> Expression:
    left = _product(cursor)
    while cursor.sees(*_ADDITIVE):
        token = cursor.next()
        left = Binary(token.at, token.text, left, _product(cursor))
    return left


def _product(cursor: Cursor) -> Expression:
    left = _signed(cursor)
    while cursor.sees(*_MULTIPLICATIVE):
        token = cursor.next()
        left = Binary(token.at, token.text, left, _signed(cursor))
    return left


def _signed(cursor: Cursor) -> Expression:
    with cursor.rule("<expression>"):
        if cursor.sees(*_ADDITIVE):
            token = cursor.next()
            return Unary(token.at, token.text, _signed(cursor))
        operand = primaries.primary(cursor)
    while cursor.sees_all("AT", "TIME", "ZONE"):
        at = cursor.next().at
        cursor.need("TIME", "ZONE")
        operand = AtTimeZone(at, operand, primaries.primary(cursor))
    return operand
