"""AWS::KinesisFirehose::DeliveryStream."""

from typing import Any

from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

_STREAM = "DeliveryStreamName"
# property, the parameter of UpdateDestination that it becomes
_DESTINATIONS = {
    f"{kind}DestinationConfiguration": f"{kind}DestinationUpdate"
    for kind in ("ExtendedS3", "S3", "Redshift", "Elasticsearch", "Splunk", "HttpEndpoint", "Iceberg", "Snowflake")
}
# AWS takes these at creation only.
_FIXED = {"DynamicPartitioningConfiguration"}
_BACKUPS = {"S3BackupConfiguration": "S3BackupUpdate", "S3Configuration": "S3Update"}


class DeliveryStream(ResourceType):
    """A delivery stream."""

    name = "AWS::KinesisFirehose::DeliveryStream"
    service = "firehose"
    creates = "CreateDeliveryStream"
    deletes = "DeleteDeliveryStream"
    naming = Naming(_STREAM, 64)
    conflict = "ResourceInUseException"
    tagging = Tagging("Tags", "TagDeliveryStream", "UntagDeliveryStream", _STREAM, system=False)

    async def settle(self, work: Work) -> None:
        """Wait until the stream is ACTIVE."""

        async def state() -> tuple[str, str | None]:
            description = await self._describe(work)
            reason = description.get("FailureDescription", {}).get("Details")
            return description["DeliveryStreamStatus"], reason

        await self.settled(work, state, {"ACTIVE"})

    async def update(self, work: Work) -> None:
        """Change the destination, at the version it now has; then the encryption."""
        for name, parameter in _DESTINATIONS.items():
            if name in work.properties and work.changed(name):
                description = await self._describe(work)
                changed = {
                    _STREAM: work.physical_id,
                    "CurrentDeliveryStreamVersionId": description["VersionId"],
                    "DestinationId": description["Destinations"][0]["DestinationId"],
                    parameter: _destination(work.properties[name]),
                }
                await work.call("firehose", "UpdateDestination", changed)
        wanted = work.properties.get("DeliveryStreamEncryptionConfigurationInput")
        if work.changed("DeliveryStreamEncryptionConfigurationInput"):
            operation = "StartDeliveryStreamEncryption" if wanted else "StopDeliveryStreamEncryption"
            configuration = {"DeliveryStreamEncryptionConfigurationInput": wanted} if wanted else {}
            await work.call("firehose", operation, {_STREAM: work.physical_id, **configuration})

    async def delete(self, work: Work) -> None:
        """Delete the stream and wait until it is gone."""
        await work.call("firehose", "DeleteDeliveryStream", {_STREAM: work.physical_id})
        await self.gone(work, lambda: self._describe(work))

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN."""
        return {"Arn": (await self._describe(work))["DeliveryStreamARN"]}

    async def _describe(self, work: Work) -> dict[str, Any]:
        answer = await work.call("firehose", "DescribeDeliveryStream", {_STREAM: work.physical_id})
        description: dict[str, Any] = answer["DeliveryStreamDescription"]
        return description


def _destination(configuration: dict[str, Any]) -> dict[str, Any]:
    return {_BACKUPS.get(name, name): value for name, value in configuration.items() if name not in _FIXED}


TYPES = (DeliveryStream(),)
