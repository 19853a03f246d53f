"""Conditions: operators and keys are ANDed, values ORed; a negated operator holds when no value matches.

A missing key fails positive operators and passes negated ones (IAM, condition operators, multivalued keys).
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tailrace.iam.pattern import (
    Context,
    Pieces,
    Test,
    arn_matcher,
    is_dynamic,
    pieces_of,
    resolved,
    text_matcher,
    text_of,
)

Compare = Callable[[Pieces, str], bool]


def _equals(expected: Pieces, actual: str) -> bool:
    return text_of(expected) == actual


def _equals_ignore_case(expected: Pieces, actual: str) -> bool:
    return text_of(expected).casefold() == actual.casefold()


def _like(expected: Pieces, actual: str) -> bool:
    return text_matcher(expected)(actual)


def _arn(expected: Pieces, actual: str) -> bool:
    return arn_matcher(expected)(actual)


def _binary(expected: Pieces, actual: str) -> bool:
    try:
        return base64.b64decode(text_of(expected)) == base64.b64decode(actual)
    except binascii.Error:
        return False


def _address(expected: Pieces, actual: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(text_of(expected), strict=False)
    except ValueError:
        return False


def _ordered(read: Callable[[str], Any], holds: Callable[[Any, Any], bool]) -> Compare:
    def compare(expected: Pieces, actual: str) -> bool:
        left, right = read(actual), read(text_of(expected))
        return left is not None and right is not None and holds(left, right)

    return compare


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _instant(text: str) -> Decimal | None:
    """Answer epoch seconds of an ISO 8601 date, a date and time, or epoch seconds."""
    number = _number(text)
    if number is not None:
        return number
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()))


@dataclass(frozen=True, slots=True)
class Operator:
    """How one value is compared; whether the result is turned around; whether values are patterns."""

    compare: Compare
    negated: bool = False
    wildcards: bool = False


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanEquals": lambda left, right: left >= right,
}

OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_equals),
    "StringNotEquals": Operator(_equals, negated=True),
    "StringEqualsIgnoreCase": Operator(_equals_ignore_case),
    "StringNotEqualsIgnoreCase": Operator(_equals_ignore_case, negated=True),
    "StringLike": Operator(_like, wildcards=True),
    "StringNotLike": Operator(_like, negated=True, wildcards=True),
    "ArnEquals": Operator(_arn, wildcards=True),
    "ArnLike": Operator(_arn, wildcards=True),
    "ArnNotEquals": Operator(_arn, negated=True, wildcards=True),
    "ArnNotLike": Operator(_arn, negated=True, wildcards=True),
    "Bool": Operator(_equals_ignore_case),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_address),
    "NotIpAddress": Operator(_address, negated=True),
    "NumericNotEquals": Operator(_ordered(_number, _ORDERS["Equals"]), negated=True),
    "DateNotEquals": Operator(_ordered(_instant, _ORDERS["Equals"]), negated=True),
    **{f"Numeric{name}": Operator(_ordered(_number, holds)) for name, holds in _ORDERS.items()},
    **{f"Date{name}": Operator(_ordered(_instant, holds)) for name, holds in _ORDERS.items()},
}
_BY_LOWER_NAME = {name.lower(): operator for name, operator in OPERATORS.items()}
NULL = "null"
_SETS = ("forallvalues:", "foranyvalue:")
_IF_EXISTS = "ifexists"


@dataclass(frozen=True, slots=True)
class Name:
    """An operator's name taken apart: the set it ranges over, its base and whether a missing key passes."""

    over: str
    base: str
    if_exists: bool


def parsed_name(name: str) -> Name | None:
    """Take an operator's name apart; None when there is no such operator."""
    lower = name.lower()
    over = next((prefix for prefix in _SETS if lower.startswith(prefix)), "")
    base = lower.removeprefix(over)
    if base == NULL:
        return Name(over, base, False)
    if_exists = base.endswith(_IF_EXISTS)
    base = base.removesuffix(_IF_EXISTS)
    return Name(over, base, if_exists) if base in _BY_LOWER_NAME else None


def compiled(block: Mapping[str, Mapping[str, Any]], *, variables: bool) -> Test | None:
    """Compile a statement's conditions into one test; None when there are none."""
    tests = [
        _compiled_key(name, key.lower(), _texts(values), variables)
        for name, keys in block.items()
        for key, values in keys.items()
    ]
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else lambda context: all(test(context) for test in tests)


def _compiled_key(name: str, key: str, values: Sequence[str], variables: bool) -> Test:
    parsed = parsed_name(name)
    if parsed is None:
        raise ValueError(f"no such condition operator: {name}")
    if parsed.base == NULL:
        wanted = {value.lower() == "true" for value in values}
        return lambda context: (not context.get(key)) in wanted
    operator = _BY_LOWER_NAME[parsed.base]
    patterns = [pieces_of(value, variables=variables, wildcards=operator.wildcards) for value in values]
    holds = _one_value(operator, patterns)
    missing = parsed.if_exists or (operator.negated if not parsed.over else parsed.over == _SETS[0])
    quantifier = all if parsed.over == _SETS[0] or (not parsed.over and operator.negated) else any

    def test(context: Context) -> bool:
        actual = context.get(key)
        if not actual:
            return missing
        return quantifier(holds(context, value) for value in actual)

    return test


def _one_value(operator: Operator, patterns: Sequence[Pieces]) -> Callable[[Context, str], bool]:
    compare, negated = operator.compare, operator.negated
    if not any(is_dynamic(pattern) for pattern in patterns):
        return lambda _, value: any(compare(pattern, value) for pattern in patterns) is not negated

    def holds(context: Context, value: str) -> bool:
        known = [filled for pattern in patterns if (filled := resolved(pattern, context)) is not None]
        return any(compare(pattern, value) for pattern in known) is not negated

    return holds


def _texts(values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed]
