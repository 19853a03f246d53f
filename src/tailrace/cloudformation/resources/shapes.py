"""Properties to parameters: a template's values, often text, brought to the types of botocore's model."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from tailrace.cloudformation.parameters import as_text


class Mismatch(Exception):
    """A value that doesn't fit: where, and what is wrong, as CloudFormation says it."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"#{path}: {text}")


@lru_cache(maxsize=4)
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def fit(service: str, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the values with the types of an operation's parameters; None is left out. Raises Mismatch."""
    shape = _model(service).operation_model(operation).input_shape
    fitted: dict[str, Any] = _fit(shape, {name: value for name, value in values.items() if value is not None}, "")
    return fitted


def _fit(shape: Shape, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure" and not getattr(shape, "is_document_type", False):
        return _structure(shape, value, path)
    if kind == "list":
        if not isinstance(value, list):
            raise Mismatch(path, f"expected type: JSONArray, found: {_found(value)}")
        return [_fit(shape.member, child, f"{path}/{at}") for at, child in enumerate(value)]
    if kind == "map":
        if not isinstance(value, dict):
            raise Mismatch(path, f"expected type: JSONObject, found: {_found(value)}")
        return {as_text(name): _fit(shape.value, child, f"{path}/{name}") for name, child in value.items()}
    return _scalar(kind, value, path)


def _structure(shape: Any, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Mismatch(path, f"expected type: JSONObject, found: {_found(value)}")
    fitted = {}
    for name, child in value.items():
        if name not in shape.members:
            raise Mismatch(path, f"extraneous key [{name}] is not permitted")
        fitted[name] = _fit(shape.members[name], child, f"{path}/{name}")
    return fitted


def _scalar(kind: str, value: Any, path: str) -> Any:
    if isinstance(value, dict | list) and kind in _SCALARS:
        raise Mismatch(path, f"expected type: {_SCALARS[kind]}, found: {_found(value)}")
    text = as_text(value) if isinstance(value, str | int | float) else value
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except (TypeError, ValueError):
        raise Mismatch(path, f"expected type: {_SCALARS[kind]}, found: {_found(value)}") from None
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise Mismatch(path, f"expected type: Boolean, found: {_found(value)}")
        return text.lower() == "true"
    if kind == "blob" and isinstance(value, str):
        return value.encode()
    return text


_SCALARS = {"string": "String", "integer": "Integer", "long": "Integer", "float": "Number", "double": "Number"} | {
    "boolean": "Boolean",
    "timestamp": "String",
}


def _found(value: Any) -> str:
    names = {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean", int: "Integer", float: "Number"}
    return names.get(type(value), "null")
