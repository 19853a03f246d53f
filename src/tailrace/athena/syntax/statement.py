"""One statement from its text: Trino's grammar for queries and what holds a query, Hive's for DDL.

Raises SyntaxProblem (Athena refuses the request), HiveProblem (the query ends FAILED) or Unsupported (refused).
"""

from collections.abc import Callable

from tailrace.athena.syntax import expression as grammar
from tailrace.athena.syntax.cursor import Cursor
from tailrace.athena.syntax.hive_alter import alter, describe, drop, repair, show
from tailrace.athena.syntax.hive_create import create_database, create_table
from tailrace.athena.syntax.problem import HiveProblem, SyntaxProblem, Unsupported
from tailrace.athena.syntax.query import begins_query, column_names, qualified_name, query, string
from tailrace.athena.syntax.query_tree import QualifiedName
from tailrace.athena.syntax.statement_tree import (
    CreateTableAs,
    CreateView,
    Deallocate,
    Execute,
    Explain,
    InsertInto,
    Parsed,
    Prepare,
    QueryStatement,
    Statement,
    Unload,
)
from tailrace.athena.syntax.token import Position
from tailrace.athena.syntax.tree import Expression
from tailrace.athena.syntax.type_name import identifier

_REFUSED = "Queries of this type are not supported"
_REFUSED_KINDS = frozenset(
    ("ANALYZE", "CALL", "COMMENT", "COMMIT", "DENY", "EXPORT", "GRANT", "IMPORT", "LOAD", "LOCK", "REFRESH", "RESET",
     "REVOKE", "ROLLBACK", "SET", "START", "TRUNCATE", "UNLOCK", "USE")
)  # fmt: skip
_ICEBERG_KINDS = frozenset(("DELETE", "UPDATE", "MERGE", "OPTIMIZE", "VACUUM"))
_STARTS = (
    "'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', 'DESC', 'DESCRIBE', "
    "'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', 'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', "
    "'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', 'UPDATE', 'USE', <query>"
)


def parse(text: str) -> Parsed:
    """Read a whole statement; a semicolon may end it."""
    try:
        return _parsed(Cursor(text))
    except (SyntaxProblem, HiveProblem):
        return _parsed(Cursor(text, notes=True))


def _parsed(cursor: Cursor) -> Parsed:
    try:
        statement = _statement(cursor)
    except RecursionError as error:
        raise SyntaxProblem(Position(1, 1), "statement is too large (stack overflow while parsing)") from error
    return Parsed(statement, cursor.parameters, cursor.tokens[0].at)


def _statement(cursor: Cursor) -> Statement:
    word = cursor.token.upper
    if begins_query(cursor):
        statement: Statement = QueryStatement(query(cursor))
    elif word in _TRINO:
        statement = _TRINO[word](cursor)
    elif word == "CREATE":
        return _create(cursor)
    elif word in _HIVE:
        return _hive(cursor, _HIVE[word])
    elif word in _ICEBERG_KINDS:
        raise Unsupported(f"{word} needs an Iceberg table; Iceberg tables are not implemented in Tailrace yet")
    elif word in _REFUSED_KINDS:
        raise Unsupported(_REFUSED)
    else:
        raise SyntaxProblem(cursor.at, f"mismatched input '{cursor.token.text}'. Expecting: {_STARTS}")
    _end(cursor)
    return statement


def _end(cursor: Cursor) -> None:
    if cursor.token.text == ";":
        cursor.index += 1
        if cursor.token.kind == "end":
            return
        raise Unsupported(f"Only one sql statement is allowed. Got: {cursor.text}")
    cursor.expect("<EOF>")
    if cursor.token.kind != "end":
        raise cursor.mismatch()


def _hive(cursor: Cursor, read: Callable[[Cursor], Statement]) -> Statement:
    try:
        statement = read(cursor)
        _end(cursor)
        return statement
    except SyntaxProblem as error:
        raise HiveProblem(_parse_exception(cursor)) from error


def _parse_exception(cursor: Cursor) -> str:
    token = cursor.token
    place = f"FAILED: ParseException line {token.at.line}:{token.at.column - 1}"
    before = cursor.tokens[max(cursor.index - 1, 0)].text
    expected = cursor.expected()
    if "<EOF>" in expected:
        return f"{place} missing EOF at '{token.text}' near '{before}'"
    if len(expected) == 1:
        return f"{place} mismatched input '{token.text}' expecting {expected[0].strip(chr(39))} near '{before}'"
    near = " ".join(f"'{cursor.ahead(count).text}'" for count in range(3))
    return f"{place} cannot recognize input near {near} in statement"


def _create(cursor: Cursor) -> Statement:
    following = cursor.ahead().upper
    if following in ("DATABASE", "SCHEMA"):
        return _hive(cursor, create_database)
    if following == "EXTERNAL" or (following == "TABLE" and not _has_query(cursor)):
        return _hive(cursor, create_table)
    cursor.need("CREATE")
    if following == "TABLE":
        statement: Statement = _create_table_as(cursor)
    else:
        replace = cursor.takes("OR", "REPLACE")
        if cursor.token.kind == "word" and cursor.token.upper not in ("VIEW", "TABLE"):
            raise Unsupported(_REFUSED)
        cursor.need("VIEW")
        statement = _create_view(cursor, replace)
    _end(cursor)
    return statement


def _has_query(cursor: Cursor) -> bool:
    """Tell CREATE TABLE … AS from Hive's: only the former has AS, or WITH, outside of parentheses."""
    depth = 0
    for token in cursor.tokens[cursor.index :]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind == "word" and token.upper in ("AS", "WITH"):
            return True
        if depth == 0 and token.upper in ("STORED", "ROW", "PARTITIONED", "LOCATION", "TBLPROPERTIES"):
            return False
    return False


def _create_table_as(cursor: Cursor) -> CreateTableAs:
    cursor.need("TABLE")
    if_not_exists = cursor.takes("IF", "NOT", "EXISTS")
    name = qualified_name(cursor)
    properties = _properties(cursor) if cursor.takes("WITH") else {}
    cursor.need("AS")
    inner = query(cursor)
    with_data = True
    if cursor.takes("WITH"):
        with_data = not cursor.takes("NO")
        cursor.need("DATA")
    return CreateTableAs(name, if_not_exists, properties, inner, with_data)


def _properties(cursor: Cursor) -> dict[str, Expression]:
    cursor.need("(")
    found: dict[str, Expression] = {}
    while True:
        name = identifier(cursor).lower
        cursor.need("=")
        found[name] = grammar.expression(cursor)
        if not cursor.takes(","):
            break
    cursor.need(")")
    return found


def _create_view(cursor: Cursor, replace: bool) -> CreateView:
    name = qualified_name(cursor)
    if cursor.takes("COMMENT"):
        string(cursor)
    if cursor.takes("SECURITY") and not cursor.takes("DEFINER"):
        cursor.need("INVOKER")
    cursor.need("AS")
    start = cursor.token.offset
    inner = query(cursor)
    return CreateView(name, replace, inner, cursor.text[start : cursor.token.offset].rstrip())


def _insert(cursor: Cursor) -> InsertInto:
    cursor.need("INSERT", "INTO")
    name = qualified_name(cursor)
    columns = () if begins_query(cursor) else column_names(cursor)
    return InsertInto(name, columns, query(cursor))


def _unload(cursor: Cursor) -> Unload:
    cursor.need("UNLOAD", "(")
    inner = query(cursor)
    cursor.need(")", "TO")
    location = string(cursor)
    return Unload(inner, location, _properties(cursor) if cursor.takes("WITH") else {})


def _explain(cursor: Cursor) -> Explain:
    cursor.need("EXPLAIN")
    analyze = cursor.takes("ANALYZE")
    if analyze:
        cursor.takes("VERBOSE")
    options: dict[str, str] = {}
    if cursor.sees("(") and not begins_query(cursor):
        cursor.need("(")
        while True:
            if not cursor.sees("FORMAT", "TYPE"):
                raise cursor.mismatch()
            key = cursor.next().upper
            options[key] = cursor.need_kind("word", label="<identifier>").upper
            if not cursor.takes(","):
                break
        cursor.need(")")
    if not begins_query(cursor) and cursor.token.kind == "word":
        raise Unsupported("EXPLAIN of a statement other than a query is not implemented in Tailrace yet")
    return Explain(query(cursor), analyze, options)


def _prepare(cursor: Cursor) -> Prepare:
    cursor.need("PREPARE")
    name = identifier(cursor).text
    cursor.need("FROM")
    start = cursor.token.offset
    _statement(cursor)
    text = cursor.text[start : cursor.tokens[-1].offset].strip().removesuffix(";").strip()
    cursor.index, cursor.parameters = len(cursor.tokens) - 1, 0
    return Prepare(name, text)


def _execute(cursor: Cursor) -> Execute:
    cursor.need("EXECUTE")
    name = identifier(cursor).text
    texts = []
    if cursor.takes("USING"):
        while True:
            start = cursor.token.offset
            grammar.expression(cursor)
            texts.append(cursor.text[start : cursor.token.offset].strip())
            if not cursor.takes(","):
                break
    return Execute(name, tuple(texts))


def _deallocate(cursor: Cursor) -> Deallocate:
    cursor.need("DEALLOCATE", "PREPARE")
    return Deallocate(identifier(cursor).text)


def table_text(name: QualifiedName) -> str:
    """Answer a qualified name in lower case, with dots."""
    return ".".join(part.lower for part in name.parts)


_TRINO: dict[str, Callable[[Cursor], Statement]] = {
    "INSERT": _insert,
    "UNLOAD": _unload,
    "EXPLAIN": _explain,
    "PREPARE": _prepare,
    "EXECUTE": _execute,
    "DEALLOCATE": _deallocate,
}
_HIVE: dict[str, Callable[[Cursor], Statement]] = {
    "ALTER": alter,
    "DROP": drop,
    "MSCK": repair,
    "SHOW": show,
    "DESCRIBE": describe,
    "DESC": describe,
}
