"""Whole queries: relations, aggregation, windows, sets, subqueries, and the order and names of what comes out."""

from __future__ import annotations

import pytest

from athena.evaluation import Row, rows

_T = "(VALUES ('a', 1), ('a', 2), ('b', 3), ('c', NULL)) t(k, v)"
ROWS: list[tuple[str, list[Row]]] = [
    # order: NULLs last whatever the direction
    ("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x", [("1",), ("2",), (None,)]),
    ("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC", [("2",), ("1",), (None,)]),
    ("SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC NULLS FIRST", [(None,), ("2",), ("1",)]),
    (f"SELECT k, v AS n FROM {_T} ORDER BY n DESC, 1 LIMIT 2", [("b", "3"), ("a", "2")]),
    (f"SELECT k FROM {_T} ORDER BY v OFFSET 1 LIMIT 2", [("a",), ("b",)]),
    (f"SELECT v FROM {_T} ORDER BY k || 'x' DESC, v FETCH FIRST 2 ROWS ONLY", [(None,), ("3",)]),
    ("VALUES (1, 'a'), (2, NULL) ORDER BY 1 DESC", [("2", None), ("1", "a")]),
    # aggregation
    (f"SELECT k, count(*), count(v), sum(v) FROM {_T} GROUP BY k ORDER BY k",
     [("a", "2", "2", "3"), ("b", "1", "1", "3"), ("c", "1", "0", None)]),
    (f"SELECT k FROM {_T} GROUP BY 1 HAVING sum(v) > 2 ORDER BY 1", [("a",), ("b",)]),
    (f"SELECT upper(k) || '!' FROM {_T} GROUP BY upper(k) ORDER BY upper(k)", [("A!",), ("B!",), ("C!",)]),
    (f"SELECT sum(v) / count(v), avg(v) FROM {_T}", [("2", "2.0")]),
    (f"SELECT count(DISTINCT k), approx_distinct(k), count_if(v > 1) FROM {_T}", [("3", "3", "2")]),
    (f"SELECT max_by(k, v), min_by(k, v), max_by(k, v, 2) FROM {_T}", [("b", "a", "[b, a]")]),
    ("SELECT max_by(x, y) FROM (VALUES (1, 1), (NULL, 2)) t(x, y)", [(None,)]),
    (f"SELECT array_agg(v ORDER BY v DESC) FROM {_T}", [("[3, 2, 1, null]",)]),
    (f"SELECT listagg(k, ',') WITHIN GROUP (ORDER BY k) FROM {_T}", [("a,a,b,c",)]),
    (f"SELECT sum(v) FILTER (WHERE k = 'a'), max(v) FROM {_T}", [("3", "3")]),
    (f"SELECT map_agg(k, v) FROM {_T} WHERE k <> 'a'", [("{b=3, c=null}",)]),
    (f"SELECT histogram(k) FROM {_T}", [("{a=2, b=1, c=1}",)]),
    (f"SELECT approx_percentile(v, 0.5), bool_and(v > 0), bool_or(v > 2) FROM {_T}", [("2", "true", "true")]),
    ("SELECT sum(x), avg(x) FROM (VALUES DECIMAL '1.00', DECIMAL '2.00', DECIMAL '2.00') t(x)", [("5.00", "1.67")]),
    ("SELECT count(*), sum(x) FROM (VALUES 1) t(x) WHERE x > 5", [("0", None)]),
    ("SELECT 1 FROM (VALUES 1, 2) t(x) HAVING count(*) > 1", [("1",)]),
    (f"SELECT k, sum(v) FROM {_T} GROUP BY ROLLUP (k) ORDER BY k", [("a", "3"), ("b", "3"), ("c", None), (None, "6")]),
    (f"SELECT k, grouping(k) FROM {_T} GROUP BY GROUPING SETS ((k), ()) ORDER BY 2, 1",
     [("a", "0"), ("b", "0"), ("c", "0"), (None, "1")]),
    ("SELECT a, b, count(*) FROM (VALUES (1, 2)) t(a, b) GROUP BY CUBE (a, b) ORDER BY 1, 2",
     [("1", "2", "1"), ("1", None, "1"), (None, "2", "1"), (None, None, "1")]),
    # windows
    (f"SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) FROM {_T} WHERE v IS NOT NULL ORDER BY k, v",
     [("a", "1", "2"), ("a", "2", "1"), ("b", "3", "1")]),
    ("SELECT x, rank() OVER w, dense_rank() OVER w FROM (VALUES 1, 1, 2) t(x) WINDOW w AS (ORDER BY x) ORDER BY x",
     [("1", "1", "1"), ("1", "1", "1"), ("2", "3", "2")]),
    ("SELECT x, lag(x) OVER (ORDER BY x), lead(x, 1, 0) OVER (ORDER BY x) FROM (VALUES 1, 2) t(x) ORDER BY x",
     [("1", None, "2"), ("2", "1", "0")]),
    ("SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1, 2, 3) t(x) ORDER BY x",
     [("1",), ("3",), ("5",)]),
    ("SELECT last_value(x) IGNORE NULLS OVER (ORDER BY y) FROM (VALUES (1, 1), (NULL, 2)) t(x, y) ORDER BY y",
     [("1",), ("1",)]),
    (f"SELECT k, sum(sum(v)) OVER (ORDER BY k) FROM {_T} GROUP BY k ORDER BY k", [("a", "3"), ("b", "6"), ("c", "6")]),
    # joins
    ("SELECT a.x, b.y FROM (VALUES 1, 2) a(x) JOIN (VALUES (2, 'z')) b(x, y) ON a.x = b.x", [("2", "z")]),
    ("SELECT a.x, b.y FROM (VALUES 1, 2) a(x) LEFT JOIN (VALUES (2, 'z')) b(x, y) ON a.x = b.x ORDER BY 1",
     [("1", None), ("2", "z")]),
    ("SELECT * FROM (VALUES (1, 'a')) t(id, n) FULL JOIN (VALUES (2, 'b')) u(id, m) USING (id) ORDER BY id",
     [("1", "a", None), ("2", None, "b")]),
    ("SELECT * FROM (VALUES (1, 'a')) t(id, n) NATURAL JOIN (VALUES (1, 'b')) u(id, m)", [("1", "a", "b")]),
    ("SELECT a.x, b.x FROM (VALUES 1) a(x), (VALUES 2) b(x)", [("1", "2")]),
    ("SELECT a.*, b.y FROM (VALUES (1, 2)) a(p, q) CROSS JOIN (VALUES 3) b(y)", [("1", "2", "3")]),
    ("SELECT t.x, u.y, u.n FROM (VALUES (ARRAY['a', 'b']), (ARRAY[])) t(x) "
     "CROSS JOIN UNNEST(t.x) WITH ORDINALITY AS u(y, n)", [("[a, b]", "a", "1"), ("[a, b]", "b", "2")]),
    ("SELECT i, y FROM (VALUES (1, ARRAY[7]), (2, ARRAY[])) t(i, x) LEFT JOIN UNNEST(x) AS u(y) ON TRUE ORDER BY 1",
     [("1", "7"), ("2", None)]),
    ("SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS t(x, y)", [("1", "a"), ("2", None)]),
    ("SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v)", [("a", "1"), ("b", "2")]),
    ("SELECT a, b FROM UNNEST(ARRAY[ROW(1, 'x'), ROW(2, 'y')]) AS t(a, b)", [("1", "x"), ("2", "y")]),
    ("SELECT x, y FROM (VALUES 1, 2) t(x) CROSS JOIN LATERAL (SELECT x * 10 AS y) ORDER BY 1",
     [("1", "10"), ("2", "20")]),
    # sets
    ("SELECT 1 UNION SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1", [("1.0",), ("2.5",)]),
    ("SELECT x FROM (VALUES 1, 2, 3) t(x) INTERSECT SELECT 2", [("2",)]),
    ("SELECT x FROM (VALUES 1, 1, 2) t(x) EXCEPT SELECT 2", [("1",)]),
    ("(SELECT 1 AS a ORDER BY 1 LIMIT 1) UNION ALL (SELECT 2) ORDER BY a DESC", [("2",), ("1",)]),
    # WITH
    ("WITH a AS (SELECT 1 x UNION SELECT 2), b(y) AS (SELECT x + 1 FROM a) SELECT a.x, y FROM a JOIN b ON x = y",
     [("2", "2")]),
    ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT sum(n) FROM t", [("10",)]),
    ("WITH t AS (SELECT 1 AS x) SELECT (SELECT max(x) FROM t), x FROM t", [("1", "1")]),
    # subqueries
    ("SELECT x FROM (VALUES 1, 2, 3) t(x) WHERE x IN (SELECT y FROM (VALUES 2, 3) u(y)) ORDER BY 1", [("2",), ("3",)]),
    ("SELECT x FROM (VALUES 1, 2) t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 2) u(y) WHERE y = x)", [("2",)]),
    ("SELECT x FROM (VALUES 1, 2) t(x) WHERE x > ALL (SELECT 1)", [("2",)]),
    ("SELECT x FROM (VALUES 1, 2) t(x) WHERE x NOT IN (SELECT 1)", [("2",)]),
    ("SELECT x, (SELECT max(y) FROM (VALUES 1, 2) u(y) WHERE y <= x) FROM (VALUES 1, 5) t(x) ORDER BY 1",
     [("1", "1"), ("5", "2")]),
    (f"SELECT k, (SELECT count(*) FROM {_T.replace(' t(k, v)', ' u(k, v)')} WHERE u.k = t.k) FROM {_T} "
     "GROUP BY k ORDER BY k", [("a", "2"), ("b", "1"), ("c", "1")]),
    # names are the same in every case; DISTINCT; nothing but constants
    ('SELECT "A", a AS "Mixed" FROM (SELECT 1 AS a)', [("1", "1")]),
    (f"SELECT DISTINCT k FROM {_T} ORDER BY k", [("a",), ("b",), ("c",)]),
    ("SELECT t.r.x, r.y FROM (SELECT CAST(ROW(1, 2) AS ROW(x integer, y integer)) AS r) t", [("1", "2")]),
    ("SELECT 5, 'x', NULL", [("5", "x", None)]),
    ("SELECT x FROM (VALUES 1, 2) t(x) WHERE NULL", []),
    ("SELECT TRY_CAST(s AS integer) FROM (VALUES '1', 'a') t(s)", [("1",), (None,)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), ROWS, ids=[sql for sql, _ in ROWS])
def test_rows(sql: str, expected: list[Row]) -> None:
    assert rows(sql)[1] == expected


def test_the_current_state_of_each_order() -> None:
    changes = """(VALUES
        ('o1', '9', 'NEW', 'INSERT'), ('o1', '10', 'PAID', 'MODIFY'),
        ('o2', '3', 'NEW', 'INSERT'), ('o2', '4', NULL, 'REMOVE')) c(order_id, sequence_number, status, event)"""
    last = "max_by({}, CAST(sequence_number AS decimal(38,0)))"
    by_aggregate = f"""SELECT order_id, {last.format("status")} FROM {changes}
        GROUP BY order_id HAVING {last.format("event")} <> 'REMOVE'"""
    by_window = f"""SELECT order_id, status FROM (
        SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY CAST(sequence_number AS decimal(38,0)) DESC) AS n
        FROM {changes}) WHERE n = 1 AND event <> 'REMOVE'"""
    assert rows(by_aggregate)[1] == rows(by_window)[1] == [("o1", "PAID")]


def test_orders_per_minute() -> None:
    sql = """SELECT date_trunc('minute', from_iso8601_timestamp(t)) AS minute, count(*) AS orders
        FROM (VALUES '2026-01-02T03:04:05Z', '2026-01-02T03:04:59.9Z', '2026-01-02T03:05:00Z') e(t)
        GROUP BY 1 ORDER BY 1"""
    assert rows(sql)[1] == [("2026-01-02 03:04:00.000 UTC", "2"), ("2026-01-02 03:05:00.000 UTC", "1")]
