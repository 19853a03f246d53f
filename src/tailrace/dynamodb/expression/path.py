"""Document paths: how they are read, how aliases are resolved, and when two of them get in each other's way."""

from collections.abc import Iterable, Mapping

from tailrace.dynamodb.errors import Malformed
from tailrace.dynamodb.expression.node import Part, Path, PathNode, path_text
from tailrace.dynamodb.expression.reserved import RESERVED
from tailrace.dynamodb.expression.token import Cursor

Names = Mapping[str, str]


class PathReader:
    """What every grammar knows of paths; ``keywords`` are the words that cannot be names in it."""

    keywords: tuple[str, ...] = ()
    cursor: Cursor
    reserved_fault: str | None = None

    def path(self) -> PathNode:
        """Read a path."""
        return self.path_tail([self._name()])

    def path_tail(self, parts: list[Part]) -> PathNode:
        """Read what follows the beginning of a path."""
        cursor = self.cursor
        while True:
            if cursor.take_sign("."):
                parts.append(self._name())
            elif cursor.take_sign("["):
                if cursor.next.kind != "number":
                    raise cursor.unexpected()
                parts.append(int(cursor.take().text))
                cursor.expect_sign("]")
            else:
                return PathNode(tuple(parts))

    def _name(self) -> str:
        token = self.cursor.next
        if token.kind == "name":
            if self.cursor.is_keyword(*self.keywords):
                raise self.cursor.unexpected()
            if self.reserved_fault is None and token.text.upper() in RESERVED:
                self.reserved_fault = f"Attribute name is a reserved keyword; reserved keyword: {token.text}"
        elif token.kind != "alias":
            raise self.cursor.unexpected()
        return self.cursor.take().text


def aliases(path: Path) -> list[str]:
    """Answer the aliases in a path, in order."""
    return [part for part in path if isinstance(part, str) and part[0] == "#"]


def undefined_name(alias: str) -> str:
    """Word an alias that ExpressionAttributeNames does not define."""
    return f"An expression attribute name used in the document path is not defined; attribute name: {alias}"


def undefined_value(placeholder: str) -> str:
    """Word a placeholder that ExpressionAttributeValues does not define."""
    return f"An expression attribute value used in expression is not defined; attribute value: {placeholder}"


def resolve(path: Path, names: Names) -> Path:
    """Replace the aliases of a path. Raises Malformed for one that is not defined."""
    resolved: list[Part] = []
    for part in path:
        if isinstance(part, str) and part[0] == "#":
            name = names.get(part)
            if name is None:
                raise Malformed(undefined_name(part))
            part = name
        resolved.append(part)
    return tuple(resolved)


def first_clash(paths: Iterable[Path]) -> tuple[str, str] | None:
    """Answer the first (kind, fault) of two paths that overlap or conflict, overlaps before conflicts."""
    seen: list[Path] = []
    conflict = None
    for path in paths:
        for earlier in seen:
            kind = _clash(earlier, path)
            if kind is None:
                continue
            fault = (
                f"Two document paths {kind} with each other; must remove or rewrite one of these paths; "
                f"path one: {path_text(earlier)}, path two: {path_text(path)}"
            )
            if kind == "overlap":
                return kind, fault
            conflict = conflict or (kind, fault)
        seen.append(path)
    return conflict


def _clash(one: Path, other: Path) -> str | None:
    for mine, theirs in zip(one, other, strict=False):
        if isinstance(mine, int) is not isinstance(theirs, int):
            return "conflict"
        if mine != theirs:
            return None
    return "overlap"
