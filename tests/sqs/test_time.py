"""Queues on a clock in the test's hand: what is too old is gone, and does not stand in the way of what isn't."""

import asyncio
from collections.abc import Callable
from typing import Any

from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal

URL = "http://127.0.0.1/123456789012/queue"


def test_old_messages_are_gone_and_do_not_hide_new_ones(open_cloud: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            await _call(cloud, "CreateQueue", QueueName="queue", Attributes={"MessageRetentionPeriod": "60"})
            for number in range(20):
                await _call(cloud, "SendMessage", QueueUrl=URL, MessageBody=f"old {number}")
            cloud.clock.advance(61)
            await _call(cloud, "SendMessage", QueueUrl=URL, MessageBody="new")
            (message,) = (await _call(cloud, "ReceiveMessage", QueueUrl=URL))["Messages"]
            assert message["Body"] == "new"
            counts = (await _call(cloud, "GetQueueAttributes", QueueUrl=URL, AttributeNames=["All"]))["Attributes"]
            assert counts["ApproximateNumberOfMessages"] == "0"
            assert counts["ApproximateNumberOfMessagesNotVisible"] == "1"

    asyncio.run(scenario())


def test_a_waiting_receiver_gets_what_becomes_visible_again(open_cloud: Callable[..., Any]) -> None:
    async def scenario() -> None:
        async with open_cloud() as cloud:
            await _call(cloud, "CreateQueue", QueueName="queue")
            await _call(cloud, "SendMessage", QueueUrl=URL, MessageBody="x")
            first = (await _call(cloud, "ReceiveMessage", QueueUrl=URL, VisibilityTimeout=5))["Messages"]
            waiting = asyncio.ensure_future(_call(cloud, "ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=20))
            for _ in range(6):
                await asyncio.sleep(0.01)
                assert not waiting.done() or cloud.clock.now() >= 5
                cloud.clock.advance(1)
            again = (await waiting)["Messages"]
            assert again[0]["MessageId"] == first[0]["MessageId"]
            assert again[0]["ReceiptHandle"] != first[0]["ReceiptHandle"]

    asyncio.run(scenario())


async def _call(cloud: LocalCloud, operation: str, **params: Any) -> dict[str, Any]:
    root = Principal.root(cloud.account)
    return await cloud.request("sqs", operation, params, root, region="us-east-1")
