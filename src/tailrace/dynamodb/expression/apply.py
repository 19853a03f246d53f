"""What an update expression does to an item.

Every right-hand side sees the item as it was; list indexes refer to the list as it was: an index past its end appends,
removed elements close up. The item given stays as it is (Developer Guide, Expressions.UpdateExpressions).
"""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

from tailrace.dynamodb.errors import Malformed
from tailrace.dynamodb.expression.check import Values
from tailrace.dynamodb.expression.evaluate import value_at
from tailrace.dynamodb.expression.node import (
    ActionNode,
    ArithmeticNode,
    FunctionNode,
    Operand,
    Path,
    PathNode,
    ValueNode,
)
from tailrace.dynamodb.expression.path import Names, resolve
from tailrace.dynamodb.number import plain
from tailrace.dynamodb.value import Item, Value, type_of

_GONE: Value = {}  # stands for a removed list element until its list closes up
_EXACT = Context(prec=300)  # 126 digits before the point and 130 after it: every sum of two numbers is exact

WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_MISSING = "The provided expression refers to an attribute that does not exist in the item"
_BAD_PATH = "The document path provided in the update expression is invalid for update"


class Draft:
    """A copy of an item being updated; only what is touched is copied."""

    def __init__(self, item: Item) -> None:
        self.item = dict(item)
        self._own: set[str] = set()
        self._lists: dict[int, tuple[list[Value], dict[int, Value]]] = {}  # touched lists and what they get at the end

    def put(self, path: Path, value: Value) -> None:
        """Set what a path leads to."""
        parent = self._parent(path)
        part = path[-1]
        if isinstance(parent, list):
            elements, appended = self._touched(parent)
            if int(part) < len(elements):
                elements[int(part)] = value
            else:
                appended[int(part)] = value
        else:
            parent[str(part)] = value

    def remove(self, path: Path) -> None:
        """Remove what a path leads to, if there is something."""
        parent = self._parent(path)
        part = path[-1]
        if not isinstance(parent, list):
            parent.pop(str(part), None)
        elif int(part) < len(parent):
            self._touched(parent)
            parent[int(part)] = _GONE

    def finish(self) -> Item:
        """Close up the lists and answer the new item."""
        for elements, appended in self._lists.values():
            elements[:] = [element for element in elements if element is not _GONE]
            elements.extend(appended[at] for at in sorted(appended))
        return self.item

    def _touched(self, elements: list[Value]) -> tuple[list[Value], dict[int, Value]]:
        return self._lists.setdefault(id(elements), (elements, {}))

    def _parent(self, path: Path) -> Any:
        """Answer the map or list that holds a path's last part, copied. Raises Malformed."""
        if len(path) == 1:
            return self.item
        top = str(path[0])
        if top in self.item and top not in self._own:
            self._own.add(top)
            self.item[top] = _copy(self.item[top])
        value = value_at(self.item, path[:-1])
        parent = None if value is None else value.get("L" if isinstance(path[-1], int) else "M")
        if parent is None:
            raise Malformed(_BAD_PATH)
        return parent


def apply_update(actions: tuple[tuple[Path, ActionNode], ...], names: Names, values: Values, item: Item) -> Item:
    """Answer an item updated. Raises Malformed when the item does not allow it."""
    operands = [
        None if action.operand is None else _operand(action.operand, names, values, item) for _, action in actions
    ]
    draft = Draft(item)
    for (path, action), operand in zip(actions, operands, strict=True):
        if operand is None:
            draft.remove(path)
        elif action.section == "SET":
            draft.put(path, operand)
        else:
            _ACCUMULATE[action.section](draft, path, operand, value_at(item, path))
    return draft.finish()


def _operand(node: Operand | ArithmeticNode, names: Names, values: Values, item: Item) -> Value:
    if isinstance(node, ValueNode):
        return values[node.name]
    if isinstance(node, PathNode):
        value = value_at(item, resolve(node.parts, names))
        if value is None:
            raise Malformed(_MISSING)
        return value
    if isinstance(node, FunctionNode) and node.name == "if_not_exists":
        kept, otherwise = node.arguments
        assert isinstance(kept, PathNode)
        value = value_at(item, resolve(kept.parts, names))
        return value if value is not None else _operand(otherwise, names, values, item)
    operands = node.arguments if isinstance(node, FunctionNode) else node.operands
    left, right = (_operand(operand, names, values, item) for operand in operands)
    wanted = "L" if isinstance(node, FunctionNode) else "N"
    if wanted not in left or wanted not in right:
        raise Malformed(WRONG_TYPE)
    if isinstance(node, FunctionNode):
        return {"L": left["L"] + right["L"]}
    return {"N": add(left["N"], right["N"], negate=node.operator == "-")}


def add(one: str, other: str, *, negate: bool = False) -> str:
    """Add two normalised numbers, or subtract the second. Raises Malformed when the result has no room."""
    left, right = Decimal(one), Decimal(other)
    sign, digits, exponent = (_EXACT.subtract(left, right) if negate else _EXACT.add(left, right)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    return plain(bool(sign), text, exponent + len(text) - 1)


def _add(draft: Draft, path: Path, operand: Value, before: Value | None) -> None:
    kind = type_of(operand)
    if before is None:
        draft.put(path, operand)
    elif kind not in before:
        raise Malformed(WRONG_TYPE)
    elif kind == "N":
        draft.put(path, {"N": add(before["N"], operand["N"])})
    elif kind == "L":  # only AttributeUpdates add lists
        draft.put(path, {"L": before["L"] + operand["L"]})
    else:
        known = set(before[kind])
        draft.put(path, {kind: before[kind] + [member for member in operand[kind] if member not in known]})


def _delete(draft: Draft, path: Path, operand: Value, before: Value | None) -> None:
    kind = type_of(operand)
    if before is None:
        draft.remove(path)  # nothing is there, but its parent must be
        return
    if kind not in before:
        raise Malformed(WRONG_TYPE)
    gone = set(operand[kind])
    left = [member for member in before[kind] if member not in gone]
    if left:
        draft.put(path, {kind: left})
    else:
        draft.remove(path)


_ACCUMULATE: dict[str, Callable[[Draft, Path, Value, Value | None], None]] = {"ADD": _add, "DELETE": _delete}


def _copy(value: Value) -> Value:
    kind = type_of(value)
    if kind == "M":
        return {"M": {name: _copy(member) for name, member in value["M"].items()}}
    if kind == "L":
        return {"L": [_copy(element) for element in value["L"]]}
    return value
