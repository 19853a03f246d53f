"""AWS::DynamoDB::Table."""

from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation.resources.failure import ResourceFailure
from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

_CREATED_WITH = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "LocalSecondaryIndexes",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
)
_SETTINGS = ("BillingMode", "ProvisionedThroughput", "TableClass", "DeletionProtectionEnabled", "OnDemandThroughput")
# What a setting goes back to when the template no longer has it.
_DEFAULTS = {"BillingMode": "PROVISIONED", "TableClass": "STANDARD", "DeletionProtectionEnabled": False}
_NOT_OF_AN_INDEX = {"ContributorInsightsSpecification"}


class Table(ResourceType):
    """A table with what stands beside it: its stream, its time to live, its backups, its Kinesis destination."""

    name = "AWS::DynamoDB::Table"
    service = "dynamodb"
    naming = Naming("TableName", 255)
    conflict = "ResourceInUseException"
    tagging = Tagging(None, "TagResource", "UntagResource", "ResourceArn", "Arn")
    foreign_tags = False
    replaced_by = frozenset({"KeySchema", "LocalSecondaryIndexes"})
    unbuilt = frozenset({"ImportSourceSpecification", "ResourcePolicy", "VectorIndexes"})

    async def create(self, work: Work) -> str:
        """Create the table."""
        table = {"TableName": work.physical_id, **work.picked(*_CREATED_WITH)}
        table["GlobalSecondaryIndexes"] = [_index(index) for index in _indexes(work.properties).values()] or None
        table["StreamSpecification"] = _stream(work.properties)
        table["SSESpecification"] = _encryption(work.properties)
        table["Tags"] = [{"Key": key, "Value": value} for key, value in work.tags.items()]
        await work.call("dynamodb", "CreateTable", table)
        return work.physical_id

    async def finish(self, work: Work) -> None:
        """Set what CreateTable doesn't take."""
        await self.settle(work)
        await self._beside(work)

    async def settle(self, work: Work) -> None:
        """Wait until the table and its indexes are ACTIVE."""

        async def state() -> tuple[str, str | None]:
            table = await self._describe(work)
            states = {table["TableStatus"], *(each["IndexStatus"] for each in table.get("GlobalSecondaryIndexes", ()))}
            return "ACTIVE" if states == {"ACTIVE"} else "WAITING", None

        await self.settled(work, state, {"ACTIVE"})

    async def update(self, work: Work) -> None:
        """Change the settings, the stream and the indexes, each when the one before it is done."""
        await self._change_settings(work)
        await self._change_stream(work)
        await self._change_indexes(work)
        if work.changed("SSESpecification"):
            wanted = _encryption(work.properties) or {"Enabled": False}
            await self._change(work, {"SSESpecification": wanted})
        await self._beside(work)

    async def delete(self, work: Work) -> None:
        """Delete the table and wait until it is gone."""
        await work.call("dynamodb", "DeleteTable", {"TableName": work.physical_id})
        await self.gone(work, lambda: self._describe(work))

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN, and that of the stream if there is one."""
        table = await self._describe(work)
        found = {"Arn": table["TableArn"]}
        if table.get("StreamSpecification", {}).get("StreamEnabled"):
            found["StreamArn"] = table["LatestStreamArn"]
        return found

    async def _describe(self, work: Work) -> dict[str, Any]:
        table: dict[str, Any] = (await work.call("dynamodb", "DescribeTable", {"TableName": work.physical_id}))["Table"]
        return table

    async def _change(self, work: Work, parameters: Mapping[str, Any]) -> None:
        await work.call("dynamodb", "UpdateTable", {"TableName": work.physical_id, **parameters})
        await self.settle(work)

    async def _change_settings(self, work: Work) -> None:
        names = [name for name in _SETTINGS if work.changed(name)]
        wanted = {name: work.properties.get(name, _DEFAULTS.get(name)) for name in names}
        if any(value is not None for value in wanted.values()):
            await self._change(work, wanted)

    async def _change_stream(self, work: Work) -> None:
        if not work.changed("StreamSpecification"):
            return
        wanted = _stream(work.properties)
        # Another view type is another stream: the old one ends first.
        if (await self._describe(work)).get("StreamSpecification", {}).get("StreamEnabled"):
            await self._change(work, {"StreamSpecification": {"StreamEnabled": False}})
        if wanted:
            await self._change(work, {"StreamSpecification": wanted})

    async def _change_indexes(self, work: Work) -> None:
        before, after = _indexes(work.former), _indexes(work.properties)
        gone, fresh = [name for name in before if name not in after], [name for name in after if name not in before]
        if len(gone) + len(fresh) > 1:
            text = "Cannot perform more than one GSI creation or deletion in a single update"
            raise ResourceFailure(text, "InvalidRequest")
        # An attempt that was cut off may have done it already.
        there = {each["IndexName"] for each in (await self._describe(work)).get("GlobalSecondaryIndexes", ())}
        changes: list[dict[str, Any]] = [{"Delete": {"IndexName": name}} for name in gone if name in there]
        changes += [{"Create": _index(after[name])} for name in fresh if name not in there]
        for name in before.keys() & after.keys():
            kept = _changeable(after[name])
            if kept != _changeable(before[name]):
                changes.append({"Update": {"IndexName": name, **kept}})
        if changes:
            definitions = work.properties.get("AttributeDefinitions")
            await self._change(work, {"AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": changes})

    async def _beside(self, work: Work) -> None:
        table = {"TableName": work.physical_id}
        if work.changed("TimeToLiveSpecification"):
            wanted = work.properties.get("TimeToLiveSpecification")
            before = work.former.get("TimeToLiveSpecification", {})
            specification = wanted or {**before, "Enabled": False}
            await work.call("dynamodb", "UpdateTimeToLive", {**table, "TimeToLiveSpecification": specification})
        if work.changed("PointInTimeRecoverySpecification"):
            off = {"PointInTimeRecoveryEnabled": False}
            wanted = {"PointInTimeRecoverySpecification": work.properties.get("PointInTimeRecoverySpecification", off)}
            await work.call("dynamodb", "UpdateContinuousBackups", {**table, **wanted})
        if work.changed("ContributorInsightsSpecification"):
            enabled = str(work.properties.get("ContributorInsightsSpecification", {}).get("Enabled", False)).lower()
            action = {"ContributorInsightsAction": "ENABLE" if enabled == "true" else "DISABLE"}
            await work.call("dynamodb", "UpdateContributorInsights", {**table, **action})
        await self._send_to_kinesis(work)

    async def _send_to_kinesis(self, work: Work) -> None:
        if not work.changed("KinesisStreamSpecification"):
            return
        before = work.former.get("KinesisStreamSpecification")
        wanted = work.properties.get("KinesisStreamSpecification")
        table = {"TableName": work.physical_id}
        if before:
            stream = {**table, "StreamArn": before["StreamArn"]}
            await work.call("dynamodb", "DisableKinesisStreamingDestination", stream)
        if wanted:
            precision = wanted.get("ApproximateCreationDateTimePrecision")
            settings = {"ApproximateCreationDateTimePrecision": precision} if precision else None
            stream = {**table, "StreamArn": wanted["StreamArn"], "EnableKinesisStreamingConfiguration": settings}
            await work.call("dynamodb", "EnableKinesisStreamingDestination", stream)


def _stream(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    specification = properties.get("StreamSpecification")
    return None if specification is None else {"StreamEnabled": True, **specification}


def _encryption(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    specification = properties.get("SSESpecification")
    if specification is None:
        return None
    return {"Enabled" if name == "SSEEnabled" else name: value for name, value in specification.items()}


def _indexes(properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", ())}


def _index(index: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in index.items() if name not in _NOT_OF_AN_INDEX}


def _changeable(index: Mapping[str, Any]) -> dict[str, Any]:
    return {name: index[name] for name in ("ProvisionedThroughput", "OnDemandThroughput") if name in index}


TYPES = (Table(),)
