"""Tags on resources: CloudFormation's own, the stack's, and those of the template, in the form of each service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.cloudformation.errors import invalid
from tailrace.cloudformation.parameters import as_text


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a service takes tags: when a resource is created (``member``), and later by its own operations.

    ``listed``: [{"Key", "Value"}] or {key: value}. ``target`` is the parameter that names the resource, ``by`` the
    attribute that goes into it (the physical id when it is None). Where an API takes no tags that begin with aws:
    (AWS sets those behind it), ``system`` is False.
    """

    member: str | None
    tag: str
    untag: str
    target: str
    by: str | None = None
    tags: str = "Tags"
    keys: str = "TagKeys"
    listed: bool = True
    system: bool = True

    def form(self, tags: Mapping[str, str]) -> Any:
        """Answer tags as the service takes them."""
        kept = {key: value for key, value in tags.items() if self.system or not key.startswith("aws:")}
        return [{"Key": key, "Value": value} for key, value in kept.items()] if self.listed else kept


def of_stack(stack_name: str, stack_id: str, logical_id: str) -> dict[str, str]:
    """Answer the tags that CloudFormation puts on what it makes."""
    return {
        "aws:cloudformation:stack-name": stack_name,
        "aws:cloudformation:stack-id": stack_id,
        "aws:cloudformation:logical-id": logical_id,
    }


def of_properties(tags: Any) -> dict[str, str]:
    """Answer the tags of a Tags property, which is a list or a map by type. Raises ValidationError."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()] if isinstance(tags, dict) else tags or []
    if not isinstance(listed, list) or not all(map(_is_tag, listed)):
        raise invalid("Value of property Tags must be of type List of Tag")
    return {as_text(tag["Key"]): as_text(tag.get("Value", "")) for tag in listed}


def _is_tag(tag: Any) -> bool:
    return (
        isinstance(tag, dict)
        and "Key" in tag
        and all(isinstance(tag.get(part, ""), str | int | float) for part in ("Key", "Value"))
    )
