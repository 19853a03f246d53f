"""Mathematical and bitwise functions."""

from collections.abc import Sequence

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type, physical
from tailrace.athena.functions.signature import Line


def _round_decimal(values: Sequence[Value], result: Type) -> str:
    return f"CAST(round({values[0].sql}, CAST({values[1].sql} AS INTEGER)) AS {physical(result)})"


_ROUNDED = ("ceil", "ceiling", "floor", "round")
_SAME = ("tinyint", "smallint", "integer", "bigint")


def _doubles(names: str) -> list[Line]:
    return [(f"{name}(double) -> double", f"{name}({{0}})") for name in names.split()]


MATHEMATICS: list[Line] = [
    *((f"abs({kind}) -> {kind}", "abs({0})") for kind in (*_SAME, "real", "double", "decimal(p, s)")),
    *((f"sign({kind}) -> {kind}", f"CAST(sign({{0}}) AS {kind})") for kind in (*_SAME, "double")),
    *((f"{name}({kind}) -> {kind}", "{0}") for name in _ROUNDED for kind in _SAME),
    *((f"{name}({kind}) -> {kind}", f"{name}({{0}})") for name in ("ceil", "ceiling", "floor") for kind in ("double",)),
    *((f"{name}(real) -> real", f"CAST({name}({{0}}) AS FLOAT)") for name in _ROUNDED),
    ("round(double) -> double", "round({0})"),
    ("round(double, bigint) -> double", "round({0}, CAST({1} AS INTEGER))"),
    ("round(real, bigint) -> real", "CAST(round({0}, CAST({1} AS INTEGER)) AS FLOAT)"),
    *((f"round({kind}, bigint) -> {kind}", f"CAST(round({{0}}, CAST({{1}} AS INTEGER)) AS {kind})") for kind in _SAME),
    *((f"{name}(decimal(p, s)) -> decimal(p-s+t, 0)", f"{name}({{0}})") for name in _ROUNDED),
    ("round(decimal(p, s), bigint) -> decimal(p+1, s)", _round_decimal),
    ("truncate(decimal(p, s)) -> decimal(p-s+t, 0)", "trunc({0})"),
    ("sign(decimal(p, s)) -> decimal(1, 0)", "sign({0})"),
    ("truncate(double) -> double", "trunc({0})"),
    ("truncate(real) -> real", "CAST(trunc({0}) AS FLOAT)"),
    *_doubles("sqrt cbrt exp ln log2 log10 sin cos tan asin acos atan sinh cosh tanh radians degrees"),
    ("atan2(double, double) -> double", "atan2({0}, {1})"),
    ("log(double, double) -> double", "(ln({1}) / ln({0}))"),
    ("power(double, double) -> double", "power({0}, {1})"),
    ("pow(double, double) -> double", "power({0}, {1})"),
    ("pi() -> double", "CAST(pi() AS DOUBLE)"),
    ("e() -> double", "exp(CAST(1 AS DOUBLE))"),
    ("infinity() -> double", "CAST('Infinity' AS DOUBLE)"),
    ("nan() -> double", "CAST('NaN' AS DOUBLE)"),
    ("is_nan(double) -> boolean", "isnan({0})"),
    ("is_finite(double) -> boolean", "isfinite({0})"),
    ("is_infinite(double) -> boolean", "isinf({0})"),
    ("random() -> double", "random()"),
    ("rand() -> double", "random()"),
    ("random(bigint) -> bigint", "CAST(floor(random() * {0}) AS BIGINT)"),
    ("rand(bigint) -> bigint", "CAST(floor(random() * {0}) AS BIGINT)"),
    ("random(bigint, bigint) -> bigint", "CAST({0} + floor(random() * ({1} - {0})) AS BIGINT)"),
    ("to_base(bigint, bigint) -> varchar", "lower(CASE WHEN {0} < 0 THEN '-' ELSE '' END || "
     "to_base(abs({0}), CAST({1} AS INTEGER)))"),
    ("from_base(varchar, bigint) -> bigint", "trino_from_base({0}, {1})"),
    ("width_bucket(double, double, double, bigint) -> bigint", "trino_width_bucket({0}, {1}, {2}, {3})"),
    ("bitwise_and(bigint, bigint) -> bigint", "({0} & {1})"),
    ("bitwise_or(bigint, bigint) -> bigint", "({0} | {1})"),
    ("bitwise_xor(bigint, bigint) -> bigint", "xor({0}, {1})"),
    ("bitwise_not(bigint) -> bigint", "(~{0})"),
    ("bitwise_left_shift(bigint, bigint) -> bigint", "({0} << {1})"),
    ("bitwise_right_shift_arithmetic(bigint, bigint) -> bigint", "({0} >> {1})"),
    ("bit_count(bigint, bigint) -> bigint", "CAST(bit_count({0} & ((CAST(1 AS HUGEINT) << {1}) - 1)) AS BIGINT)"),
]  # fmt: skip
