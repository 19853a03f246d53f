"""Stacks over the wire: created, updated and waited for with boto3, and deleted when the test is over."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class Stacks:
    """What a test does with stacks."""

    def __init__(self, formation: Any, unique: Callable[[str], str]) -> None:
        self.formation = formation
        self._unique = unique
        self._made: list[str] = []

    def name(self) -> str:
        """Answer a name for a stack that is deleted when the test is over."""
        name = self._unique("stack")
        self._made.append(name)
        return name

    def create(self, resources: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Create a stack of these resources and answer it once it is at rest."""
        name = options.pop("StackName", None) or self.name()
        template = options.pop("template", {})
        body = json.dumps({"Resources": resources, **template})
        self.formation.create_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **options)
        return self.at_rest(name)

    def update(self, stack: dict[str, Any], resources: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Update a stack to these resources and answer it once it is at rest."""
        body = json.dumps({"Resources": resources, **options.pop("template", {})})
        name = stack["StackName"]
        self.formation.update_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **options)
        return self.at_rest(name)

    def delete(self, stack: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Delete a stack and answer it once it is at rest."""
        self.formation.delete_stack(StackName=stack["StackName"], **options)
        return self.at_rest(stack["StackId"])

    def at_rest(self, name: str) -> dict[str, Any]:
        """Answer a stack once nothing is in progress."""
        for _ in range(20_000):
            stack: dict[str, Any] = self.formation.describe_stacks(StackName=name)["Stacks"][0]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return stack
        raise AssertionError(f"stack {name} does not come to rest: {stack}")

    def events(self, stack: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer a stack's events, the oldest first."""
        pages = self.formation.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def history(self, stack: dict[str, Any], logical_id: str) -> list[str]:
        """Answer the states that a resource went through."""
        events = self.events(stack)
        return [event["ResourceStatus"] for event in events if event["LogicalResourceId"] == logical_id]

    def physical(self, stack: dict[str, Any], logical_id: str) -> str:
        """Answer a resource's physical id."""
        found = self.formation.describe_stack_resource(StackName=stack["StackName"], LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def failure(self, stack: dict[str, Any], logical_id: str) -> str:
        """Answer why a resource failed."""
        failed = [event for event in self.events(stack) if event["ResourceStatus"].endswith("_FAILED")]
        return next(event["ResourceStatusReason"] for event in failed if event["LogicalResourceId"] == logical_id)

    def clear(self) -> None:
        """Delete what the test made."""
        for name in self._made:
            self.formation.update_termination_protection(StackName=name, EnableTerminationProtection=False) if (
                self._protected(name)
            ) else None
            self.formation.delete_stack(StackName=name)

    def _protected(self, name: str) -> bool:
        stacks = self.formation.list_stacks()["StackSummaries"]
        living = [each for each in stacks if each["StackName"] == name and each["StackStatus"] != "DELETE_COMPLETE"]
        return bool(living) and bool(
            self.formation.describe_stacks(StackName=name)["Stacks"][0]["EnableTerminationProtection"]
        )


@pytest.fixture
def formation(client: Callable[..., Any]) -> Any:
    """A boto3 client of CloudFormation."""
    return client("cloudformation")


@pytest.fixture
def stacks(formation: Any, unique: Callable[[str], str]) -> Iterator[Stacks]:
    """Stacks that are gone when the test is over."""
    made = Stacks(formation, unique)
    yield made
    made.clear()
