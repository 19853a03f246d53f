"""Who depends on whom in a template: names that nothing declares, circles, and the order in which to go."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.cloudformation.errors import invalid, malformed, unresolved
from tailrace.cloudformation.template import Resource, Template

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")

Holds = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that a template uses, and the function that uses it: Ref, Fn::GetAtt, Fn::Sub or Fn::If."""

    function: str
    name: str
    attribute: str | None = None


def references(value: Any, holds: Holds | None = None) -> Iterator[Reference]:
    """Answer what a value refers to; with ``holds``, only the branches of Fn::If that are taken."""
    if isinstance(value, list):
        for child in value:
            yield from references(child, holds)
    elif isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            find = _FINDERS.get(name)
            if find is not None:
                yield from find(argument, holds)
                return
        for child in value.values():
            yield from references(child, holds)


def _in_ref(argument: Any, holds: Holds | None) -> Iterator[Reference]:
    if isinstance(argument, str):
        yield Reference("Ref", argument)


def _in_get_att(argument: Any, holds: Holds | None) -> Iterator[Reference]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if isinstance(parts, list) and parts and isinstance(parts[0], str):
        names = [part for part in parts[1:] if isinstance(part, str)]
        yield Reference("Fn::GetAtt", parts[0], ".".join(names) if len(names) == len(parts) - 1 else None)
        yield from references(parts[1:], holds)


def _in_sub(argument: Any, holds: Holds | None) -> Iterator[Reference]:
    text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    yield from references(variables, holds)
    own = variables if isinstance(variables, dict) else {}
    for variable in _VARIABLE.findall(text) if isinstance(text, str) else ():
        name, _, attribute = variable.strip().partition(".")
        if variable.strip() not in own:
            yield Reference("Fn::Sub", name, attribute or None)


def _in_if(argument: Any, holds: Holds | None) -> Iterator[Reference]:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        return
    yield Reference("Fn::If", argument[0])
    taken = argument[1:] if holds is None else [argument[1] if holds(argument[0]) else argument[2]]
    yield from references(taken, holds)


_FINDERS: dict[str, Callable[[Any, Holds | None], Iterator[Reference]]] = {
    "Ref": _in_ref,
    "Fn::GetAtt": _in_get_att,
    "Fn::Sub": _in_sub,
    "Fn::If": _in_if,
}


def check(template: Template) -> None:
    """Check that everything that is referred to is declared. Raises ValidationError."""
    known = PSEUDO_PARAMETERS | template.parameters.keys() | template.resources.keys()
    missing: list[str] = []
    for resource in template.resources.values():
        missing += [name for name in resource.depends_on if name not in template.resources]
        missing += _undeclared(template, references(_parts(resource)), known)
        _check_condition(template, resource.condition)
    if missing:
        raise malformed(unresolved(missing))
    for output in template.outputs.values():
        _check_condition(template, output.condition)
        found = references([output.value, output.export_name])
        if missing := list(_undeclared(template, found, known)):
            raise invalid(unresolved(missing, "Outputs"))
    strangers = [
        reference.name
        for reference in references(dict(template.conditions))
        if reference.function != "Fn::If" and reference.name not in PSEUDO_PARAMETERS | template.parameters.keys()
    ]
    if strangers:
        names = ", ".join(dict.fromkeys(strangers))
        raise malformed(
            f"Unresolved dependencies [{names}]. Cannot reference resources in the Conditions block of the template"
        )


def _undeclared(template: Template, found: Iterable[Reference], known: Iterable[str]) -> Iterator[str]:
    for reference in found:
        if reference.function == "Fn::If":
            if reference.name not in template.conditions:
                raise invalid(f"Template error: unresolved condition dependency {reference.name} in Fn::If")
        elif reference.function == "Fn::GetAtt" and reference.name not in template.resources:
            raise invalid(f"Template error: instance of Fn::GetAtt references undefined resource {reference.name}")
        elif reference.attribute is not None and reference.name not in template.resources:
            raise invalid(
                "Template error: instance of Fn::Sub references invalid resource attribute "
                f"{reference.name}.{reference.attribute}"
            )
        elif reference.name not in known:
            yield reference.name


def _check_condition(template: Template, name: str | None) -> None:
    if name is not None and name not in template.conditions:
        raise malformed(f"Unresolved condition dependency {name} in the Resources block of the template")


def _parts(resource: Resource) -> list[Any]:
    return [resource.properties, resource.metadata or {}]


def edges(template: Template, active: Iterable[str], holds: Holds) -> dict[str, list[str]]:
    """Answer, for each active resource in the template's order, the active ones it depends on."""
    present = dict.fromkeys(active)
    graph = {}
    for logical_id in present:
        resource = template.resources[logical_id]
        found = [*resource.depends_on, *(reference.name for reference in references(resource.properties, holds))]
        graph[logical_id] = [name for name in dict.fromkeys(found) if name in present]
    return graph


def in_order(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Answer the names so that each comes after what it depends on, otherwise in the given order.

    Raises ValidationError when they go in a circle.
    """
    waiting = {name: {*needed} & graph.keys() for name, needed in graph.items()}
    ordered: list[str] = []
    while waiting:
        ready = next((name for name, needed in waiting.items() if not needed), None)
        if ready is None:
            raise invalid(f"Circular dependency between resources: [{', '.join(sorted(_circle(waiting)))}]")
        ordered.append(ready)
        del waiting[ready]
        for needed in waiting.values():
            needed.discard(ready)
    return ordered


def _circle(waiting: Mapping[str, set[str]]) -> Iterable[str]:
    # What only waits for the circle, without being waited for, is no part of it.
    left = dict(waiting)
    while True:
        needed = set().union(*left.values())
        outside = [name for name in left if name not in needed]
        if not outside:
            return left
        for name in outside:
            del left[name]
