"""Queries without meaning: the code, the place in the user's text, Trino's words."""

from __future__ import annotations

import pytest

from athena.evaluation import failure

_DENIED = "cannot be resolved or requester is not authorized to access requested resources"
FAILURES = [
    ("SELECT x FROM (VALUES 1) t(y)", f"COLUMN_NOT_FOUND: line 1:8: Column 'x' {_DENIED}"),
    ("SELECT y\nFROM (VALUES 1) t(y)\nWHERE  t.z = 1", f"COLUMN_NOT_FOUND: line 3:8: Column 't.z' {_DENIED}"),
    ("SELECT 1 FROM t", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.t' does not exist"),
    ("SELECT 1 FROM a.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'a' does not exist"),
    ("SELECT 1 FROM c.a.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'c' does not exist"),
    ("SELECT a FROM (VALUES 1) t(a), (VALUES 2) u(a)", "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous"),
    ("SELECT *", "COLUMN_NOT_FOUND: line 1:8: SELECT * not allowed in queries without FROM clause"),
    ("SELECT b.* FROM (VALUES 1) a(x)", "TABLE_NOT_FOUND: line 1:8: Unable to resolve reference b"),
    ("SELECT k, v FROM (VALUES (1, 2)) t(k, v) GROUP BY k",
     "EXPRESSION_NOT_AGGREGATE: line 1:11: 'v' must be an aggregate expression or appear in GROUP BY clause"),
    ("SELECT x FROM (VALUES 1) t(x) WHERE count(*) > 1",
     "EXPRESSION_NOT_SCALAR: line 1:37: WHERE clause cannot contain aggregations, window functions or grouping "
     "operations: [count(*)]"),
    ("SELECT sum(max(x)) FROM (VALUES 1) t(x)",
     "NESTED_AGGREGATION: line 1:12: Cannot nest aggregations inside aggregation 'sum': [max(x)]"),
    ("SELECT 1 GROUP BY 2", "INVALID_COLUMN_REFERENCE: line 1:19: GROUP BY position 2 is not in select list"),
    ("SELECT 1 ORDER BY 3", "INVALID_COLUMN_REFERENCE: line 1:19: ORDER BY position 3 is not in select list"),
    ("SELECT DISTINCT k FROM (VALUES (1, 2)) t(k, v) ORDER BY v",
     "EXPRESSION_NOT_IN_DISTINCT: line 1:57: For SELECT DISTINCT, ORDER BY expressions must appear in select list"),
    ("SELECT 1 FROM (VALUES (1, 2)) t(a)",
     "MISMATCHED_COLUMN_ALIASES: line 1:31: Column alias list has 1 entries but 't' has 2 columns available"),
    ("SELECT 1 UNION SELECT 'a'",
     "TYPE_MISMATCH: line 1:1: column 1 in UNION query has incompatible types: integer, varchar(1)"),
    ("SELECT 1, 2 UNION SELECT 1", "TYPE_MISMATCH: line 1:1: UNION query has different number of fields: 2, 1"),
    ("SELECT 1 FROM (VALUES 1) t(x) WHERE x",
     "TYPE_MISMATCH: line 1:37: WHERE clause must evaluate to a boolean (actual: integer)"),
    ("SELECT (SELECT 1, 2)",
     "NOT_SUPPORTED: line 1:8: Multiple columns returned by subquery are not yet supported. Found 2"),
    ("SELECT (SELECT x FROM (VALUES 1, 2) t(x))",
     "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"),
    ("SELECT x FROM UNNEST(1) t(x)", "TYPE_MISMATCH: line 1:22: Cannot unnest type: integer"),
    ("SELECT row_number() FROM (VALUES 1) t(x)",
     "MISSING_OVER: line 1:8: Window function row_number requires an OVER clause"),
    ("SELECT 1 LIMIT 'a'", "line 1:16: mismatched input ''a''. Expecting: '?', 'ALL', <integer>"),
    ("VALUES (1, 'a'), (2)",
     "TYPE_MISMATCH: line 1:1: Values rows have mismatched types: rows have different numbers of columns"),
    ("VALUES 1, 'a'", "TYPE_MISMATCH: line 1:1: Values rows have mismatched types: integer vs varchar(1)"),
    ("SELECT 1 FROM (VALUES 1) a(x) JOIN (VALUES 1) b(y) USING (x)",
     "COLUMN_NOT_FOUND: line 1:59: Column 'x' is missing from right side of join"),
    ("SELECT sum(x) OVER z FROM (VALUES 1) t(x)", "INVALID_WINDOW_REFERENCE: line 1:20: Cannot resolve WINDOW name z"),
    # Trino's grammar
    ("SELECT FROM t", "line 1:8: mismatched input 'FROM'. Expecting: '*', 'ALL', 'DISTINCT', <expression>"),
    ("SELECT a, FROM t", "line 1:11: mismatched input 'FROM'. Expecting: '*', <expression>"),
    ("SELECT a FROM", "line 1:14: mismatched input '<EOF>'. Expecting: '(', 'LATERAL', 'UNNEST', <identifier>"),
    ("SELECT a FROM t WHERE", "line 1:22: mismatched input '<EOF>'. Expecting: <expression>"),
    ("SELECT a == 1", "line 1:11: mismatched input '='. Expecting: 'ALL', 'ANY', 'SOME', <expression>"),
    ("SELECT `a` FROM t",
     "line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers"),
    ("SELECT 1a FROM t",
     "line 1:8: identifiers must not start with a digit; surround the identifier with double quotes"),
    ("SELECT 1 LIMIT 1 OFFSET 2", "line 1:18: mismatched input 'OFFSET'. Expecting: <EOF>"),
    ("SELECT 1; SELECT 2", "Only one sql statement is allowed. Got: SELECT 1; SELECT 2"),
    ("GRANT x", "Queries of this type are not supported"),
    ("DELETE FROM t", "DELETE needs an Iceberg table; Iceberg tables are not implemented in Tailrace yet"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "text"), FAILURES, ids=[sql for sql, _ in FAILURES])
def test_refusal(sql: str, text: str) -> None:
    assert failure(sql) == text


def test_a_statement_too_deep_is_refused() -> None:
    assert "too large" in failure(f"SELECT {'(' * 5000}1{')' * 5000}")
