"""A template's parameters: what is declared, what is given, what holds. Values are text; lists are text with commas."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tailrace.cloudformation.errors import invalid, malformed
from tailrace.engine.user_pattern import BadPattern, UserPattern

Values = Mapping[str, Any]

_PLAIN_TYPES = frozenset({"String", "Number", "List<Number>", "CommaDelimitedList", "List<String>"})
_AWS_TYPE = re.compile(r"(List<)?AWS::[A-Za-z0-9]+::[A-Za-z0-9:.]+(?(1)>)")
_SSM_TYPE = "AWS::SSM::Parameter::"
_MASK = "****"


def check_declaration(name: str, declared: Any) -> None:
    """Refuse a declaration that has not the form of one. Raises ValidationError."""
    if not isinstance(declared, dict) or "Type" not in declared:
        raise malformed(f"[/Parameters/{name}] Every Parameters object must contain a Type member.")
    if not isinstance(declared.get("AllowedValues", []), list):
        raise malformed(f"[/Parameters/{name}/AllowedValues] must be a list.")


def checked_type(name: str, declared: Values) -> str:
    """Answer a parameter's type. Raises ValidationError for one that there isn't, or that needs a service not built."""
    kind = str(declared["Type"])
    if kind.startswith(_SSM_TYPE):
        raise invalid(f"Parameter {name} has type {kind}: Tailrace has no Systems Manager parameters.")
    if kind not in _PLAIN_TYPES and not _AWS_TYPE.fullmatch(kind):
        raise malformed(f"Unrecognized parameter type: {kind}")
    return kind


def resolve(
    declarations: Mapping[str, Values], given: Iterable[Values], previous: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Answer a value for every declared parameter: the given one, the previous one where asked for, or the default.

    ``given`` holds {ParameterKey, ParameterValue | UsePreviousValue}. Raises ValidationError with AWS's texts.
    """
    values = _given(given, previous)
    strangers = [name for name in values if name not in declarations]
    # A previous value of a parameter that the new template no longer has is no mistake.
    if unknown := [name for name in strangers if previous is None or name not in previous]:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    resolved: dict[str, str] = {}
    missing = []
    for name, declared in declarations.items():
        checked_type(name, declared)
        if name in values:
            resolved[name] = values[name]
        elif "Default" in declared:
            resolved[name] = as_text(declared["Default"])
        else:
            missing.append(name)
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in resolved.items():
        _check(name, declarations[name], value)
    return resolved


def _given(given: Iterable[Values], previous: Mapping[str, str] | None) -> dict[str, str]:
    values = {}
    for entry in given:
        name = entry.get("ParameterKey", "")
        if entry.get("UsePreviousValue"):
            if previous is None or name not in previous:
                raise invalid(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a new stack"
                )
            values[name] = previous[name]
        else:
            values[name] = entry.get("ParameterValue", "")
    return values


def as_text(value: Any) -> str:
    """Spell a template's scalar as a parameter's text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return str(value)


def typed(kind: str, text: str) -> str | list[str]:
    """Answer what Ref gives: a list for the list types, otherwise the text."""
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")] if text else []
    return text


def shown(declarations: Mapping[str, Values], values: Mapping[str, str]) -> list[dict[str, str]]:
    """Answer the parameters as AWS shows them; what is declared NoEcho is masked."""
    return [
        {"ParameterKey": name, "ParameterValue": _MASK if is_hidden(declarations.get(name, {})) else value}
        for name, value in values.items()
    ]


def is_hidden(declared: Values) -> bool:
    """Say whether a parameter is declared NoEcho."""
    return as_text(declared.get("NoEcho", False)).lower() == "true"


def _check(name: str, declared: Values, value: str) -> None:
    parts = typed(str(declared["Type"]), value)
    each = parts if isinstance(parts, list) else [parts]
    if "Number" in str(declared["Type"]):
        for part in each:
            if _number(part) is None:
                raise invalid(f"Parameter '{name}' must be a number.")
    allowed = declared.get("AllowedValues")
    if allowed is not None and not {*each} <= {as_text(item) for item in allowed}:
        raise _violation(name, declared, "must be one of AllowedValues")
    for part in each:
        _check_bounds(name, declared, part)


def _check_bounds(name: str, declared: Values, value: str) -> None:
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not _matches(name, str(pattern), value):
        raise _violation(name, declared, f"must match pattern {pattern}")
    amount = _number(value)
    for key, fails, text in _BOUNDS:
        bound = _number(as_text(declared[key])) if key in declared else None
        measured = float(len(value)) if key.endswith("Length") else amount
        if bound is not None and measured is not None and fails(measured, bound):
            raise _violation(name, declared, text.format(declared[key]))


# constraint, when it is violated, and how AWS says so
_BOUNDS = (
    ("MinLength", float.__lt__, "must contain at least {} characters"),
    ("MaxLength", float.__gt__, "must contain at most {} characters"),
    ("MinValue", float.__lt__, "must be a number not less than {}"),
    ("MaxValue", float.__gt__, "must be a number not greater than {}"),
)


def _violation(name: str, declared: Values, text: str) -> Exception:
    if "ConstraintDescription" in declared:
        return invalid(f"Parameter {name} failed to satisfy constraint: {declared['ConstraintDescription']}")
    return invalid(f"Parameter '{name}' {text}")


def _matches(name: str, pattern: str, value: str) -> bool:
    try:
        return UserPattern(pattern).fullmatch(value)
    except BadPattern as error:
        raise malformed(f"Parameter '{name}' has an AllowedPattern that can't be used: {pattern}: {error}") from None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
