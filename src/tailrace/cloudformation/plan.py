"""What a stack's definition asks for, resolved step by step as the resources it depends on come into being."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tailrace.cloudformation import dependencies, intrinsics
from tailrace.cloudformation.definition import template_of
from tailrace.cloudformation.errors import invalid, malformed
from tailrace.cloudformation.parameters import as_text
from tailrace.cloudformation.resource_row import Body, ResourceRow
from tailrace.cloudformation.resources import tagging
from tailrace.cloudformation.resources.registry import TYPES
from tailrace.cloudformation.scope import Live, Place, Resources, TemplateScope
from tailrace.cloudformation.stack import Definition, OutputRow, StackRow
from tailrace.cloudformation.template import Template

_DYNAMIC = "{{resolve:"


def place_of(stack: StackRow, definition: Definition, account: str) -> Place:
    """Answer where a stack's template is deployed."""
    return Place(account, stack.region, stack.name, stack.id, tuple(definition.notification_arns))


@dataclass(slots=True)
class Plan:
    """A definition in its place, over the resources as they now are; ``bodies`` grows as the deployment goes on."""

    stack: StackRow
    definition: Definition
    template: Template
    scope: TemplateScope
    graph: dict[str, list[str]]
    order: list[str]
    bodies: dict[str, Body]
    imported: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        stack: StackRow,
        definition: Definition,
        account: str,
        rows: Mapping[str, ResourceRow],
        export: Callable[[str], str],
        resources: Resources | None = None,
    ) -> "Plan":
        """Plan a definition. ``export`` answers another stack's export; ``resources`` stands for the live ones."""
        bodies = {name: row.body for name, row in rows.items() if row.body.physical_id}
        imported: set[str] = set()

        def imports(name: str) -> str:
            imported.add(name)
            return export(name)

        template = template_of(definition)
        place = place_of(stack, definition, account)
        scope = TemplateScope(template, definition.parameters, place, resources or Live(bodies), imports)
        graph = dependencies.edges(template, scope.active(), scope.holds)
        order = dependencies.in_order(graph)
        return cls(stack, definition, template, scope, graph, order, bodies, imported)

    def wanted(self, logical_id: str) -> Body:
        """Answer what a resource is to be made from. Raises ValidationError."""
        resource = self.template.resources[logical_id]
        properties = intrinsics.resolve(resource.properties, self.scope)
        if _DYNAMIC in json.dumps(properties):
            raise invalid(f"Tailrace does not resolve dynamic references ({_DYNAMIC}...}}}}) of {logical_id} yet")
        return Body(
            properties=properties,
            tags=self._tags(logical_id, properties),
            deletion_policy=as_text(resource.deletion_policy),
            update_replace_policy=as_text(resource.update_replace_policy),
            metadata=None if resource.metadata is None else intrinsics.resolve(resource.metadata, self.scope),
            depends_on=self.graph[logical_id],
        )

    def outputs(self) -> list[OutputRow]:
        """Answer the outputs with their values. Raises ValidationError."""
        return [
            OutputRow(
                key=output.key,
                value=_text(output.key, intrinsics.resolve(output.value, self.scope)),
                description=None if output.description is None else as_text(output.description),
                export_name=None
                if output.export_name is None
                else _text(output.key, intrinsics.resolve(output.export_name, self.scope)),
            )
            for output in self.template.outputs.values()
            if self.scope.holds(output.condition)
        ]

    def _tags(self, logical_id: str, properties: Mapping[str, Any]) -> dict[str, str]:
        kind = TYPES[self.template.resources[logical_id].type]
        if not kind.takes_tags:
            return {}
        stack = self.stack
        made_by = tagging.of_stack(stack.name, stack.id, logical_id) if kind.foreign_tags else {}
        return {**made_by, **self.definition.tags, **tagging.of_properties(properties.get("Tags"))}


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise malformed(
            f"Output {key} is malformed. The Value field of every Outputs member must evaluate to a String."
        )
    return as_text(value)
