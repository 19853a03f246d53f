"""Event patterns: a JSON object whose leaves are arrays of conditions, compiled once and asked of many events.

All fields must match, any condition of an array suffices. An array in an event matches when one of its elements does,
and fields of objects in an array must match in the same element. ``exists`` is about leaves: an object is none.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tailrace.pipes.filter.condition import KEYWORDS, Literals, PatternError, Test, test_of

_ALTERNATIVES_MAX = 1000
_DEPTH_MAX = 100
_MISSING: Any = object()
_Match = Callable[[Any, Any], bool]  # (value, whole event) -> whether it matches


class _Leaf:
    """The conditions on one field. ``absent``: it also matches when the field is nowhere in the event."""

    def __init__(self, path: tuple[str, ...], conditions: list[Any]) -> None:
        self.path = path
        plain = [value for value in conditions if not isinstance(value, dict | list)]
        self.literals = Literals.of(plain)
        self.absent = self.present = False
        self.tests: list[Test] = []
        for condition in conditions:
            if isinstance(condition, list):
                raise PatternError("Match value must be String, number, true, false, or null")
            if isinstance(condition, dict):
                self._add(condition)

    def _add(self, condition: dict[str, Any]) -> None:
        if not condition:
            raise PatternError("Match expression name not found")
        kind, operand = next(iter(condition.items()))
        if kind == "exists":
            if not isinstance(operand, bool):
                raise PatternError("exists match pattern must be either true or false.")
            self.present |= operand
            self.absent |= not operand
        else:
            self.tests.append(test_of(kind, operand))
        if len(condition) > 1:
            raise PatternError("Only one key allowed in match expression")

    def compiled(self) -> _Match:
        """Answer a function that asks the conditions of one value that is no array."""
        texts, literals, tests, present, path = self.literals.texts, self.literals, self.tests, self.present, self.path

        def holds(value: Any, _: Any) -> bool:
            if type(value) is str and value in texts:
                return True
            if value is _MISSING or type(value) is dict:
                return False
            return present or literals.hold(value) or any(test(value) for test in tests)

        if not self.absent:
            return holds
        return lambda value, event: holds(value, event) or not _has_leaf(event, path)


class _Node:
    """A place in the pattern: conditions on the value there, fields below it, groups of alternatives."""

    def __init__(self) -> None:
        self.leaf: _Leaf | None = None
        self.fields: dict[str, _Node] = {}
        self.alternatives: list[list[_Node]] = []

    def compiled(self) -> _Match:
        """Answer a function that asks everything of a value, and of each element if it is an array."""
        single = self._single()

        def matches(value: Any, event: Any) -> bool:
            if type(value) is not list:
                return single(value, event)
            if not value:
                return single(_MISSING, event)
            return any(matches(element, event) for element in value)

        return matches

    def _single(self) -> _Match:
        parts: list[_Match] = [self._fields()] if self.fields else []
        if self.leaf is not None:
            parts.append(self.leaf.compiled())
        for group in self.alternatives:
            parts.append(_any_of([alternative.compiled() for alternative in group]))
        if len(parts) == 1:
            return parts[0]
        return lambda value, event: all(part(value, event) for part in parts)

    def _fields(self) -> _Match:
        fields = [(name, node.compiled()) for name, node in self.fields.items()]

        def match(value: Any, event: Any) -> bool:
            inside = type(value) is dict
            for name, matches in fields:
                found = value.get(name, _MISSING) if inside else _MISSING
                if found is _MISSING and inside:
                    found = _dotted(value, name)
                if not matches(found, event):
                    return False
            return True

        return match


def _any_of(alternatives: list[_Match]) -> _Match:
    return lambda value, event: any(matches(value, event) for matches in alternatives)


class Pattern:
    """One compiled pattern."""

    def __init__(self, text: str) -> None:
        """Compile a pattern. Raises PatternError with AWS's reason."""
        try:
            self._root = _parsed(text)
        except RecursionError:
            raise PatternError("the pattern is nested too deeply") from None
        if _combinations(self._root) > _ALTERNATIVES_MAX:
            raise PatternError("Too many $or combinations")
        self.fields = frozenset(_names(self._root))
        self._matches = self._root.compiled()

    def has_leaf(self, name: str) -> bool:
        """Answer whether the pattern has conditions on an event's field itself."""
        return any(node.leaf is not None for node in _places(self._root, name))

    def matches(self, event: dict[str, Any]) -> bool:
        """Answer whether an event matches; one that is nested beyond all measure doesn't."""
        try:
            return self._matches(event, event)
        except RecursionError:
            return False


def _parsed(text: str) -> _Node:
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise PatternError(str(error)) from None
    if not isinstance(raw, dict):
        raise PatternError("Filter is not an object")
    if not raw:
        raise PatternError("Empty objects are not allowed")
    root = _Node()
    _fill(root, raw, (), _DEPTH_MAX)
    return root


def _fill(node: _Node, raw: dict[str, Any], path: tuple[str, ...], depth: int) -> None:
    if not raw and path:
        raise PatternError("Empty objects are not allowed")
    if depth <= 0:
        raise PatternError("the pattern is nested too deeply")
    for name, value in raw.items():
        if name == "$or" and _is_alternatives(value):
            group = []
            for alternative in value:
                group.append(_Node())
                _fill(group[-1], alternative, path, depth - 1)
            node.alternatives.append(group)
            continue
        # Dots join: "a.b" is the field b of the field a.
        segments = name.split(".")
        where = (*path, *segments)
        if len(where) > _DEPTH_MAX:
            raise PatternError("the pattern is nested too deeply")
        below = node
        for segment in segments:
            below = below.fields.setdefault(segment, _Node())
        if isinstance(value, dict):
            _fill(below, value, where, depth - 1)
        elif not isinstance(value, list):
            raise PatternError(f'"{name}" must be an object or an array')
        elif not value:
            raise PatternError("Empty arrays are not allowed")
        else:
            below.leaf = _Leaf(where, value)


def _is_alternatives(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(isinstance(each, dict) and each and not KEYWORDS & each.keys() for each in value)
    )


def _combinations(node: _Node) -> int:
    count = 1
    for below in node.fields.values():
        count *= _combinations(below)
    for group in node.alternatives:
        count *= sum(_combinations(alternative) for alternative in group)
    return count


def _names(node: _Node) -> Iterator[str]:
    yield from node.fields
    for group in node.alternatives:
        for alternative in group:
            yield from _names(alternative)


def _places(node: _Node, name: str) -> Iterator[_Node]:
    if name in node.fields:
        yield node.fields[name]
    for group in node.alternatives:
        for alternative in group:
            yield from _places(alternative, name)


def _dotted(value: dict[str, Any], name: str) -> Any:
    # An event's own dots join as well: its field "a.b" is found under a.
    start = f"{name}."
    return {key[len(start) :]: each for key, each in value.items() if key.startswith(start)} or _MISSING


def _has_leaf(value: Any, path: Sequence[str]) -> bool:
    if isinstance(value, list):
        return any(_has_leaf(element, path) for element in value)
    if not path:
        return value is not _MISSING and not isinstance(value, dict)
    if not isinstance(value, dict):
        return False
    found = value.get(path[0], _MISSING)
    return _has_leaf(_dotted(value, path[0]) if found is _MISSING else found, path[1:])
