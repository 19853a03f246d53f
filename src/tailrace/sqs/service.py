"""The registry of SQS's operations, of what they need, and of what is done without being asked."""

from collections.abc import Sequence
from typing import Any

from tailrace.engine.sweep import sweep_hourly
from tailrace.service.cloud import Cloud
from tailrace.service.service import Service
from tailrace.sqs import lifecycle, receiving, retention, sending
from tailrace.sqs.queue import name_in

SERVICE = Service("sqs")

_OPERATIONS = {
    "CreateQueue": lifecycle.create_queue,
    "GetQueueUrl": lifecycle.get_queue_url,
    "ListQueues": lifecycle.list_queues,
    "ListDeadLetterSourceQueues": lifecycle.list_dead_letter_source_queues,
    "DeleteQueue": lifecycle.delete_queue,
    "PurgeQueue": lifecycle.purge_queue,
    "GetQueueAttributes": lifecycle.get_queue_attributes,
    "SetQueueAttributes": lifecycle.set_queue_attributes,
    "TagQueue": lifecycle.tag_queue,
    "UntagQueue": lifecycle.untag_queue,
    "ListQueueTags": lifecycle.list_queue_tags,
    "SendMessage": sending.send_message,
    "SendMessageBatch": sending.send_message_batch,
    "ReceiveMessage": receiving.receive_message,
    "DeleteMessage": receiving.delete_message,
    "DeleteMessageBatch": receiving.delete_message_batch,
    "ChangeMessageVisibility": receiving.change_message_visibility,
    "ChangeMessageVisibilityBatch": receiving.change_message_visibility_batch,
}
# A batch needs what its entries need.
_ACTIONS = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}

for _name, _handler in _OPERATIONS.items():
    SERVICE.operation(_name)(_handler)


@SERVICE.on_start
async def start(cloud: Cloud) -> None:
    """Give back the room of messages that were kept for long enough, once an hour."""
    sweep_hourly(cloud.jobs, cloud.store, cloud.clock, "sqs/expire", retention.sweep)


@SERVICE.permissions
def permissions(operation: str, params: dict[str, Any], region: str, account: str) -> Sequence[tuple[str, str]]:
    """Answer the action and the queue it is for."""
    name = params.get("QueueName") or name_in(params.get("QueueUrl", "*"))
    return [(f"sqs:{_ACTIONS.get(operation, operation)}", f"arn:aws:sqs:{region}:{account}:{name}")]
