"""The transform AWS::LanguageExtensions: Fn::ForEach written out, policies of resources that are functions resolved.

Fn::Length, Fn::ToJsonString and defaults of Fn::FindInMap stay: they are carried out with the other functions.
"""

import re
from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation import intrinsics
from tailrace.cloudformation.errors import invalid
from tailrace.cloudformation.intrinsics import Scope
from tailrace.cloudformation.parameters import as_text

_LOOP = "Fn::ForEach::"
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_alone = re.compile(r"[^A-Za-z0-9]")


def expand(raw: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Answer a template without loops and with its resources' policies as text. Raises ValidationError."""
    expanded = {name: _expand(section, scope, {}) for name, section in raw.items()}
    for resource in expanded.get("Resources", {}).values():
        for policy in _POLICIES:
            if isinstance(resource, dict) and policy in resource:
                resource[policy] = intrinsics.resolve(resource[policy], scope)
    return expanded


def _expand(value: Any, scope: Scope, variables: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_expand(child, scope, variables) for child in value]
    if isinstance(value, str):
        return _replaced(value, variables)
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and value.get("Ref") in variables:
        return variables[value["Ref"]]
    expanded: dict[str, Any] = {}
    for name, child in value.items():
        if name.startswith(_LOOP):
            expanded |= _loop(name, child, scope, variables)
        else:
            expanded[_replaced(name, variables)] = _expand(child, scope, variables)
    return expanded


def _loop(name: str, argument: Any, scope: Scope, variables: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise invalid(f"{name} layout is incorrect")
    variable, collection, body = argument
    items = intrinsics.resolve(_expand(collection, scope, variables), scope)
    if not isinstance(items, list) or not isinstance(body, dict):
        raise invalid(f"{name} layout is incorrect")
    written: dict[str, Any] = {}
    for item in map(as_text, items):
        written |= _expand(body, scope, {**variables, variable: item})
    return written


def _replaced(text: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        # &{Name} is the value without what logical ids may not hold.
        text = text.replace(f"${{{name}}}", value).replace(f"&{{{name}}}", _alone.sub("", value))
    return text
