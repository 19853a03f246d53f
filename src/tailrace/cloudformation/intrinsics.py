"""Intrinsic functions: a template's value to what it stands for, in a scope. No I/O; nothing is remembered.

The scope says what names stand for; a function that can't be carried out raises ValidationError with AWS's text.
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from tailrace.cloudformation.errors import invalid
from tailrace.cloudformation.parameters import as_text

NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class Scope(Protocol):
    """What names stand for."""

    extended: bool  # AWS::LanguageExtensions

    def reference(self, name: str) -> Any:
        """Answer what Ref gives; NO_VALUE for AWS::NoValue."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """Answer what Fn::GetAtt gives."""

    def condition(self, name: str, function: str) -> bool:
        """Answer whether a condition holds; ``function`` is who asks, for the error's text."""

    def mapped(self, map_name: str, key: str, second: str) -> Any:
        """Answer a mapping's value, or NO_VALUE."""

    def imported(self, name: str) -> str:
        """Answer the value of another stack's export."""

    def zones(self, region: str) -> list[str]:
        """Answer the availability zones of a region; the stack's own when it is empty."""


def resolve(value: Any, scope: Scope) -> Any:
    """Answer a value with every function carried out; members and elements that are AWS::NoValue are left out."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(argument, scope)
        return {name: found for name, child in value.items() if (found := resolve(child, scope)) is not NO_VALUE}
    if isinstance(value, list):
        return [found for child in value if (found := resolve(child, scope)) is not NO_VALUE]
    return value


def condition(value: Any, scope: Scope) -> bool:
    """Answer whether a condition's definition holds."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, argument),) = value.items()
        if name in _CONDITIONS:
            return _CONDITIONS[name](argument, scope)
    raise invalid("Template error: every Condition member must be a boolean function")


def _ref(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, str):
        raise invalid("Template error: every Ref object must have a single String value.")
    return scope.reference(argument)


def _get_att(argument: Any, scope: Scope) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not all(parts):
        raise invalid(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, "
            "the resource name and the resource attribute"
        )
    logical_id, *names = (resolve(part, scope) for part in parts)
    return scope.attribute(str(logical_id), ".".join(map(as_text, names)))


def _sub(argument: Any, scope: Scope) -> str:
    text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(variables, dict):
        raise invalid(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a "
            "string as first argument, and an optional second argument to specify a mapping of values to replace in "
            "the string"
        )

    def replace(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in variables:
            return _joinable(resolve(variables[name], scope), "Fn::Sub")
        if "." in name:
            return _joinable(scope.attribute(*name.split(".", 1)), "Fn::Sub")
        return _joinable(scope.reference(name), "Fn::Sub")

    return _VARIABLE.sub(replace, text)


def _join(argument: Any, scope: Scope) -> str:
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str):
        parts = resolve(argument[1], scope)
        if isinstance(parts, list):
            return argument[0].join(_joinable(part, "Fn::Join") for part in parts)
    raise invalid(
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."
    )


def _select(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        raise invalid(
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
        )
    index, choices = as_text(resolve(argument[0], scope)), resolve(argument[1], scope)
    if not index.isdecimal() or not isinstance(choices, list):
        raise invalid(
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
        )
    if int(index) >= len(choices):
        raise invalid(f"Template error: Fn::Select  cannot select nonexistent value at index {index}")
    return choices[int(index)]


def _split(argument: Any, scope: Scope) -> list[str]:
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str) and argument[0]:
        text = resolve(argument[1], scope)
        if isinstance(text, str | int | float):
            return as_text(text).split(argument[0])
    raise invalid(
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and "
        "(2) a string to be split or a function that returns a string to be split."
    )


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        raise invalid(
            "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the "
            "attribute for return value"
        )
    keys = [as_text(resolve(part, scope)) for part in argument[:3]]
    found = scope.mapped(*keys)
    if found is not NO_VALUE:
        return found
    if scope.extended and len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
        return resolve(argument[3]["DefaultValue"], scope)
    raise invalid(f"Template error: Unable to get mapping for {'::'.join(keys)}")


def _if(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise invalid("Template error: Fn::If requires a list argument with three elements")
    return resolve(argument[1] if scope.condition(argument[0], "Fn::If") else argument[2], scope)


def _import_value(argument: Any, scope: Scope) -> str:
    return scope.imported(as_text(resolve(argument, scope)))


def _base64(argument: Any, scope: Scope) -> str:
    return base64.b64encode(as_text(resolve(argument, scope)).encode()).decode()


def _cidr(argument: Any, scope: Scope) -> list[str]:
    resolved = resolve(argument, scope)
    try:
        block, count, *bits = resolved
        network = ipaddress.ip_network(block)
        prefix = network.max_prefixlen - int(bits[0] if bits else 8)
        subnets = network.subnets(new_prefix=prefix)
        return [str(next(subnets)) for _ in range(int(count))]
    except (TypeError, ValueError, StopIteration):
        raise invalid(f"Template error: Fn::Cidr can not be carried out on {json.dumps(resolved)}") from None


def _get_azs(argument: Any, scope: Scope) -> list[str]:
    return scope.zones(as_text(resolve(argument, scope)))


def _length(argument: Any, scope: Scope) -> int:
    _needs_extensions("Fn::Length", scope)
    found = resolve(argument, scope)
    if not isinstance(found, list):
        raise invalid("Template error: Fn::Length needs a list")
    return len(found)


def _to_json_string(argument: Any, scope: Scope) -> str:
    _needs_extensions("Fn::ToJsonString", scope)
    return json.dumps(resolve(argument, scope), separators=(",", ":"), ensure_ascii=False)


def _needs_extensions(function: str, scope: Scope) -> None:
    if not scope.extended:
        raise invalid(f"Template error: {function} needs the transform AWS::LanguageExtensions")


def _transform(argument: Any, scope: Scope) -> Any:
    name = argument.get("Name") if isinstance(argument, dict) else argument
    raise invalid(f"No transform named {name} found.")


def _joinable(value: Any, function: str) -> str:
    if isinstance(value, str | int | float):
        return as_text(value)
    if function == "Fn::Sub" and isinstance(value, list):
        return ",".join(_joinable(part, function) for part in value)
    raise invalid(f"Template error: every {function} object needs values that are strings")


def _equals(argument: Any, scope: Scope) -> bool:
    if not isinstance(argument, list) or len(argument) != 2:
        raise invalid("Template error: every Fn::Equals object requires a list of 2 string parameters.")
    left, right = (resolve(part, scope) for part in argument)
    return bool(_comparable(left) == _comparable(right))


def _comparable(value: Any) -> Any:
    return as_text(value) if isinstance(value, str | int | float) else value


def _several(argument: Any, scope: Scope, function: str) -> list[bool]:
    if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
        raise invalid(
            f"Template error: every {function} object requires a list of at least 2 and at most 10 boolean parameters."
        )
    return [condition(part, scope) for part in argument]


def _not(argument: Any, scope: Scope) -> bool:
    if not isinstance(argument, list) or len(argument) != 1:
        raise invalid("Template error: every Fn::Not object requires a list of 1 boolean parameter.")
    return not condition(argument[0], scope)


def _named_condition(argument: Any, scope: Scope) -> bool:
    return scope.condition(argument, "Condition") if isinstance(argument, str) else condition(argument, scope)


def _pair(argument: Any, scope: Scope, function: str) -> tuple[list[str], Any]:
    if isinstance(argument, list) and len(argument) == 2:
        members, other = (resolve(part, scope) for part in argument)
        if isinstance(members, list):
            return [as_text(member) for member in members], other
    raise invalid(f"Template error: every {function} object requires two parameters, the first of them a list.")


def _each_in(argument: Any, scope: Scope) -> bool:
    members, allowed = _pair(argument, scope, "Fn::EachMemberIn")
    return {*members} <= {as_text(item) for item in allowed} if isinstance(allowed, list) else False


def _each_equals(argument: Any, scope: Scope) -> bool:
    members, wanted = _pair(argument, scope, "Fn::EachMemberEquals")
    return all(member == as_text(wanted) for member in members)


def _contains(argument: Any, scope: Scope) -> bool:
    members, wanted = _pair(argument, scope, "Fn::Contains")
    return as_text(wanted) in members


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::GetAZs": _get_azs,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json_string,
    "Fn::Transform": _transform,
}
_CONDITIONS: dict[str, Callable[[Any, Scope], bool]] = {
    "Fn::Equals": _equals,
    "Fn::And": lambda argument, scope: all(_several(argument, scope, "Fn::And")),
    "Fn::Or": lambda argument, scope: any(_several(argument, scope, "Fn::Or")),
    "Fn::Not": _not,
    "Condition": _named_condition,
    # the three of the Rules section
    "Fn::EachMemberIn": _each_in,
    "Fn::EachMemberEquals": _each_equals,
    "Fn::Contains": _contains,
}
