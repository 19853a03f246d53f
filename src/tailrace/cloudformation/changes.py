"""What a change set would do: each resource added, modified or removed, with the details that AWS shows.

A resource that would be made anew stands as a mark in what depends on it; so a replacement shows all that it entails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tailrace.cloudformation.dependencies import Reference, references
from tailrace.cloudformation.plan import Plan
from tailrace.cloudformation.resource_row import GONE, Body, ResourceRow
from tailrace.cloudformation.resources.registry import TYPES
from tailrace.cloudformation.resources.resource import ResourceType
from tailrace.cloudformation.scope import Live
from tailrace.cloudformation.template import Template
from tailrace.wire.errors import AwsError

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
_ATTRIBUTES = {
    "metadata": "Metadata",
    "deletion_policy": "DeletionPolicy",
    "update_replace_policy": "UpdateReplacePolicy",
}


class Foreseen:
    """The resources as they will be: those that stay as they are, the others as a mark."""

    def __init__(self, bodies: Mapping[str, Body]) -> None:
        self._live = Live(bodies)
        self.unknown: set[str] = set()

    def reference(self, logical_id: str) -> Any:
        """Answer what Ref gives, or the mark."""
        return UNKNOWN if logical_id in self.unknown else self._live.reference(logical_id)

    def attribute(self, logical_id: str, name: str) -> Any:
        """Answer what Fn::GetAtt gives, or the mark."""
        return UNKNOWN if logical_id in self.unknown else self._live.attribute(logical_id, name)


@dataclass(slots=True)
class Comparison:
    """A stack as it is, beside what it is to be."""

    plan: Plan
    foreseen: Foreseen
    rows: Mapping[str, ResourceRow]
    before: Template | None
    parameters_before: Mapping[str, str]
    modified: set[str] = field(default_factory=set)

    def changes(self) -> list[dict[str, Any]]:
        """Answer the changes, in the order in which they would be made; removals come last."""
        live = {name: row for name, row in self.rows.items() if row.status not in GONE}
        found: list[dict[str, Any]] = []
        for name in self.plan.order:
            if name not in live:
                self.foreseen.unknown.add(name)
                found.append(_change("Add", name, self.plan.template.resources[name].type))
            elif (modified := self._modification(live[name])) is not None:
                found.append(modified)
        removed = [row for name, row in live.items() if name not in self.plan.graph]
        return found + [_removal(row) for row in removed]

    def _modification(self, row: ResourceRow) -> dict[str, Any] | None:
        kind = TYPES[row.type]
        try:
            target = self.plan.wanted(row.logical_id)
        except AwsError:
            # What a function makes of a mark may not be computable: everything may be another then.
            target = Body(properties={})
        details = list(self._property_details(row, kind, target))
        scope = ["Properties"] if details else []
        if target.tags != row.body.tags and not any(detail["Target"].get("Name") == "Tags" for detail in details):
            scope.append("Tags")
            details.append(
                _detail({"Attribute": "Tags", "RequiresRecreation": "Never"}, "Static", "DirectModification")
            )
        for attribute, shown in _ATTRIBUTES.items():
            if getattr(target, attribute) != getattr(row.body, attribute):
                scope.append(shown)
                details.append(
                    _detail({"Attribute": shown, "RequiresRecreation": "Never"}, "Static", "DirectModification")
                )
        if not scope:
            return None
        self.modified.add(row.logical_id)
        replacement = _replacement(details)
        if replacement != "False":
            self.foreseen.unknown.add(row.logical_id)
        changed = _change("Modify", row.logical_id, row.type, row.body.physical_id)
        changed["ResourceChange"] |= {"Replacement": replacement, "Scope": scope, "Details": details}
        if replacement == "True":
            retained = row.body.update_replace_policy == "Retain"
            changed["ResourceChange"]["PolicyAction"] = f"ReplaceAnd{'Retain' if retained else 'Delete'}"
        return changed

    def _property_details(self, row: ResourceRow, kind: ResourceType, target: Body) -> Iterator[dict[str, Any]]:
        raw = self.plan.template.resources[row.logical_id].properties
        before = self.before.resources.get(row.logical_id) if self.before is not None else None
        raw_before: Mapping[str, Any] = before.properties if before is not None else {}
        differing = kind.changes(row.body.properties, target.properties)
        for name in dict.fromkeys([*differing, *raw]):
            used = list(references(raw.get(name), self.plan.scope.holds))
            # An attribute of a resource that changes may change as well.
            uncertain = name not in differing and any(
                each.attribute is not None and each.name in self.modified for each in used
            )
            if name not in differing and not uncertain:
                continue
            always = uncertain and _may_replace(kind, name)
            always = always or kind.replaces(name, row.body.properties, target.properties)
            where = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Always" if always else "Never"}
            source, cause = self._source(used, raw.get(name) != raw_before.get(name))
            dynamic = source in ("ResourceReference", "ResourceAttribute")
            yield _detail(where, "Dynamic" if dynamic else "Static", source, cause)

    def _source(self, used: list[Reference], rewritten: bool) -> tuple[str, str | None]:
        """Answer where a difference comes from, and what caused it."""
        if rewritten:
            return "DirectModification", None
        for each in used:
            if each.name in self.foreseen.unknown or (each.attribute is not None and each.name in self.modified):
                if each.attribute is not None:
                    return "ResourceAttribute", f"{each.name}.{each.attribute}"
                return "ResourceReference", each.name
        parameters = self.plan.definition.parameters
        for each in used:
            if each.name in parameters and parameters[each.name] != self.parameters_before.get(each.name):
                return "ParameterReference", each.name
        return "DirectModification", None


def _may_replace(kind: ResourceType, name: str) -> bool:
    return name in kind.replaced_by or any(path.split("/")[0] == name for path in kind.schema["replacement"])


def _replacement(details: list[dict[str, Any]]) -> str:
    always = [each["Evaluation"] for each in details if each["Target"]["RequiresRecreation"] == "Always"]
    if "Static" in always:
        return "True"
    return "Conditional" if always else "False"


def _change(action: str, logical_id: str, kind: str, physical_id: str = "") -> dict[str, Any]:
    resource: dict[str, Any] = {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind}
    if physical_id:
        resource["PhysicalResourceId"] = physical_id
    return {"Type": "Resource", "ResourceChange": {**resource, "Scope": [], "Details": []}}


def _removal(row: ResourceRow) -> dict[str, Any]:
    change = _change("Remove", row.logical_id, row.type, row.body.physical_id)
    kept = row.body.deletion_policy in ("Retain", "RetainExceptOnCreate")
    change["ResourceChange"]["PolicyAction"] = "Retain" if kept else "Delete"
    return change


def _detail(target: dict[str, Any], evaluation: str, source: str, cause: str | None = None) -> dict[str, Any]:
    detail: dict[str, Any] = {"Target": target, "Evaluation": evaluation, "ChangeSource": source}
    return detail if cause is None else {**detail, "CausingEntity": cause}
