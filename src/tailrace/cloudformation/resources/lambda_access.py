"""AWS::Lambda::Version, Alias, Permission and EventSourceMapping: what stands beside a function."""

from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging


class Version(ResourceType):
    """A published version; it never changes."""

    name = "AWS::Lambda::Version"
    service = "lambda"
    unbuilt = frozenset({"FunctionScalingConfig", "ProvisionedConcurrencyConfig", "RuntimePolicy"})

    async def create(self, work: Work) -> str:
        """Publish the function as it is; publishing it again unchanged answers the same version."""
        answer = await work.call("lambda", "PublishVersion", work.properties)
        arn = str(answer["FunctionArn"])
        return arn if arn.endswith(f":{answer['Version']}") else f"{arn}:{answer['Version']}"

    async def delete(self, work: Work) -> None:
        """Delete the version."""
        function, _, version = work.physical_id.rpartition(":")
        await work.call("lambda", "DeleteFunction", {"FunctionName": function, "Qualifier": version})

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the number and the ARN."""
        return {"Version": work.physical_id.rpartition(":")[2], "FunctionArn": work.physical_id}


class Alias(ResourceType):
    """A name for a version."""

    name = "AWS::Lambda::Alias"
    service = "lambda"
    creates = "CreateAlias"
    updates = "UpdateAlias"
    deletes = "DeleteAlias"
    identity = ("FunctionName", "Name")
    conflict = "ResourceConflictException"
    unbuilt = frozenset({"ProvisionedConcurrencyConfig"})

    def creation(self, work: Work) -> dict[str, Any]:
        """Answer the parameters of CreateAlias and UpdateAlias; the weights are a list here and a map in the API."""
        parameters = dict(work.properties)
        routing = parameters.get("RoutingConfig")
        if isinstance(routing, dict):
            weights = routing.get("AdditionalVersionWeights", [])
            shares = {str(each["FunctionVersion"]): each["FunctionWeight"] for each in weights}
            parameters["RoutingConfig"] = {"AdditionalVersionWeights": shares}
        elif "RoutingConfig" in work.former:
            parameters["RoutingConfig"] = {"AdditionalVersionWeights": {}}
        return parameters

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdateAlias's parameters."""
        return self.creation(work)

    def identifier(self, work: Work, answer: Mapping[str, Any]) -> str:
        """Answer the ARN."""
        return str(answer["AliasArn"])

    async def adopted(self, work: Work) -> str:
        """Answer the ARN of the alias that is there."""
        return str((await work.call("lambda", "GetAlias", work.picked(*self.identity)))["AliasArn"])

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN."""
        return {"AliasArn": work.physical_id}


class Permission(ResourceType):
    """A statement in a function's own policy."""

    name = "AWS::Lambda::Permission"
    service = "lambda"
    creates = "AddPermission"
    deletes = "RemovePermission"
    naming = Naming("StatementId", 100)
    conflict = "ResourceConflictException"

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which statement."""
        return {**work.picked("FunctionName"), "StatementId": work.physical_id}

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the statement's id."""
        return {"Id": work.physical_id}


class EventSourceMapping(ResourceType):
    """A mapping from a stream or queue to a function."""

    name = "AWS::Lambda::EventSourceMapping"
    service = "lambda"
    creates = "CreateEventSourceMapping"
    updates = "UpdateEventSourceMapping"
    deletes = "DeleteEventSourceMapping"
    conflict = "ResourceConflictException"
    tagging = Tagging("Tags", "TagResource", "UntagResource", "Resource", "EventSourceMappingArn", listed=False)
    _fixed = frozenset({"EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "Tags", "Queues", "Topics"})

    def identifier(self, work: Work, answer: Mapping[str, Any]) -> str:
        """Answer the mapping's id."""
        return str(answer["UUID"])

    async def adopted(self, work: Work) -> str:
        """Answer the id of the mapping that is there."""
        wanted = work.picked("EventSourceArn", "FunctionName")
        found = await work.call("lambda", "ListEventSourceMappings", wanted)
        return str(found["EventSourceMappings"][0]["UUID"])

    async def settle(self, work: Work) -> None:
        """Wait until the mapping is Enabled, or Disabled as it should be."""

        async def state() -> tuple[str, str | None]:
            found = await work.call("lambda", "GetEventSourceMapping", {"UUID": work.physical_id})
            return found["State"], found.get("StateTransitionReason")

        await self.settled(work, state, {"Enabled", "Disabled"})

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdateEventSourceMapping's parameters."""
        wanted = {name: value for name, value in work.properties.items() if name not in self._fixed}
        if "FilterCriteria" in work.former and "FilterCriteria" not in wanted:
            wanted["FilterCriteria"] = {"Filters": []}
        return {"Enabled": True, **wanted, "UUID": work.physical_id}

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which mapping."""
        return {"UUID": work.physical_id}

    async def delete(self, work: Work) -> None:
        """Delete the mapping and wait until it is gone."""
        await super().delete(work)
        await self.gone(work, lambda: work.call("lambda", "GetEventSourceMapping", {"UUID": work.physical_id}))

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the id and the ARN."""
        arn = work.arn("lambda", f"event-source-mapping:{work.physical_id}")
        return {"Id": work.physical_id, "EventSourceMappingArn": arn}


TYPES = (Version(), Alias(), Permission(), EventSourceMapping())
