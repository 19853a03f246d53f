"""The nodes of parsed expressions. Paths still hold #aliases; a binding replaces them by the names they stand for."""

from dataclasses import dataclass

Part = str | int
Path = tuple[Part, ...]  # attribute, then map keys and list indexes


@dataclass(frozen=True, slots=True)
class PathNode:
    """A document path as written; an alias begins with #, which no bare name does."""

    parts: Path


@dataclass(frozen=True, slots=True)
class ValueNode:
    """A :placeholder of a value."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """A function with its arguments; as a condition or as an operand."""

    name: str
    arguments: tuple["Operand", ...]


Operand = PathNode | ValueNode | FunctionNode


@dataclass(frozen=True, slots=True)
class ComparisonNode:
    """``left = right`` and the other five."""

    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class BetweenNode:
    """``operand BETWEEN low AND high``."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class InNode:
    """``operand IN (one, other)``."""

    operands: tuple[Operand, ...]


Unit = ComparisonNode | BetweenNode | InNode | FunctionNode  # what is checked on its own, left to right


@dataclass(frozen=True, slots=True)
class NotNode:
    """``NOT condition``."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class LogicalNode:
    """Two or more conditions joined by the same AND or OR."""

    operator: str
    conditions: tuple["Condition", ...]


Condition = Unit | NotNode | LogicalNode


@dataclass(frozen=True, slots=True)
class ArithmeticNode:
    """``left + right`` or ``left - right`` in SET."""

    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class ActionNode:
    """One action of an update expression: its section, its path, and its operand unless it is a REMOVE."""

    section: str
    path: PathNode
    operand: Operand | ArithmeticNode | None


def path_text(path: Path) -> str:
    """Write a path the way DynamoDB's errors do: ``[a, [1], b]``."""
    return f"[{', '.join(f'[{part}]' if isinstance(part, int) else part for part in path)}]"
