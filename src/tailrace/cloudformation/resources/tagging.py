"""Tags on resources: CloudFormation's own, the stack's, and those of the template, in the form of each service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tailrace.cloudformation.parameters import as_text


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a service takes tags: when a resource is created (``member``), and later by its own operations.

    ``listed``: [{"Key", "Value"}] or {key: value}. ``target`` is the parameter that names the resource, ``by`` the
    attribute that goes into it (the physical id when it is None).
    """

    member: str | None
    tag: str
    untag: str
    target: str
    by: str | None = None
    tags: str = "Tags"
    keys: str = "TagKeys"
    listed: bool = True

    def form(self, tags: Mapping[str, str]) -> Any:
        """Answer tags as the service takes them."""
        return [{"Key": key, "Value": value} for key, value in tags.items()] if self.listed else dict(tags)


def of_stack(stack_name: str, stack_id: str, logical_id: str) -> dict[str, str]:
    """Answer the tags that CloudFormation puts on what it makes."""
    return {
        "aws:cloudformation:stack-name": stack_name,
        "aws:cloudformation:stack-id": stack_id,
        "aws:cloudformation:logical-id": logical_id,
    }


def of_properties(tags: Any) -> dict[str, str]:
    """Answer the tags of a Tags property, which is a list or a map by type."""
    if isinstance(tags, Mapping):
        return {key: as_text(value) for key, value in tags.items()}
    return {
        tag["Key"]: as_text(tag.get("Value", "")) for tag in tags or () if isinstance(tag, Mapping) and "Key" in tag
    }
