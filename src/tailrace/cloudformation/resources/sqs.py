"""AWS::SQS::Queue and AWS::SQS::QueuePolicy."""

import json
from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation.parameters import as_text
from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

# What an attribute goes back to when the template no longer has it.
_DEFAULTS = {
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "VisibilityTimeout": "30",
}
_FIFO = ".fifo"


class Queue(ResourceType):
    """A queue; Ref gives its URL."""

    name = "AWS::SQS::Queue"
    service = "sqs"
    deletes = "DeleteQueue"
    naming = Naming("QueueName", 80)
    tagging = Tagging("tags", "TagQueue", "UntagQueue", "QueueUrl", listed=False)
    further = frozenset({"QueueName"})

    async def create(self, work: Work) -> str:
        """Create the queue; creating it again unchanged answers the same queue."""
        attributes = {
            name: _text(value) for name, value in work.properties.items() if name not in ("QueueName", "Tags")
        }
        if attributes.get("FifoQueue") == "false":
            del attributes["FifoQueue"]  # SQS takes true or nothing
        queue = {"QueueName": work.physical_id, "Attributes": attributes, "tags": dict(work.tags)}
        return str((await work.call("sqs", "CreateQueue", queue))["QueueUrl"])

    async def update(self, work: Work) -> None:
        """Set the attributes that differ."""
        names = [name for name in self.changes(work.former, work.properties) if name != "Tags"]
        attributes = {
            name: _text(work.properties[name]) if name in work.properties else _DEFAULTS.get(name, "") for name in names
        }
        if attributes:
            parameters = {"QueueUrl": work.physical_id, "Attributes": attributes}
            await work.call("sqs", "SetQueueAttributes", parameters)

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which queue."""
        return {"QueueUrl": work.physical_id}

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN, the name and the URL."""
        wanted = {"QueueUrl": work.physical_id, "AttributeNames": ["QueueArn"]}
        arn = (await work.call("sqs", "GetQueueAttributes", wanted))["Attributes"]["QueueArn"]
        return {"Arn": arn, "QueueName": arn.rpartition(":")[2], "QueueUrl": work.physical_id}

    def new_suffix(self, properties: Mapping[str, Any]) -> str:
        """Answer what a FIFO queue's name ends with."""
        return _FIFO if as_text(properties.get("FifoQueue", False)) == "true" else ""


class QueuePolicy(ResourceType):
    """A policy, put on each of the queues."""

    name = "AWS::SQS::QueuePolicy"
    service = "sqs"

    async def create(self, work: Work) -> str:
        """Put the policy on the queues."""
        await self._put(work, work.properties["Queues"], _text(work.properties["PolicyDocument"]))
        return work.physical_id

    async def update(self, work: Work) -> None:
        """Put the policy on the queues, and take it off those that are no longer listed."""
        gone = [queue for queue in work.former.get("Queues", []) if queue not in work.properties["Queues"]]
        await self._put(work, gone, "")
        await self.create(work)

    async def delete(self, work: Work) -> None:
        """Take the policy off the queues."""
        await self._put(work, work.properties["Queues"], "")

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the id."""
        return {"Id": work.physical_id}

    async def _put(self, work: Work, queues: list[str], policy: str) -> None:
        for queue in queues:
            parameters = {"QueueUrl": queue, "Attributes": {"Policy": policy}}
            await work.call("sqs", "SetQueueAttributes", parameters)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else as_text(value)


TYPES = (Queue(), QueuePolicy())
