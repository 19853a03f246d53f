"""Aggregates and window functions.

In a template ``{d}`` is DISTINCT, ``{o}`` ORDER BY within, ``{n}`` IGNORE NULLS and ``{f}`` FILTER and OVER.
"""

from collections.abc import Sequence

from tailrace.athena.analysis.decimals import average
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type
from tailrace.athena.functions.signature import Line

_WHOLE = ("tinyint", "smallint", "integer", "bigint")


def _average_decimal(values: Sequence[Value], result: Type) -> str:
    """Round half up at the scale of the argument, as Trino's avg of decimals does."""
    total = f"sum({{d}}{values[0].sql}){{f}}"
    count = f"count({{d}}{values[0].sql}){{f}}"
    return average(total, count, result)


def _renamed(names: dict[str, str]) -> list[Line]:
    return [(f"{trino}(double) -> double", f"{duck}({{d}}{{0}}){{f}}") for trino, duck in names.items()]


def _pairs(names: str) -> list[Line]:
    return [(f"{name}(double, double) -> double", f"{name}({{0}}, {{1}}){{f}}") for name in names.split()]


AGGREGATES: list[Line] = [
    ("count() -> bigint", "count(*){f}"),
    ("count(T) -> bigint", "count({d}{0}){f}"),
    ("count_if(boolean) -> bigint", "count(CASE WHEN {0} THEN 1 END){f}"),
    *((f"sum({kind}) -> bigint", "CAST(sum({d}{0}){f} AS BIGINT)") for kind in _WHOLE),
    ("sum(decimal(p, s)) -> decimal(38, s)", "sum({d}{0}){f}"),
    ("sum(double) -> double", "sum({d}{0}){f}"),
    ("sum(real) -> real", "CAST(sum({d}{0}){f} AS FLOAT)"),
    ("sum(interval day to second) -> interval day to second", "CAST(sum({d}{0}){f} AS BIGINT)"),
    *((f"avg({kind}) -> double", "avg({d}{0}){f}") for kind in (*_WHOLE, "double")),
    ("avg(real) -> real", "CAST(avg({d}{0}){f} AS FLOAT)"),
    ("avg(decimal(p, s)) -> decimal(p, s)", _average_decimal),
    *((f"{name}(T) -> T", f"{name}({{d}}{{0}}){{f}}") for name in ("min", "max")),
    *((f"{name}(T, bigint) -> array(T)", f"{name}({{0}}, {{1}}){{f}}") for name in ("min", "max")),
    ("max_by(T, U) -> T", "arg_max_null({0}, {1}){f}"),
    ("min_by(T, U) -> T", "arg_min_null({0}, {1}){f}"),
    ("max_by(T, U, bigint) -> array(T)", "arg_max({0}, {1}, {2}){f}"),
    ("min_by(T, U, bigint) -> array(T)", "arg_min({0}, {1}, {2}){f}"),
    *((f"{name}(T) -> T", "any_value({0}{o}){f}") for name in ("arbitrary", "any_value")),
    ("array_agg(T) -> array(T)", "list({d}{0}{o}){f}"),
    ("set_agg(T) -> array(T)", "list(DISTINCT {0}{o}){f}"),
    ("listagg(varchar) -> varchar", "string_agg({d}{0}, ''{o}){f}"),
    ("listagg(varchar, varchar) -> varchar", "string_agg({d}{0}, {1}{o}){f}"),
    ("approx_distinct(T) -> bigint", "count(DISTINCT {0}){f}"),
    ("approx_distinct(T, double) -> bigint", "count(DISTINCT {0}){f}"),
    *((f"approx_percentile({kind}, double) -> {kind}", "quantile_disc({0}, {1}){f}")
      for kind in ("bigint", "double", "real")),
    *((f"approx_percentile({kind}, array(double)) -> array({kind})", "quantile_disc({0}, {1}){f}")
      for kind in ("bigint", "double", "real")),
    *((f"{name}(boolean) -> boolean", "bool_and({d}{0}){f}") for name in ("bool_and", "every")),
    ("bool_or(boolean) -> boolean", "bool_or({d}{0}){f}"),
    ("bitwise_and_agg(bigint) -> bigint", "bit_and({0}){f}"),
    ("bitwise_or_agg(bigint) -> bigint", "bit_or({0}){f}"),
    ("bitwise_xor_agg(bigint) -> bigint", "bit_xor({0}){f}"),
    ("map_agg(K, V) -> map(K, V)", "trino_map_agg(list(struct_pack(key := {0}, value := {1}){o}){f})"),
    ("multimap_agg(K, V) -> map(K, array(V))", "trino_multimap_agg(list(struct_pack(key := {0}, value := {1}){o}){f})"),
    ("map_union(map(K, V)) -> map(K, V)", "trino_map_agg(flatten(list(map_entries({0})){f}))"),
    ("histogram(T) -> map(T, bigint)", "trino_histogram(histogram({0}){f})"),
    *_renamed({"stddev": "stddev_samp", "stddev_samp": "stddev_samp", "stddev_pop": "stddev_pop",
               "variance": "var_samp", "var_samp": "var_samp", "var_pop": "var_pop", "kurtosis": "kurtosis",
               "skewness": "skewness", "geometric_mean": "geomean"}),
    *_pairs("corr covar_pop covar_samp regr_slope regr_intercept regr_r2 regr_avgx regr_avgy regr_sxx regr_syy "
            "regr_sxy regr_count"),
]  # fmt: skip

WINDOWS: list[Line] = [
    *((f"{name}() -> bigint", f"{name}(){{f}}") for name in ("row_number", "rank", "dense_rank")),
    *((f"{name}() -> double", f"{name}(){{f}}") for name in ("percent_rank", "cume_dist")),
    ("ntile(bigint) -> bigint", "ntile({0}){f}"),
    *((f"{name}(T) -> T", f"{name}({{0}}{{n}}){{f}}") for name in ("lag", "lead", "first_value", "last_value")),
    *((f"{name}(T, bigint) -> T", f"{name}({{0}}, {{1}}{{n}}){{f}}") for name in ("lag", "lead", "nth_value")),
    *((f"{name}(T, bigint, T) -> T", f"{name}({{0}}, {{1}}, {{2}}{{n}}){{f}}") for name in ("lag", "lead")),
]  # fmt: skip
