"""The constraints of AWS's shapes (required, length, range, pattern, enum) as closures that only say yes or no.

What a violation is called is said in ``violation.py``; the rules themselves are here, once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from tailrace.wire.definition import Shape

Check = Callable[[Any], bool]
Kind = Literal["pattern", "length_max", "length_min", "value_max", "value_min", "enum", "required"]

_NUMBERS = frozenset({"integer", "long", "float", "double", "short", "byte", "bigdecimal"})
# Java writes what lies beyond the basic plane as surrogates, and has classes that Python's re has not; these hold more.
_JAVA = (
    (r"\uD800\uDC00-\uDBFF\uDFFF", "\\U00010000-\\U0010FFFF"),
    (r"\p{L}", r"\w"),
    (r"\p{M}", r"\w\u0300-\u036f"),
    (r"\p{N}", r"\w"),
    (r"\p{Z}", r"\s"),
    (r"\p{IsAlphabetic}", r"\w"),
    (r"\p{P}", r"\W"),
    (r"\p{Graph}", r"\x21-\x7e"),
    (r"\p{Print}", r"[\x20-\x7e]"),
    (r"\w-_", r"\w\-_"),
    # The same texts, and never more than one way to read them: theirs takes for ever with 40 spaces.
    (r"[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*", r"\t*[\x20-\x7E][\t\x20-\x7E]*"),
)


class Rule(NamedTuple):
    """One constraint: what it limits, to what, and whether a value keeps to it."""

    kind: Kind
    limit: Any
    holds: Check


@cache
def pattern_of(text: str) -> re.Pattern[str] | None:
    """Compile a pattern of the definitions; None when Python has no equal of it, and then it isn't enforced."""
    for java, python in _JAVA:
        text = text.replace(java, python)
    try:
        return re.compile(text)
    except re.error:
        return None


def rules_of(shape: Shape) -> list[Rule]:
    """Answer the rules of a shape's own value, in the order in which AWS lists their violations."""
    rules: list[Rule] = []
    if shape.type == "string":
        if shape.pattern is not None:
            rules.append(_pattern_rule(shape.pattern))
        if shape.enum:
            rules.append(Rule("enum", shape.enum, frozenset(shape.enum).__contains__))
    if shape.type in ("string", "blob", "list", "map"):
        rules += _length_rules(shape)
    elif shape.type in _NUMBERS:
        rules += _value_rules(shape)
    return rules


def _pattern_rule(text: str) -> Rule:
    def holds(value: str) -> bool:
        found = pattern_of(text)
        return found is None or found.fullmatch(value) is not None

    return Rule("pattern", text, holds)


def _length_rules(shape: Shape) -> list[Rule]:
    least, most = shape.min, shape.max
    rules = []
    if least is not None and least > 0:
        rules.append(Rule("length_min", int(least), lambda value: len(value) >= least))
    if most is not None:
        rules.append(Rule("length_max", int(most), lambda value: len(value) <= most))
    return rules


def _value_rules(shape: Shape) -> list[Rule]:
    least, most = shape.min, shape.max
    rules = []
    if least is not None:
        rules.append(Rule("value_min", least, lambda value: value >= least))
    if most is not None:
        rules.append(Rule("value_max", most, lambda value: value <= most))
    return rules


def _all(rules: Sequence[Rule]) -> Check | None:
    tests = [rule.holds for rule in rules]
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)
    return lambda value: all(test(value) for test in tests)


class Checks:
    """Compile the checks of a service's shapes when they are first asked for. None means that nothing can be wrong."""

    def __init__(self, shapes: Mapping[str, Shape], opaque: frozenset[str], rules: Callable[[str], list[Rule]]) -> None:
        self._shapes = shapes
        self._opaque = opaque
        self._rules = rules
        self._made: dict[str, Check | None] = {}

    def of(self, name: str) -> Check | None:
        """Answer the check of a shape by name."""
        if name not in self._made:
            # A shape may hold itself: while it is compiled, uses of it go through the table.
            self._made[name] = lambda value: self._again(name, value)
            self._made[name] = None if name in self._opaque else self._compiled(name, self._shapes[name])
        return self._made[name]

    def _again(self, name: str, value: Any) -> bool:
        check = self._made[name]
        return check is None or check(value)

    def _compiled(self, name: str, shape: Shape) -> Check | None:
        if shape.document:
            return None
        if shape.type == "structure":
            return self._structure(shape)
        own = _all(self._rules(name))
        if shape.type == "list" and shape.member is not None:
            return _list_check(own, self.of(shape.member.shape))
        if shape.type == "map" and shape.key is not None and shape.value is not None:
            if shape.value.shape in self._opaque:
                return own
            return _map_check(own, self.of(shape.key.shape), self.of(shape.value.shape))
        return own

    def _structure(self, shape: Shape) -> Check | None:
        required = shape.required
        checks = [
            (name, check) for name, member in shape.members.items() if (check := self.of(member.shape)) is not None
        ]
        if not required and not checks:
            return None

        def check_structure(value: Any) -> bool:
            find = value.get
            for name in required:
                if find(name) is None:
                    return False
            for name, check in checks:
                found = find(name)
                if found is not None and not check(found):
                    return False
            return True

        return check_structure


def _list_check(own: Check | None, each: Check | None) -> Check | None:
    if each is None:
        return own
    if own is None:
        return lambda value: all(map(each, value))
    return lambda value: own(value) and all(map(each, value))


def _map_check(own: Check | None, key: Check | None, each: Check | None) -> Check | None:
    if key is None and each is None:
        return own

    def check_map(value: Any) -> bool:
        return (
            (own is None or own(value))
            and (key is None or all(map(key, value)))
            and (each is None or all(map(each, value.values())))
        )

    return check_map
