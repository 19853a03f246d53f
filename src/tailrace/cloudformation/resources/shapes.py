"""Properties to parameters: a template's values, often text, brought to the types of botocore's model."""

from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation.parameters import as_text
from tailrace.wire.definition import Member
from tailrace.wire.model import Model, model_of


class Mismatch(Exception):
    """A value that doesn't fit: where, and what is wrong, as CloudFormation says it."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"#{path}: {text}")


# type of the model, its name in CloudFormation's messages
_SCALARS = {
    "string": "String",
    "timestamp": "String",
    "integer": "Integer",
    "long": "Integer",
    "float": "Number",
    "double": "Number",
    "boolean": "Boolean",
}


def fit(service: str, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the values with the types of an operation's parameters; None is left out. Raises Mismatch."""
    model = model_of(service)
    use = model.definitions[operation].input
    given = {name: value for name, value in values.items() if value is not None}
    fitted: dict[str, Any] = {} if use is None else _structure(model, use.shape, given, "")
    return fitted


def _fit(model: Model, member: Member | None, value: Any, path: str) -> Any:
    assert member is not None, "lists and maps have members"
    shape = model.shapes[member.shape]
    if shape.type == "structure" and not shape.document:
        return _structure(model, member.shape, value, path)
    if shape.type == "list":
        if not isinstance(value, list):
            raise _other(path, "JSONArray", value)
        return [_fit(model, shape.member, child, f"{path}/{at}") for at, child in enumerate(value)]
    if shape.type == "map":
        if not isinstance(value, dict):
            raise _other(path, "JSONObject", value)
        return {name: _fit(model, shape.value, child, f"{path}/{name}") for name, child in value.items()}
    if shape.type == "blob":
        return value.encode() if isinstance(value, str) else value
    return value if shape.document else _scalar(shape.type, value, path)


def _structure(model: Model, name: str, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _other(path, "JSONObject", value)
    members = model.shapes[name].members
    fitted = {}
    for key, child in value.items():
        if key not in members:
            raise Mismatch(path, f"extraneous key [{key}] is not permitted")
        fitted[key] = _fit(model, members[key], child, f"{path}/{key}")
    return fitted


def _scalar(kind: str, value: Any, path: str) -> Any:
    if not isinstance(value, str | int | float):
        raise _other(path, _SCALARS[kind], value)
    text = as_text(value)
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError:
        raise _other(path, _SCALARS[kind], value) from None
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise _other(path, "Boolean", value)
        return text.lower() == "true"
    return value if kind == "timestamp" else text


def _other(path: str, expected: str, value: Any) -> Mismatch:
    names = {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean", int: "Integer", float: "Number"}
    return Mismatch(path, f"expected type: {expected}, found: {names.get(type(value), 'null')}")
