"""Projection expressions: a list of paths, none in another's way, and the part of an item that they cut out."""

from collections.abc import Mapping
from typing import Any

from tailrace.dynamodb.expression.node import Path, PathNode
from tailrace.dynamodb.expression.path import PathReader
from tailrace.dynamodb.expression.token import Cursor
from tailrace.dynamodb.value import Item, Value

Tree = dict[Any, "Tree | None"]  # part of a path -> what is wanted below it; None is all of it


class ProjectionParser(PathReader):
    """``path {, path}``; there are no keywords in it."""

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)

    def parse(self) -> list[PathNode]:
        """Answer the paths as they stand. Raises Malformed."""
        paths = [self.path()]
        while self.cursor.take_sign(","):
            paths.append(self.path())
        if self.cursor.next.kind != "end":
            raise self.cursor.unexpected()
        return paths


def tree_of(paths: list[Path]) -> Tree:
    """Answer paths as one tree, to cut with."""
    tree: Tree = {}
    for path in paths:
        branch = tree
        for part in path[:-1]:
            below = branch.setdefault(part, {})
            assert below is not None, "paths do not overlap"
            branch = below
        branch[path[-1]] = None
    return tree


def project(item: Item, tree: Tree) -> Item:
    """Answer the part of an item, or of a map, that a tree wants; list elements close up in their order."""
    cut: Item = {}
    for name, below in tree.items():
        value = item.get(name)
        part = value if value is None or below is None else _below(value, below)
        if part is not None:
            cut[name] = part
    return cut


def _below(value: Value, tree: Tree) -> Value | None:
    members: Mapping[str, Value] | None = value.get("M")
    if members is not None:
        cut = project(dict(members), tree)
        return {"M": cut} if cut else None
    elements: list[Value] | None = value.get("L")
    if elements is None:
        return None
    kept = []
    for at in sorted(part for part in tree if isinstance(part, int) and part < len(elements)):
        below = tree[at]
        element = elements[at] if below is None else _below(elements[at], below)
        if element is not None:
            kept.append(element)
    return {"L": kept} if kept else None
