"""Messages that nobody receives go after the queue's retention period, counted from when they were first sent."""

import asyncio
from typing import Any

from tailrace.service.principal import Principal

HOUR_S = 3600


def test_messages_go_after_the_retention_period(open_cloud: Any) -> None:
    async def scene() -> None:
        async with open_cloud() as cloud:

            async def ask(operation: str, queue: str, **params: Any) -> Any:
                params |= {"QueueUrl": f"http://localhost/{cloud.account}/{queue}"}
                return await cloud.request("sqs", operation, params, Principal.root(cloud.account), region="us-east-1")

            async def make(queue: str, **attributes: str) -> None:
                params = {"QueueName": queue, "Attributes": attributes}
                await cloud.request("sqs", "CreateQueue", params, Principal.root(cloud.account), region="us-east-1")

            async def held(queue: str) -> int:
                answer = await ask("GetQueueAttributes", queue, AttributeNames=["ApproximateNumberOfMessages"])
                return int(answer["Attributes"]["ApproximateNumberOfMessages"])

            async def hours(count: int) -> None:
                for _ in range(count):
                    cloud.clock.advance(HOUR_S)
                    for _ in range(5):
                        await asyncio.sleep(0)

            await hours(0)
            await make("dead", MessageRetentionPeriod=str(3 * HOUR_S))
            redrive = f'{{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:{cloud.account}:dead", "maxReceiveCount": 1}}'
            await make("main", RedrivePolicy=redrive, VisibilityTimeout="0", MessageRetentionPeriod=str(24 * HOUR_S))
            await ask("SendMessage", "main", MessageBody="moved")
            await hours(2)
            await ask("SendMessage", "dead", MessageBody="direct")
            await ask("ReceiveMessage", "main")
            assert await ask("ReceiveMessage", "main") == {}, (
                "it is received a second time nowhere but in the other queue"
            )
            assert (await held("main"), await held("dead")) == (0, 2)
            await hours(2)
            assert await held("dead") == 1, "the one that was moved was sent four hours ago"
            assert (await ask("ReceiveMessage", "dead"))["Messages"][0]["Body"] == "direct"
            await hours(2)
            assert await held("dead") == 0

    asyncio.run(scene())
