"""What stands in FROM: tables, subqueries, UNNEST, LATERAL, joins, samples and their aliases."""

from typing import Literal

from tailrace.athena.syntax import expression as grammar
from tailrace.athena.syntax import query as queries
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.problem import Unsupported
from tailrace.athena.syntax.query_tree import Aliased, Join, Relation, Sampled, SubqueryRelation, Table, Unnest
from tailrace.athena.syntax.type_name import alias

_JOIN_WORDS = ("CROSS", "INNER", "LEFT", "RIGHT", "FULL", "JOIN", "NATURAL")
_NOT_BUILT = {
    "MATCH_RECOGNIZE": "MATCH_RECOGNIZE is not implemented in Tailrace yet",
    "JSON_TABLE": "JSON_TABLE is not implemented in Tailrace yet",
}


def source(cursor: Cursor) -> Relation:
    """Read the relations of FROM; those between commas are cross joins."""
    read = relation(cursor)
    while cursor.takes(","):
        read = Join(read.at, "CROSS", read, relation(cursor))
    return read


def relation(cursor: Cursor) -> Relation:
    """Read a relation with the joins after it."""
    left = _sampled(cursor)
    while cursor.sees(*_JOIN_WORDS):
        left = _join(cursor, left)
    return left


def _join(cursor: Cursor, left: Relation) -> Relation:
    if cursor.takes("CROSS"):
        cursor.need("JOIN")
        return Join(left.at, "CROSS", left, _sampled(cursor))
    natural = cursor.takes("NATURAL")
    kind = _join_kind(cursor)
    cursor.need("JOIN")
    if natural:
        return Join(left.at, kind, left, _sampled(cursor), natural=True)
    right = relation(cursor)
    if cursor.takes("ON"):
        return Join(left.at, kind, left, right, on=grammar.expression(cursor))
    cursor.need("USING")
    if not cursor.sees("("):
        raise cursor.mismatch()
    return Join(left.at, kind, left, right, using=queries.column_names(cursor))


def _join_kind(cursor: Cursor) -> Literal["INNER", "LEFT", "RIGHT", "FULL"]:
    if cursor.takes("LEFT"):
        cursor.takes("OUTER")
        return "LEFT"
    if cursor.takes("RIGHT"):
        cursor.takes("OUTER")
        return "RIGHT"
    if cursor.takes("FULL"):
        cursor.takes("OUTER")
        return "FULL"
    cursor.takes("INNER")
    return "INNER"


def _sampled(cursor: Cursor) -> Relation:
    read = _aliased(cursor)
    if cursor.token.upper in _NOT_BUILT:
        raise Unsupported(_NOT_BUILT[cursor.token.upper])
    if not cursor.sees("TABLESAMPLE"):
        return read
    at = cursor.next().at
    if not cursor.sees("BERNOULLI", "SYSTEM"):
        raise cursor.mismatch()
    method = cursor.next().upper
    cursor.need("(")
    percentage = grammar.expression(cursor)
    cursor.need(")")
    return Sampled(at, read, method, percentage)


def _aliased(cursor: Cursor) -> Relation:
    read = _primary(cursor)
    name = alias(cursor)
    return read if name is None else Aliased(read.at, read, name, queries.column_names(cursor))


def _primary(cursor: Cursor) -> Relation:
    token = cursor.token
    if cursor.takes("UNNEST"):
        cursor.need("(")
        values = grammar.expressions(cursor)
        cursor.need(")")
        return Unnest(token.at, values, cursor.takes("WITH", "ORDINALITY"))
    if cursor.takes("LATERAL"):
        cursor.need("(")
        inner = queries.query(cursor)
        cursor.need(")")
        return SubqueryRelation(token.at, inner, True)
    if cursor.sees("("):
        return _parenthesized(cursor)
    if token.upper in _NOT_BUILT and cursor.ahead().text == "(":
        raise Unsupported(_NOT_BUILT[token.upper])
    name = queries.qualified_name(cursor)
    if cursor.sees_all("FOR", "TIMESTAMP") or cursor.sees_all("FOR", "VERSION"):
        raise Unsupported("time travel needs Iceberg tables, which are not implemented in Tailrace yet")
    return Table(name.at, name)


def _parenthesized(cursor: Cursor) -> Relation:
    token = cursor.token
    start, parameters = cursor.index, cursor.parameters
    cursor.need("(")
    if queries.begins_query(cursor):
        inner = queries.query(cursor)
        if cursor.takes(")"):
            return SubqueryRelation(token.at, inner, False)
        if cursor.tokens[start + 1].text != "(":
            cursor.need(")")
        # ((SELECT …) a JOIN b …): what began like a query was the first relation of a join
        cursor.index, cursor.parameters = start + 1, parameters
    read = relation(cursor)
    cursor.need(")")
    return read
