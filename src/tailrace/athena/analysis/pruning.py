"""What a condition says about the partitions of a scan, so that only those that can match are listed and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tailrace.athena.analysis.context import Context
from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.analysis.scope import Field
from tailrace.athena.syntax.tree import Binary, Constant, Expression, InList, Logical

_NOT_OF_PARTITIONS = re.compile(r"\bSELECT\b|\brandom\(|\bgen_random_uuid\(")


def conjuncts(node: Expression) -> Iterable[Expression]:
    """Answer the parts of a condition that must all hold."""
    if isinstance(node, Logical) and node.operator == "AND":
        for term in node.terms:
            yield from conjuncts(term)
    else:
        yield node


def note_conditions(context: Context, node: Expression, fields: Sequence[Field]) -> None:
    """Tell the scans which parts of a condition read partition keys alone."""
    known = {field.sql: field for field in fields if field.origin is not None}
    if not known:
        return
    for part in conjuncts(node):
        _note(context, part, known)


def _note(context: Context, node: Expression, known: dict[str, Field]) -> None:
    try:
        value = context.value(node)
    except AnalysisProblem:
        return  # it was or will be reported where the whole condition is analysed
    columns = value.columns()
    if not columns or not columns <= set(known) or _NOT_OF_PARTITIONS.search(value.sql):
        return
    origins = [origin for column in columns if (origin := known[column].origin) is not None]
    if len({origin.scan for origin in origins}) != 1:
        return
    scan = context.analysis.scans[origins[0].scan]
    for column in columns:
        origin = known[column].origin
        alias, _, name = column.partition(".")
        if origin is not None:
            scan.sees.setdefault(alias, {})[name] = origin.key
    scan.conditions.append(value.sql)
    _note_equal(context, node, known)


def _note_equal(context: Context, node: Expression, known: dict[str, Field]) -> None:
    """Remember the constants that a key is equal to: injected projection needs them."""
    if isinstance(node, Binary) and node.operator == "=":
        sides = (node.left, [node.right]) if isinstance(node.right, Constant) else (node.right, [node.left])
    elif isinstance(node, InList) and not node.negated:
        sides = (node.operand, list(node.items))
    else:
        return
    field = known.get(context.value(sides[0]).sql)
    constants = [context.value(each).constant for each in sides[1]]
    if field is None or field.origin is None or None in constants:
        return
    found = {constant for constant in constants if constant is not None}
    equal = context.analysis.scans[field.origin.scan].equal
    equal[field.origin.key] = found & equal[field.origin.key] if field.origin.key in equal else found
