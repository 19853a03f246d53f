"""Signatures of functions and how arguments match them, as Trino resolves an overloaded name.

A table's line is ``name(pattern, …) -> pattern`` and a template. A capital letter stands for any type, a small one in
parentheses for a length; ``pattern...`` repeats. Templates name arguments ``{0}``, all of them ``{all}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from tailrace.athena.analysis.scope import Value
from tailrace.athena.analysis.type import UNKNOWN, Type, as_decimal, coercible, common, decimal

Template = str | Callable[[Sequence[Value], Type], str]
Line = tuple[str, Template]
_TOKEN = re.compile(r"->|\.\.\.|[a-z](?:[+-]\w)+|[A-Za-z_][\w ]*[\w]|[A-Za-z]|\d+|[(),]")
_TERM = re.compile(r"([+-]?)(\w+)")
_RANKS = ("unknown", "boolean", "tinyint", "smallint", "integer", "bigint", "decimal", "real", "double", "char",
          "varchar", "json", "date", "timestamp", "timestamp with time zone")  # fmt: skip


class Pattern(msgspec.Struct, frozen=True):
    """A type with variables in it."""

    base: str
    parts: tuple[Pattern, ...] = ()
    sizes: tuple[str, ...] = ()

    def __str__(self) -> str:
        inside = ", ".join((*map(str, self.parts), *self.sizes))
        return f"{self.base}({inside})" if inside else self.base

    @property
    def is_variable(self) -> bool:
        """Whether it stands for any type."""
        return len(self.base) == 1


class Signature(msgspec.Struct, frozen=True):
    """One overload of a function."""

    name: str
    arguments: tuple[Pattern, ...]
    variadic: bool
    result: Pattern
    template: Template

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"

    def pattern(self, index: int) -> Pattern:
        """Answer the pattern of an argument."""
        return self.arguments[min(index, len(self.arguments) - 1)]

    def takes(self, count: int) -> bool:
        """Tell whether it can be called with so many arguments."""
        if self.variadic:
            return count >= len(self.arguments) - 1
        return count == len(self.arguments)


def catalogue(*tables: Iterable[Line]) -> dict[str, list[Signature]]:
    """Answer the signatures of some tables by name."""
    found: dict[str, list[Signature]] = {}
    for table in tables:
        for text, template in table:
            signature = _signature(text, template)
            found.setdefault(signature.name, []).append(signature)
    return found


def _signature(text: str, template: Template) -> Signature:
    tokens = _TOKEN.findall(text)
    name = tokens[0]
    arguments: list[Pattern] = []
    variadic = False
    index = 2
    while tokens[index] != ")":
        pattern, index = _pattern(tokens, index)
        arguments.append(pattern)
        if tokens[index] == "...":
            variadic = True
            index += 1
        if tokens[index] == ",":
            index += 1
    result, _ = _pattern(tokens, index + 2)
    return Signature(name, tuple(arguments), variadic, result, template)


def _pattern(tokens: list[str], index: int) -> tuple[Pattern, int]:
    base = tokens[index]
    index += 1
    parts: list[Pattern] = []
    sizes: list[str] = []
    if index < len(tokens) and tokens[index] == "(":
        index += 1
        while tokens[index] != ")":
            token = tokens[index]
            if token.isdigit() or (token[0].islower() and token[1:2] in ("", "+", "-")):
                sizes.append(token)
                index += 1
            else:
                part, index = _pattern(tokens, index)
                parts.append(part)
            if tokens[index] == ",":
                index += 1
        index += 1
    return Pattern(base, tuple(parts), tuple(sizes)), index


class Binding:
    """What the variables of a signature stand for, found argument by argument."""

    def __init__(self) -> None:
        self.types: dict[str, Type] = {}
        self.decimals: dict[tuple[str, ...], Type] = {}
        self.lengths: dict[str, int | None] = {}

    def bind(self, pattern: Pattern, actual: Type) -> bool:
        """Learn from an argument's type; False when it can't be coerced to the pattern."""
        if pattern.is_variable:
            return self._variable(pattern.base, actual)
        if actual.base == "unknown":
            return all(self.bind(part, UNKNOWN) for part in pattern.parts if part.base != "function")
        if pattern.base == "decimal" and pattern.sizes:
            if actual.base != "decimal" and not actual.is_whole:
                return False
            earlier = self.decimals.get(pattern.sizes)
            mine = as_decimal(actual)
            self.decimals[pattern.sizes] = mine if earlier is None else common(earlier, mine) or mine
            return True
        if pattern.base == "varchar" and pattern.sizes:
            return self._varchar(pattern.sizes[0], actual)
        if pattern.parts:
            if actual.base != pattern.base or len(actual.parts) != len(pattern.parts):
                return False
            return all(self.bind(part, inner) for part, inner in zip(pattern.parts, actual.parts, strict=True))
        if actual.base == pattern.base:
            return True
        return coercible(actual, self.resolve(pattern))

    def _variable(self, name: str, actual: Type) -> bool:
        earlier = self.types.get(name)
        shared = actual if earlier is None else common(earlier, actual)
        if shared is None:
            return False
        self.types[name] = shared
        return True

    def _varchar(self, name: str, actual: Type) -> bool:
        if actual.base not in ("varchar", "char"):
            return False
        if name not in self.lengths:
            self.lengths[name] = actual.length
        else:
            earlier = self.lengths[name]
            self.lengths[name] = None if earlier is None or actual.length is None else max(earlier, actual.length)
        return True

    def resolve(self, pattern: Pattern) -> Type:
        """Answer the type that a pattern stands for now."""
        if pattern.is_variable:
            return self.types.get(pattern.base, UNKNOWN)
        if pattern.base == "decimal":
            return self._decimal(pattern.sizes)
        if pattern.base == "varchar":
            return Type("varchar", self.lengths.get(pattern.sizes[0]) if pattern.sizes else None)
        if pattern.base in ("timestamp", "timestamp with time zone", "time"):
            return Type(pattern.base, 3)
        parts = tuple(self.resolve(part) for part in pattern.parts)
        return Type(pattern.base, parts=parts, names=(None,) * len(parts) if pattern.base == "row" else ())

    def _decimal(self, sizes: tuple[str, ...]) -> Type:
        if sizes in self.decimals or not sizes:
            return self.decimals.get(sizes, decimal(38, 0))
        known: dict[str, int] = {}
        for names, type_ in self.decimals.items():
            known.update(zip(names, (type_.length or 0, type_.scale or 0), strict=True))
            known["t"] = min(type_.scale or 0, 1)  # a place more for what rounding carries over
        precision, scale = (_sum(size, known) for size in sizes)
        return decimal(precision, scale)


def _sum(text: str, known: dict[str, int]) -> int:
    """Answer what ``p-s+1`` comes to."""
    terms = ((sign, int(name) if name.isdigit() else known[name]) for sign, name in _TERM.findall(text))
    return sum(-value if sign == "-" else value for sign, value in terms)


def distance(pattern: Pattern, actual: Type) -> int:
    """Answer how far a coercion goes: the nearest overload is taken."""
    if pattern.is_variable or actual.base == pattern.base or pattern.base == "function":
        return 0
    if actual.base in _RANKS and pattern.base in _RANKS:
        return abs(_RANKS.index(pattern.base) - _RANKS.index(actual.base))
    return len(_RANKS)
