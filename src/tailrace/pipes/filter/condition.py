"""The conditions that a pattern's arrays hold: literals and match objects, made from JSON and asked of one value.

A value is a leaf of an event: text, number, true, false or null, never confused with each other (event-ruler, README).
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tailrace.pipes.filter.wildcard import wildcard

Test = Callable[[Any], bool]

_ANYTHING_BUT = "Value of anything-but must be an array or single string/number value."
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


class PatternError(ValueError):
    """A pattern breaks a rule; its text is the reason that AWS gives."""


@dataclass(frozen=True, slots=True)
class Literals:
    """Values to be equal to. Numbers are equal by value; kinds are never mixed."""

    texts: frozenset[str]
    numbers: frozenset[float]
    constants: frozenset[bool | None]

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Literals":
        """Sort values by kind."""
        return cls(
            frozenset(value for value in values if isinstance(value, str)),
            frozenset(value for value in values if is_number(value)),
            frozenset(value for value in values if value is None or isinstance(value, bool)),
        )

    def hold(self, value: Any) -> bool:
        """Answer whether a value is among them."""
        if isinstance(value, str):
            return value in self.texts
        if value is None or isinstance(value, bool):
            return value in self.constants
        return value in self.numbers


def is_number(value: Any) -> bool:
    """Answer whether a value is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_of(kind: str, operand: Any) -> Test:
    """Answer the test that a match object stands for. Raises PatternError. ``exists`` is the pattern's own affair."""
    make = _KINDS.get(kind)
    if make is None:
        raise PatternError(f"Unrecognized match type {kind}")
    return make(operand)


def _exactly(operand: Any) -> Test:
    return Literals.of([_text(operand, "exact")]).hold


def _prefix(operand: Any) -> Test:
    return _end(operand, "prefix", str.startswith)


def _suffix(operand: Any) -> Test:
    return _end(operand, "suffix", str.endswith)


def _end(operand: Any, kind: str, matches: Callable[[str, str], bool]) -> Test:
    if isinstance(operand, dict):
        if list(operand) != ["equals-ignore-case"]:
            raise PatternError(f"Unsupported anything-but or {kind} pattern: {next(iter(operand), '')}")
        folded = _text(operand["equals-ignore-case"], "equals-ignore-case").lower()
        return lambda value: isinstance(value, str) and matches(value.lower(), folded)
    wanted = _text(operand, kind)
    return lambda value: isinstance(value, str) and matches(value, wanted)


def _ignore_case(operand: Any) -> Test:
    folded = _text(operand, "equals-ignore-case").lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _wildcard(operand: Any) -> Test:
    try:
        matches = wildcard(_text(operand, "wildcard"))
    except ValueError as error:
        raise PatternError(str(error)) from None
    return lambda value: isinstance(value, str) and matches(value)


def _text(operand: Any, kind: str) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"{kind} match pattern must be a string")
    return operand


def _anything_but(operand: Any) -> Test:
    if isinstance(operand, dict):
        return _anything_but_like(operand)
    values = operand if isinstance(operand, list) else [operand]
    if not isinstance(operand, list) and not isinstance(operand, str) and not is_number(operand):
        raise PatternError(_ANYTHING_BUT)
    if not values:
        raise PatternError("Empty arrays are not allowed")
    if not all(isinstance(value, str) or is_number(value) for value in values):
        raise PatternError("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) > 1:
        raise PatternError(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    excluded = Literals.of(values)
    return lambda value: not excluded.hold(value)


def _anything_but_like(operand: dict[str, Any]) -> Test:
    kind, inner = next(iter(operand.items()), ("", None))
    if kind not in _NEGATABLE:
        raise PatternError(f"Unsupported anything-but pattern: {kind}")
    if isinstance(inner, dict):
        raise PatternError(_ANYTHING_BUT)
    values = inner if isinstance(inner, list) else [inner]
    if not values:
        raise PatternError("Empty arrays are not allowed")
    for value in values:
        if not isinstance(value, str):
            raise PatternError(_NEGATABLE[kind])
        if not value and kind in ("prefix", "suffix"):
            raise PatternError("Null prefix/suffix not allowed")
    excluded = [test_of(kind, value) for value in values]
    return lambda value: not any(test(value) for test in excluded)


_NEGATABLE = {
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
    "equals-ignore-case": ("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."),
}


def _numeric(operand: Any) -> Test:
    if not isinstance(operand, list):
        raise PatternError("Value of numeric must be an array.")
    if not operand:
        raise PatternError("Invalid member in numeric match: ]")
    first = _operator(operand[0])
    bound = _bound(operand, 1, "equals" if first == "=" else first)
    if len(operand) == 2:
        if first == "=":
            return lambda value: is_number(value) and value == bound
        compare = _COMPARISONS[first]
        return lambda value: is_number(value) and compare(value, bound)
    if not first.startswith(">"):
        raise PatternError("Too many elements in numeric expression")
    second = _operator(operand[2])
    if not second.startswith("<"):
        raise PatternError(f"Bad numeric range operator: {second}")
    top = _bound(operand, 3, second)
    if len(operand) > 4:
        raise PatternError("Too many terms in numeric range expression")
    if bound >= top:
        raise PatternError("Bottom must be less than top")
    above, below = _COMPARISONS[first], _COMPARISONS[second]
    return lambda value: is_number(value) and above(value, bound) and below(value, top)


def _operator(operand: Any) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"Invalid member in numeric match: {operand}")
    if operand != "=" and operand not in _COMPARISONS:
        raise PatternError(f"Unrecognized numeric range operator: {operand}")
    return operand


def _bound(operand: list[Any], at: int, named: str) -> float:
    value = operand[at] if len(operand) > at else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise PatternError(f"Value of {named} must be numeric")
    return value


def _cidr(operand: Any) -> Test:
    if not isinstance(operand, str):
        raise PatternError("prefix match pattern must be a string")  # sic: so says the original
    address, slash, bits = operand.partition("/")
    if not slash or "/" in bits:
        raise PatternError("Malformed CIDR, one '/' required")
    if not bits.isdigit():
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise PatternError(f"Nonstandard IP address: {address}") from None
    try:
        network = ipaddress.ip_network(operand, strict=False)
    except ValueError:
        raise PatternError(f"IPv4 mask bits must be < 32: {bits}") from None

    def within(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return within


_KINDS: dict[str, Callable[[Any], Test]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}
KEYWORDS = frozenset({*_KINDS, "exists"})
