"""JSON: paths, canonical forms, and casts to and from it."""

from __future__ import annotations

import pytest

from athena.evaluation import failure, value

VALUES = [
    ("json_extract('{\"a\":{\"b\":[1,2]}}', '$.a.b')", "[1,2]", "json"),
    ("json_extract('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]')", "2", "json"),
    ("json_extract('{\"a\":null}', '$.a')", "null", "json"),
    ("json_extract('{\"a\":1}', '$.z')", None, "json"),
    ("json_extract('nope', '$.a')", None, "json"),
    ("json_extract_scalar('{\"a\":\"x\"}', '$.a')", "x", "varchar"),
    ("json_extract_scalar('{\"a\":{\"b\":1}}', '$.a')", None, "varchar"),
    ("json_extract_scalar('{\"a\":true}', '$.a')", "true", "varchar"),
    ("json_extract_scalar('{\"a b\":1}', '$[\"a b\"]')", "1", "varchar"),
    ('json_extract_scalar(\'{"a":[{"b":1},{"b":2}]}\', \'$.a[1].b\')', "2", "varchar"),
    ('json_extract(\'{"a":[{"b":1},{"b":2}]}\', \'$.a[*].b\')', "[1,2]", "json"),
    ("json_extract_scalar('[1,2]', '$[0]')", "1", "varchar"),
    ("json_extract_scalar('{\"a.b\":7}', '$[\"a.b\"]')", "7", "varchar"),
    ("json_extract_scalar(json_parse('{\"b\":1,\"a\":[2]}'), '$.a[0]')", "2", "varchar"),
    ("json_array_length('[1,2,3]')", "3", "bigint"),
    ("json_array_length('{}')", None, "bigint"),
    ('json_array_get(\'["a","b"]\', 1)', '"b"', "json"),
    ('json_array_get(\'["a","b"]\', -1)', '"b"', "json"),
    ("json_array_contains('[1,2]', 2)", "true", "boolean"),
    ("json_array_contains('[\"a\"]', 'a')", "true", "boolean"),
    ('json_size(\'{"a":{"b":1,"c":2}}\', \'$.a\')', "2", "bigint"),
    ('json_parse(\'{"b": 1, "a": [1, 2]}\')', '{"a":[1,2],"b":1}', "json"),
    ("try(json_parse('{x'))", None, "json"),
    ('json_format(JSON \'{"b":1,"a":2}\')', '{"a":2,"b":1}', "varchar"),
    ("is_json_scalar('1')", "true", "boolean"),
    ("is_json_scalar('[1]')", "false", "boolean"),
    ("cast(1 as json)", "1", "json"),
    ("cast('a\"b' as json)", '"a\\"b"', "json"),
    ("cast(true as json)", "true", "json"),
    ("cast(1.5 as json)", "1.5", "json"),
    ("cast(.5 as json)", "0.5", "json"),
    ("cast(1e10 as json)", "1.0E10", "json"),
    ("cast(null as json)", None, "json"),
    ("cast(ARRAY[1,null] as json)", "[1,null]", "json"),
    ("cast(MAP(ARRAY['b','a'], ARRAY[1,2]) as json)", '{"a":2,"b":1}', "json"),
    ("cast(cast(ROW(1,'x') as ROW(id integer, n varchar)) as json)", '{"id":1,"n":"x"}', "json"),
    ("cast(date '2026-01-01' as json)", '"2026-01-01"', "json"),
    ("cast(timestamp '2026-01-01 00:00:00' as json)", '"2026-01-01 00:00:00.000"', "json"),
    ("cast(JSON '1' as integer)", "1", "integer"),
    ("cast(JSON '\"a\"' as varchar)", "a", "varchar"),
    ("cast(JSON '[1,\"2\"]' as ARRAY(integer))", "[1, 2]", "array(integer)"),
    ("cast(JSON '[1,null]' as ARRAY(JSON))", "[1, null]", "array(json)"),
    ('cast(JSON \'{"a":1,"b":null}\' as MAP(varchar, integer))', "{a=1, b=null}", "map(varchar, integer)"),
    ('cast(JSON \'{"X":1,"y":"z"}\' as ROW(x integer, y varchar))', "{x=1, y=z}", "row(x integer, y varchar)"),
    ("cast(JSON '[1,\"z\"]' as ROW(x integer, y varchar))", "{x=1, y=z}", "row(x integer, y varchar)"),
    ("cast(JSON 'null' as integer)", None, "integer"),
    (
        'cast(JSON \'{"a":[{"b":1}]}\' as MAP(varchar, ARRAY(ROW(b integer))))',
        "{a=[{b=1}]}",
        "map(varchar, array(row(b integer)))",
    ),
    (
        'cast(json_extract(\'{"items":[{"sku":"a","n":2}]}\', \'$.items\') as ARRAY(ROW(sku varchar, n integer)))',
        "[{sku=a, n=2}]",
        "array(row(sku varchar, n integer))",
    ),
    ("cast(JSON '1.5' as double)", "1.5", "double"),
    ("cast(JSON 'true' as boolean)", "true", "boolean"),
    ("cast(JSON '\"2026-01-01\"' as date)", "2026-01-01", "date"),
]
FAILURES = [
    ("json_extract('{\"a\":1}', '$.')", "INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '$.'"),
    ("json_parse('{x')", "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '{x'"),
    ("cast(JSON '{\"a\":1}' as varchar)", "INVALID_CAST_ARGUMENT: Cannot cast '{\"a\":1}' to VARCHAR"),
    (
        "cast(JSON '{\"a\":1}' as ARRAY(integer))",
        'INVALID_CAST_ARGUMENT: Cannot cast to array. Expected a json array, but got {"a":1}',
    ),
    (
        "cast(JSON '[1]' as MAP(varchar, integer))",
        "INVALID_CAST_ARGUMENT: Cannot cast to map. Expected a json object, but got [1]",
    ),
]


@pytest.mark.parametrize(("expression", "text", "type_name"), VALUES, ids=[each[0] for each in VALUES])
def test_value(expression: str, text: str | None, type_name: str) -> None:
    assert value(expression) == (text, type_name)


@pytest.mark.parametrize(("expression", "text"), FAILURES, ids=[each[0] for each in FAILURES])
def test_failure(expression: str, text: str) -> None:
    assert failure(f"SELECT {expression}") == text
