"""Deleted stacks and old events are remembered for 90 days; what lives keeps its latest."""

import asyncio
from typing import Any

import pytest

from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

HOUR_S, DAY_S = 3600.0, 86_400.0
TEMPLATE = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": %d}}}}'


def test_deleted_stacks_and_old_events_go_after_90_days(open_cloud: Any) -> None:
    async def scene() -> None:
        async with open_cloud() as cloud:

            async def ask(operation: str, **params: Any) -> Any:
                root = Principal.root(cloud.account)
                return await cloud.request("cloudformation", operation, params, root, region="us-east-1")

            async def events(stack: str) -> list[str]:
                found = await ask("DescribeStackEvents", StackName=stack)
                return [each["ResourceStatus"] for each in found["StackEvents"]]

            async def at_rest(stack: str) -> str:
                while True:
                    [found] = (await ask("DescribeStacks", StackName=stack))["Stacks"]
                    if not found["StackStatus"].endswith("_IN_PROGRESS"):
                        return str(found["StackStatus"])
                    cloud.clock.advance(1.0)
                    await asyncio.sleep(0)

            async def pass_days(count: int) -> None:
                for seconds in (count * DAY_S, HOUR_S):  # nothing goes in the first hour after a leap
                    cloud.clock.advance(seconds)
                    for _ in range(20):
                        await asyncio.sleep(0)

            gone = (await ask("CreateStack", StackName="gone", TemplateBody=TEMPLATE % 0))["StackId"]
            lives = (await ask("CreateStack", StackName="lives", TemplateBody=TEMPLATE % 0))["StackId"]
            await ask("DeleteStack", StackName="gone")
            assert await at_rest(gone) == "DELETE_COMPLETE"
            await pass_days(60)
            await ask("UpdateStack", StackName="lives", TemplateBody=TEMPLATE % 5)
            assert await at_rest(lives) == "UPDATE_COMPLETE"
            before = len(await events(lives))
            assert await at_rest(gone) == "DELETE_COMPLETE"
            await pass_days(31)
            with pytest.raises(AwsError, match="does not exist"):
                await ask("DescribeStacks", StackName=gone)
            kept = await events(lives)
            assert kept[0] == "UPDATE_COMPLETE"
            assert 0 < len(kept) < before
            await pass_days(200)
            assert await events(lives) == ["UPDATE_COMPLETE"], "the last one stays: the next is numbered after it"
            await ask("UpdateStack", StackName="lives", TemplateBody=TEMPLATE % 7)
            assert await at_rest(lives) == "UPDATE_COMPLETE"
            assert (await events(lives))[0] == "UPDATE_COMPLETE" and len(await events(lives)) > 3
            assert [name for name, _ in rows(cloud) if gone.rpartition("/")[2] in name] == []

    asyncio.run(scene())


def rows(cloud: Any) -> list[tuple[str, bytes]]:
    """Answer the keys of everything of CloudFormation's."""
    found = cloud.store.iterate(b"cloudformation/", b"cloudformation0")
    return [(key.decode(errors="replace"), value) for key, value in found]
