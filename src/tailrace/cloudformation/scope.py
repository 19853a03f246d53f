"""What the names in one template stand for: parameters, pseudo parameters, mappings, conditions and live resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tailrace.cloudformation import intrinsics
from tailrace.cloudformation.errors import attribute_missing, export_missing, invalid, malformed, unresolved
from tailrace.cloudformation.intrinsics import NO_VALUE
from tailrace.cloudformation.parameters import typed
from tailrace.cloudformation.template import Template

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"


class Resources(Protocol):
    """The resources of a stack as they are while a template is resolved."""

    def reference(self, logical_id: str) -> Any:
        """Answer what Ref of a resource gives."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """Answer what Fn::GetAtt of a resource gives."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a template is deployed: what the pseudo parameters stand for."""

    account: str
    region: str
    stack_name: str
    stack_id: str
    notification_arns: tuple[str, ...] = ()

    def pseudo(self, name: str) -> Any:
        """Answer a pseudo parameter, or None."""
        values: dict[str, Any] = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::StackName": self.stack_name,
            "AWS::StackId": self.stack_id,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": list(self.notification_arns),
            "AWS::NoValue": NO_VALUE,
        }
        return values.get(name)


class Body(Protocol):
    """What Ref and Fn::GetAtt of a resource give."""

    @property
    def reference(self) -> str:
        """Answer what Ref gives."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Answer what Fn::GetAtt gives, by name."""


class Live:
    """The resources of a stack as they are; none at all is what conditions and mappings are resolved with."""

    def __init__(self, bodies: Mapping[str, Body]) -> None:
        self._bodies = bodies

    def reference(self, logical_id: str) -> Any:
        """Answer what Ref gives."""
        return self._body(logical_id).reference

    def attribute(self, logical_id: str, name: str) -> Any:
        """Answer what Fn::GetAtt gives."""
        value: Any = self._body(logical_id).attributes.get(name)
        if value is None:
            raise attribute_missing(logical_id, name)
        return value

    def _body(self, logical_id: str) -> Body:
        body = self._bodies.get(logical_id)
        if body is None:
            raise malformed(unresolved([logical_id]))
        return body


def no_imports(name: str) -> str:
    """Refuse an import: nothing is exported."""
    raise export_missing(name)


@dataclass(slots=True)
class TemplateScope:
    """The scope of one template with its parameters' values, in one place. Conditions are decided once."""

    template: Template
    parameters: Mapping[str, str]
    place: Place
    resources: Resources = field(default_factory=lambda: Live({}))
    exports: Callable[[str], str] = no_imports
    extended: bool = field(init=False)
    _conditions: dict[str, bool | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.extended = LANGUAGE_EXTENSIONS in self.template.transforms

    def active(self) -> list[str]:
        """Answer the logical ids of the resources whose condition holds, in the template's order."""
        return [name for name, resource in self.template.resources.items() if self.holds(resource.condition)]

    def holds(self, condition: str | None) -> bool:
        """Say whether a resource or output with that condition is there."""
        return condition is None or self.condition(condition, "Condition")

    def reference(self, name: str) -> Any:
        """Answer what Ref gives."""
        if name in self.parameters:
            return typed(str(self.template.parameters[name]["Type"]), self.parameters[name])
        if (pseudo := self.place.pseudo(name)) is not None:
            return pseudo
        return self.resources.reference(name)

    def attribute(self, logical_id: str, name: str) -> Any:
        """Answer what Fn::GetAtt gives."""
        return self.resources.attribute(logical_id, name)

    def condition(self, name: str, function: str) -> bool:
        """Answer whether a condition holds."""
        if name not in self.template.conditions:
            raise invalid(f"Template error: unresolved condition dependency {name} in {function}")
        if name not in self._conditions:
            self._conditions[name] = None
            self._conditions[name] = intrinsics.condition(self.template.conditions[name], self)
        decided = self._conditions[name]
        if decided is None:
            raise malformed(f"Circular dependency between conditions: [{name}]")
        return decided

    def mapped(self, map_name: str, key: str, second: str) -> Any:
        """Answer a mapping's value, or NO_VALUE."""
        top = self.template.mappings.get(map_name)
        level = top.get(key) if isinstance(top, dict) else None
        return level.get(second, NO_VALUE) if isinstance(level, dict) else NO_VALUE

    def imported(self, name: str) -> str:
        """Answer the value of another stack's export."""
        return self.exports(name)

    def zones(self, region: str) -> list[str]:
        """Answer the availability zones of a region."""
        return [f"{region or self.place.region}{letter}" for letter in "abc"]
