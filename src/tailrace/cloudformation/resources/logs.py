"""AWS::Logs::LogGroup and AWS::Logs::LogStream."""

from typing import Any

from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging


class LogGroup(ResourceType):
    """A log group; its ARN ends with ``:*``."""

    name = "AWS::Logs::LogGroup"
    service = "logs"
    naming = Naming("LogGroupName", 512)
    tagging = Tagging(
        "tags", "TagResource", "UntagResource", "resourceArn", "PlainArn", "tags", "tagKeys", listed=False
    )
    unbuilt = frozenset(
        {"BearerTokenAuthenticationEnabled", "DataProtectionPolicy", "DeletionProtectionEnabled", "FieldIndexPolicies"}
        | {"ResourcePolicyDocument"}
    )

    async def create(self, work: Work) -> str:
        """Create the group."""
        group: dict[str, Any] = {"logGroupName": work.physical_id, "tags": dict(work.tags)}
        group |= {"kmsKeyId": work.properties.get("KmsKeyId"), "logGroupClass": work.properties.get("LogGroupClass")}
        await work.call("logs", "CreateLogGroup", group)
        return work.physical_id

    async def finish(self, work: Work) -> None:
        """Say how long the group keeps its events."""
        await self.update(work)

    async def update(self, work: Work) -> None:
        """Change how long the group keeps its events."""
        if work.changed("RetentionInDays"):
            days = work.properties.get("RetentionInDays")
            operation = "PutRetentionPolicy" if days else "DeleteRetentionPolicy"
            await work.call("logs", operation, {"logGroupName": work.physical_id, "retentionInDays": days or None})

    async def delete(self, work: Work) -> None:
        """Delete the group with what it holds."""
        await work.call("logs", "DeleteLogGroup", {"logGroupName": work.physical_id})

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN as CloudFormation gives it, and as the tag operations take it."""
        plain = work.arn("logs", f"log-group:{work.physical_id}")
        return {"Arn": f"{plain}:*", "PlainArn": plain}


class LogStream(ResourceType):
    """A log stream."""

    name = "AWS::Logs::LogStream"
    service = "logs"
    naming = Naming("LogStreamName", 512)

    async def create(self, work: Work) -> str:
        """Create the stream."""
        await work.call("logs", "CreateLogStream", self._named(work))
        return work.physical_id

    async def delete(self, work: Work) -> None:
        """Delete the stream with what it holds."""
        await work.call("logs", "DeleteLogStream", self._named(work))

    def _named(self, work: Work) -> dict[str, Any]:
        return {"logGroupName": work.properties["LogGroupName"], "logStreamName": work.physical_id}


TYPES = (LogGroup(), LogStream())
