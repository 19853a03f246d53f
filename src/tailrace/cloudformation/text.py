"""The text of a template to values: JSON, or YAML with CloudFormation's short tags and without what it leaves out.

Dates stay text ("2012-10-17"), aliases are refused, order is kept. Says where text is not well-formed.
"""

import json
from typing import Any

import yaml

from tailrace.cloudformation.errors import invalid, malformed

# Tags that are the function's name as it stands; the others get the prefix Fn::.
_BARE = {"Ref", "Condition"}
_TAGS = frozenset(
    {"And", "Base64", "Cidr", "Condition", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap"}
    | {"GetAtt", "GetAZs", "If", "ImportValue", "Join", "Length", "Not", "Or", "Ref", "Select", "Split", "Sub"}
    | {"ToJsonString", "Transform"}
)


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 as CloudFormation reads it."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    # Keys are text, whatever YAML 1.1 takes them for: 012345678901 and on among them.
    return {_key(loader, key): loader.construct_object(value, deep=True) for key, value in node.value}


def _key(loader: _Loader, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(None, None, "a key is text", node.start_mark)
    return str(node.value)


def _tagged(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if tag not in _TAGS:
        raise yaml.constructor.ConstructorError(None, None, f"unknown tag !{tag}", node.start_mark)
    return {tag if tag in _BARE else f"Fn::{tag}": _argument(loader, tag, node)}


def _argument(loader: _Loader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        text = str(node.value)
        return text.split(".", 1) if tag == "GetAtt" and "." in text else text
    if isinstance(node, yaml.SequenceNode):
        return [loader.construct_object(child, deep=True) for child in node.value]
    assert isinstance(node, yaml.MappingNode)
    return _mapping(loader, node)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: str(node.value))
_Loader.add_multi_constructor("!", _tagged)


def parse(text: str) -> dict[str, Any]:
    """Parse a template's text. Raises ValidationError with the place where it is not well-formed."""
    template = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    if not isinstance(template, dict):
        raise malformed("unsupported structure.")
    return template


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise malformed(f"JSON not well-formed. (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise malformed("JSON not well-formed. (line 1, column 1)") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _parse_yaml(text: str) -> Any:
    try:
        if "*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.CSafeLoader)):
            raise invalid("Template error: YAML aliases are not allowed in CloudFormation templates")
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise malformed(f"YAML not well-formed. (line {line}, column {column})") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise malformed("YAML not well-formed. (line 1, column 1)") from None
