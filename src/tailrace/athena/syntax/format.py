"""An expression as Trino writes it in its messages."""

from collections.abc import Callable
from typing import Any

from tailrace.athena.syntax.tree import (
    Binary,
    Cast,
    Column,
    Constant,
    Dereference,
    Expression,
    Function,
    Logical,
    Subscript,
    Unary,
)


def written(node: Expression) -> str:
    """Answer the text of an expression; parts of kinds that messages seldom show are dots."""
    write = _WRITERS.get(type(node))
    return "..." if write is None else write(node)


def _constant(node: Constant) -> str:
    if node.kind == "string":
        return "'" + node.text.replace("'", "''") + "'"
    return {"decimal": f"DECIMAL '{node.text}'", "null": "null", "binary": f"X'{node.text}'"}.get(node.kind, node.text)


def _function(node: Function) -> str:
    if node.star:
        return f"{node.name}(*)"
    distinct = "DISTINCT " if node.distinct else ""
    return f"{node.name}({distinct}{', '.join(map(written, node.arguments))})"


_WRITERS: dict[type[Expression], Callable[[Any], str]] = {
    Column: lambda node: f'"{node.name.text}"' if node.name.quoted else node.name.text,
    Dereference: lambda node: f"{written(node.base)}.{node.field.text}",
    Constant: _constant,
    Function: _function,
    Binary: lambda node: f"({written(node.left)} {node.operator} {written(node.right)})",
    Logical: lambda node: "(" + f" {node.operator} ".join(map(written, node.terms)) + ")",
    Unary: lambda node: f"{node.operator}{' ' if node.operator == 'NOT' else ''}{written(node.operand)}",
    Cast: lambda node: f"{'TRY_CAST' if node.safe else 'CAST'}({written(node.operand)} AS {node.type.base})",
    Subscript: lambda node: f"{written(node.base)}[{written(node.index)}]",
}
