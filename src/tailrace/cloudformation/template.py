"""A template as values: its sections checked for their form, its parts given names. Knows nothing of deployments.

Texts are AWS's where they are known; docs/deviations/cloudformation.md lists the others.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tailrace.cloudformation.errors import invalid, malformed
from tailrace.cloudformation.parameters import Values, check_declaration

_SECTIONS = frozenset(
    {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions"}
    | {"Transform", "Resources", "Outputs", "Hooks", "Globals"}
)
_RESOURCE_ATTRIBUTES = frozenset(
    {"Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy"}
    | {"CreationPolicy", "Metadata", "Description", "Connectors", "IgnoreGlobals"}
)
_UNBUILT_SECTIONS = ("Hooks",)
_DELETION_POLICIES = ("Delete", "Retain", "Snapshot", "RetainExceptOnCreate")
_LIMITS = {"Resources": 500, "Parameters": 200, "Mappings": 200, "Outputs": 200}
_DEPTH_MAX = 100
_is_alphanumeric = re.compile(r"[A-Za-z0-9]+").fullmatch


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the template declares it; functions in it are not resolved."""

    logical_id: str
    type: str
    properties: Values
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: Any = "Delete"
    update_replace_policy: Any = "Delete"
    metadata: Values | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """An output as the template declares it."""

    key: str
    value: Any
    description: Any = None
    export_name: Any = None
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A whole template."""

    raw: Values = field(repr=False)
    description: str | None
    metadata: Values | None
    parameters: Mapping[str, Values]
    rules: Mapping[str, Values]
    mappings: Mapping[str, Mapping[str, Values]]
    conditions: Values
    transforms: tuple[str, ...]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]

    @property
    def resource_types(self) -> list[str]:
        """The types that occur, each once, in order of appearance."""
        return list(dict.fromkeys(resource.type for resource in self.resources.values()))


def read(raw: Values) -> Template:
    """Check the form of a template and name its parts. Raises ValidationError."""
    _check_sections(raw)
    _refuse_nulls(raw, "")
    return Template(
        raw=raw,
        description=_text(raw, "Description"),
        metadata=_section(raw, "Metadata"),
        parameters=_named(raw, "Parameters", "Parameter", _parameter),
        rules=_named(raw, "Rules", "Rule", _rule),
        mappings=_section(raw, "Mappings"),
        conditions=_section(raw, "Conditions"),
        transforms=transforms_of(raw),
        resources=_named(raw, "Resources", "Resource", _resource),
        outputs=_named(raw, "Outputs", "Output", _output),
    )


def transforms_of(raw: Values) -> tuple[str, ...]:
    """Answer the transforms that a template asks for, in order."""
    given = raw.get("Transform") or []
    names = given if isinstance(given, list) else [given]
    return tuple(name["Name"] if isinstance(name, dict) and "Name" in name else str(name) for name in names)


def _check_sections(raw: Values) -> None:
    version = raw.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        raise malformed(f"{version} is not a supported value for AWSTemplateFormatVersion.")
    if strangers := [str(name) for name in raw if name not in _SECTIONS]:
        raise invalid(f"Invalid template property or properties [{', '.join(strangers)}]")
    for name in _UNBUILT_SECTIONS:
        if raw.get(name):
            raise invalid(f"Tailrace does not carry out the section {name} yet.")
    if not _section(raw, "Resources"):
        raise malformed("At least one Resources member must be defined.")
    for name, limit in _LIMITS.items():
        if len(_section(raw, name)) > limit:
            raise malformed(f"Number of {name.lower()}, {len(raw[name])}, is greater than maximum allowed, {limit}")


def _refuse_nulls(value: Any, path: str) -> None:
    if path.count("/") > _DEPTH_MAX:
        raise malformed("unsupported structure.")
    if value is None:
        raise invalid(f"[{path}] 'null' values are not allowed in templates")
    if isinstance(value, dict):
        for name, child in value.items():
            _refuse_nulls(child, f"{path}/{name}")
    elif isinstance(value, list):
        for at, child in enumerate(value):
            _refuse_nulls(child, f"{path}/{at}")


def _section(raw: Values, name: str, path: str = "") -> dict[str, Any]:
    section = raw.get(name, {})
    if not isinstance(section, dict):
        raise malformed(f"[{path}/{name}] must be an object.")
    return section


def _named(raw: Values, section: str, noun: str, make: Callable[[str, Any], Any]) -> dict[str, Any]:
    made = {}
    for name, body in _section(raw, section).items():
        if not _is_alphanumeric(name):
            raise malformed(f"{noun} name {name} is non alphanumeric.")
        if not isinstance(body, dict):
            raise malformed(f"[/{section}/{name}] must be an object.")
        made[name] = make(name, body)
    return made


def _text(raw: Values, name: str) -> str | None:
    value = raw.get(name)
    if value is not None and not isinstance(value, str):
        raise malformed(f"{name} must be a string.")
    return value


def _parameter(name: str, body: Values) -> Values:
    check_declaration(name, body)
    return body


def _rule(name: str, body: Values) -> Values:
    assertions = body.get("Assertions", [])
    if not isinstance(assertions, list) or not all(isinstance(each, dict) and "Assert" in each for each in assertions):
        raise malformed(f"[/Rules/{name}/Assertions] must be a list of objects with an Assert member.")
    return body


def _resource(name: str, body: Values) -> Resource:
    if not isinstance(body.get("Type"), str):
        raise malformed(f"[/Resources/{name}] Every Resources object must contain a Type member.")
    for attribute in body:
        if attribute not in _RESOURCE_ATTRIBUTES:
            raise invalid(f"Invalid template resource property '{attribute}'")
    properties = body.get("Properties", {})
    if not isinstance(properties, dict):
        raise malformed(f"[/Resources/{name}/Properties] must be an object.")
    given = body.get("DependsOn", [])
    depends_on = given if isinstance(given, list) else [given]
    if not all(isinstance(other, str) for other in depends_on):
        raise malformed(f"[/Resources/{name}/DependsOn] must be a string or a list of strings.")
    return Resource(
        name,
        body["Type"],
        properties,
        tuple(depends_on),
        _condition(f"/Resources/{name}", body),
        _policy(name, body, "DeletionPolicy", _DELETION_POLICIES),
        _policy(name, body, "UpdateReplacePolicy", _DELETION_POLICIES[:3]),
        _section(body, "Metadata", f"/Resources/{name}") if "Metadata" in body else None,
    )


def _condition(path: str, body: Values) -> str | None:
    condition = body.get("Condition")
    if condition is not None and not isinstance(condition, str):
        raise malformed(f"[{path}/Condition] must be a string.")
    return condition


def _policy(name: str, body: Values, attribute: str, allowed: tuple[str, ...]) -> Any:
    policy = body.get(attribute, "Delete")
    # A function here is for AWS::LanguageExtensions to resolve.
    if not isinstance(policy, dict) and policy not in allowed:
        raise malformed(f"Unrecognized {attribute} {policy} for resource {name}")
    return policy


def _output(name: str, body: Values) -> Output:
    if "Value" not in body:
        raise malformed("Every Outputs member must contain a Value object")
    export = body.get("Export", {})
    export_name = export.get("Name") if isinstance(export, dict) else None
    if "Export" in body and export_name is None:
        raise malformed(f"[/Outputs/{name}/Export] Every Export object must contain a Name member.")
    return Output(name, body["Value"], body.get("Description"), export_name, _condition(f"/Outputs/{name}", body))
