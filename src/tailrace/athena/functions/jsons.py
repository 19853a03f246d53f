"""Functions of JSON. A JSON value is its text; paths that are constants are written for DuckDB beforehand."""

from collections.abc import Callable, Sequence

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type
from tailrace.athena.functions.json_paths import PathProblem, duckdb_path
from tailrace.athena.functions.signature import Line
from tailrace.athena.functions.times import ArgumentProblem, literal


def _path(value: Value) -> str:
    if value.constant is None:
        return value.sql
    try:
        return literal(duckdb_path(value.constant))
    except PathProblem as error:
        raise ArgumentProblem(str(error)) from error


_SORTED = "trino_json_sorted("


def unsorted(sql: str) -> str:
    """Answer a JSON value without putting its keys in order, where that can't be seen."""
    whole = sql.startswith(f"{_SORTED}trino_json_parse(") and sql.endswith("))")
    return sql.removeprefix(_SORTED).removesuffix(")") if whole and _closes_last(sql) else sql


def _closes_last(sql: str) -> bool:
    """Tell whether the first parenthesis is closed by the last one."""
    depth = 0
    for index, character in enumerate(sql):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return index == len(sql) - 1
    return False


def _at(template: str, several: str | None = None) -> Callable[[Sequence[Value], Type], str]:
    """A template whose ``{1}`` is a path; ``several`` is for paths that find a list."""

    def write(values: Sequence[Value], result: Type) -> str:
        path = _path(values[1])
        chosen = several if several is not None and "*" in path and values[1].constant is not None else template
        source = values[0].sql if result.base == "json" else unsorted(values[0].sql)
        return chosen.format(source, path)

    return write


_EXTRACT = _at("CAST(TRY(json_extract({0}, {1})) AS VARCHAR)", "trino_json_array(TRY(json_extract({0}, {1})))")
_EXTRACT_SCALAR = _at("trino_json_scalar(TRY(json_value({0}, {1})))", "trino_json_scalar(TRY(json_value({0}, {1}))[1])")
_SIZE = _at("TRY(trino_json_size(json_extract({0}, {1})))")

JSONS: list[Line] = [
    *((f"json_extract({kind}, varchar) -> json", _EXTRACT) for kind in ("json", "varchar")),
    *((f"json_extract_scalar({kind}, varchar) -> varchar", _EXTRACT_SCALAR) for kind in ("json", "varchar")),
    *((f"json_size({kind}, varchar) -> bigint", _SIZE) for kind in ("json", "varchar")),
    *((f"json_array_length({kind}) -> bigint", "TRY(trino_json_array_length({0}))") for kind in ("json", "varchar")),
    *((f"json_array_get({kind}, bigint) -> json", "CAST(TRY(json_extract({0}, "
       "CASE WHEN {1} < 0 THEN '$[#' || {1} || ']' ELSE '$[' || {1} || ']' END)) AS VARCHAR)")
      for kind in ("json", "varchar")),
    *((f"json_array_contains({kind}, {value}) -> boolean", "TRY(trino_json_array_contains({0}, {1}))")
      for kind in ("json", "varchar") for value in ("boolean", "bigint", "double", "varchar")),
    ("json_parse(varchar) -> json", f"{_SORTED}trino_json_parse({{0}}))"),
    ("json_format(json) -> varchar", "{0}"),
    *((f"is_json_scalar({kind}) -> boolean", "(json_type({0}) NOT IN ('ARRAY', 'OBJECT'))")
      for kind in ("json", "varchar")),
]  # fmt: skip
