"""format(): Java's conversions of a constant pattern, as a concatenation of parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tailrace.athena.analysis.problem import AnalysisProblem, not_supported
from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import VARCHAR
from tailrace.athena.analysis.values import text_of
from tailrace.athena.functions.times import literal
from tailrace.athena.syntax.tree import Function

_CONVERSION = re.compile(
    r"%(?:(?P<index>\d+)\$)?(?P<flags>[-+ 0,#(]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?P<kind>[a-zA-Z%])"
)


def formatted(node: Function, values: Sequence[Value]) -> Value:
    """Answer format(pattern, …). AnalysisProblem when the pattern is no constant or has a conversion not built."""
    if not values or values[0].constant is None:
        raise not_supported(node.at, "format with a pattern that is not a constant is not implemented in Tailrace yet")
    pattern, arguments = values[0].constant, list(values[1:])
    parts: list[str] = []
    place = upto = 0
    for match in _CONVERSION.finditer(pattern):
        if match.start() > upto:
            parts.append(literal(pattern[upto : match.start()]))
        upto = match.end()
        if match["kind"] in "%n":
            parts.append(literal("%" if match["kind"] == "%" else "\n"))
            continue
        index = int(match["index"]) - 1 if match["index"] else place
        place += 0 if match["index"] else 1
        if index >= len(arguments):
            text = f"Invalid format string: {pattern} (MissingFormatArgument: Format specifier '{match.group()}')"
            raise AnalysisProblem("INVALID_FUNCTION_ARGUMENT", None, text)
        parts.append(_converted(node, match, arguments[index]))
    if upto < len(pattern) or not parts:
        parts.append(literal(pattern[upto:]))
    return Value(f"({' || '.join(parts)})" if len(parts) > 1 else parts[0], VARCHAR)


def _converted(node: Function, match: re.Match[str], value: Value) -> str:
    kind, flags, width, precision = match["kind"], match["flags"], match["width"], match["precision"]
    if kind in "sS":
        text = text_of(value.sql, value.type)
        text = f"substr({text}, 1, {precision})" if precision is not None else text
        return _padded(f"coalesce({text}, 'null')", "-" in flags, width)
    if kind in "dxXo" and value.type.is_whole:
        specification = f"%{_sign(flags)}{width or ''}{kind}"
        if "," in flags:
            return _padded(f"format('{{:,}}', {value.sql})", "-" in flags, width)
        return f"printf('{specification}', CAST({value.sql} AS BIGINT))"
    if kind in "feEgG" and value.type.is_number:
        digits = precision or "6"
        if "," in flags:
            return _padded(f"format('{{:,.{digits}f}}', CAST({value.sql} AS DOUBLE))", "-" in flags, width)
        return f"printf('%{_sign(flags)}{width or ''}.{digits}{kind}', CAST({value.sql} AS DOUBLE))"
    if kind in "bB":
        return f"CAST({value.sql} AS VARCHAR)"
    if kind == "c":
        return value.sql
    raise not_supported(node.at, f"format with '{match.group()}' of {value.type} is not implemented in Tailrace yet")


def _sign(flags: str) -> str:
    return "".join(flag for flag in flags if flag in "-+ 0#")


def _padded(sql: str, left: bool, width: str | None) -> str:
    if width is None:
        return sql
    pad = "rpad" if left else "lpad"
    return f"{pad}({sql}, CAST(greatest({width}, length({sql})) AS INTEGER), ' ')"
