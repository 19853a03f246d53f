"""Arithmetic of decimals by Trino's rules of precision and scale, rounding half up."""

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import Type, decimal, physical


def power_of_ten(exponent: int) -> str:
    """Answer 10 to the power as a decimal of DuckDB."""
    return f"CAST(1{'0' * exponent} AS DECIMAL({exponent + 1},0))"


def unscaled(sql: str, exponent: int) -> str:
    """Answer a decimal times a power of ten as a whole number."""
    return f"CAST({sql} * {power_of_ten(exponent)} AS HUGEINT)" if exponent else f"CAST({sql} AS HUGEINT)"


def scaled(sql: str, type_: Type) -> str:
    """Answer the decimal whose unscaled value is a whole number."""
    scale = type_.scale or 0
    if not scale:
        return f"CAST({sql} AS {physical(type_)})"
    unit = f"CAST('{10**-scale:.{scale}f}' AS DECIMAL({scale},{scale}))"
    return f"CAST(CAST({sql} AS DECIMAL(38,0)) * {unit} AS {physical(type_)})"


def result_type(operator: str, left: Type, right: Type) -> Type:
    """Answer the type of left operator right."""
    p1, s1, p2, s2 = (part or 0 for part in (left.length, left.scale, right.length, right.scale))
    scale = max(s1, s2)
    if operator == "*":
        return decimal(p1 + p2, s1 + s2)
    if operator == "/":
        return decimal(p1 + s2 + max(s2 - s1, 0), scale)
    if operator == "%":
        return decimal(min(p2 - s2, p1 - s1) + scale, scale)
    return decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)


def operate(operator: str, left: Value, right: Value) -> Value:
    """Answer left operator right."""
    result = result_type(operator, left.type, right.type)
    scale = result.scale or 0
    if operator == "/":
        dividend = unscaled(left.sql, scale + (right.type.scale or 0))
        divisor = f"trino_divisor({unscaled(right.sql, right.type.scale or 0)})"
        return Value(scaled(f"trino_divide_half_up({dividend}, {divisor})", result), result)
    if operator == "%":
        remainder = f"{unscaled(left.sql, scale)} % trino_divisor({unscaled(right.sql, scale)})"
        return Value(scaled(f"({remainder})", result), result)
    return Value(f"CAST({left.sql} {operator} {right.sql} AS {physical(result)})", result)


def average(total: str, count: str, result: Type) -> str:
    """Answer the sum of decimals over their number, at their own scale."""
    return scaled(f"trino_divide_half_up({unscaled(total, result.scale or 0)}, {count})", result)
