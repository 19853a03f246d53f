"""AWS::Kinesis::Stream."""

from typing import Any

from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

_RETENTION_HOURS_DEFAULT = 24


class Stream(ResourceType):
    """A data stream. Without a mode it is provisioned, with one shard unless it says more."""

    name = "AWS::Kinesis::Stream"
    service = "kinesis"
    naming = Naming("Name", 128)
    conflict = "ResourceInUseException"
    tagging = Tagging(None, "AddTagsToStream", "RemoveTagsFromStream", "StreamName", listed=False)
    unbuilt = frozenset({"RecordDistributionStrategy", "WarmThroughputMiBps"})

    async def create(self, work: Work) -> str:
        """Create the stream."""
        mode = work.properties.get("StreamModeDetails")
        on_demand = isinstance(mode, dict) and mode.get("StreamMode") == "ON_DEMAND"
        shards = None if on_demand else work.properties.get("ShardCount", 1)
        parameters = {"StreamName": work.physical_id, "ShardCount": shards, "StreamModeDetails": mode}
        parameters |= {"Tags": dict(work.tags)} | work.picked("MaxRecordSizeInKiB")
        await work.call("kinesis", "CreateStream", parameters)
        return work.physical_id

    async def finish(self, work: Work) -> None:
        """Set what CreateStream doesn't take."""
        await self.settle(work)
        await self._configure(work)

    async def settle(self, work: Work) -> None:
        """Wait until the stream is ACTIVE."""

        async def state() -> tuple[str, str | None]:
            return str((await self._describe(work))["StreamStatus"]), None

        await self.settled(work, state, {"ACTIVE"})

    async def update(self, work: Work) -> None:
        """Change the mode, the number of shards and the rest, one after the other."""
        stream = {"StreamARN": work.attributes["Arn"]}
        if work.changed("StreamModeDetails") and "StreamModeDetails" in work.properties:
            mode = work.properties["StreamModeDetails"]
            await work.call("kinesis", "UpdateStreamMode", {**stream, "StreamModeDetails": mode})
            await self.settle(work)
        shards = work.properties.get("ShardCount")
        if work.changed("ShardCount") and shards and int(shards) != (await self._describe(work))["OpenShardCount"]:
            target = {"StreamName": work.physical_id, "TargetShardCount": shards, "ScalingType": "UNIFORM_SCALING"}
            await work.call("kinesis", "UpdateShardCount", target)
            await self.settle(work)
        if work.changed("MaxRecordSizeInKiB") and "MaxRecordSizeInKiB" in work.properties:
            await work.call("kinesis", "UpdateMaxRecordSize", {**stream, **work.picked("MaxRecordSizeInKiB")})
        await self._configure(work)

    async def delete(self, work: Work) -> None:
        """Delete the stream with its consumers and wait until it is gone."""
        await work.call("kinesis", "DeleteStream", {"StreamName": work.physical_id, "EnforceConsumerDeletion": True})
        await self.gone(work, lambda: self._describe(work))

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN."""
        return {"Arn": (await self._describe(work))["StreamARN"]}

    async def _describe(self, work: Work) -> dict[str, Any]:
        answer = await work.call("kinesis", "DescribeStreamSummary", {"StreamName": work.physical_id})
        summary: dict[str, Any] = answer["StreamDescriptionSummary"]
        return summary

    async def _configure(self, work: Work) -> None:
        wanted = int(work.properties.get("RetentionPeriodHours", _RETENTION_HOURS_DEFAULT))
        kept = (await self._describe(work))["RetentionPeriodHours"]
        if wanted != kept:
            operation = f"{'Increase' if wanted > kept else 'Decrease'}StreamRetentionPeriod"
            period = {"StreamName": work.physical_id, "RetentionPeriodHours": wanted}
            await work.call("kinesis", operation, period)
            await self.settle(work)
        await self._encrypt(work)
        await self._watch(work)

    async def _encrypt(self, work: Work) -> None:
        if work.changed("StreamEncryption"):
            wanted, former = work.properties.get("StreamEncryption"), work.former.get("StreamEncryption")
            operation = "StartStreamEncryption" if wanted else "StopStreamEncryption"
            await work.call("kinesis", operation, {"StreamName": work.physical_id, **(wanted or former or {})})
            await self.settle(work)

    async def _watch(self, work: Work) -> None:
        if work.changed("DesiredShardLevelMetrics"):
            wanted = work.properties.get("DesiredShardLevelMetrics", [])
            gone = [name for name in work.former.get("DesiredShardLevelMetrics", []) if name not in wanted]
            if gone:
                names = {"StreamName": work.physical_id, "ShardLevelMetrics": gone}
                await work.call("kinesis", "DisableEnhancedMonitoring", names)
            if wanted:
                names = {"StreamName": work.physical_id, "ShardLevelMetrics": wanted}
                await work.call("kinesis", "EnableEnhancedMonitoring", names)


TYPES = (Stream(),)
