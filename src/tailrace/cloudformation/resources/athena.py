"""AWS::Athena::WorkGroup, NamedQuery and PreparedStatement."""

from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging
from tailrace.wire.errors import AwsError

# What UpdateWorkGroup calls the parts of a configuration, and how a part that is gone is taken away.
_RENAMED = {"ResultConfiguration": "ResultConfigurationUpdates"}
_REMOVALS = {
    "BytesScannedCutoffPerQuery": ("RemoveBytesScannedCutoffPerQuery", True),
    "CustomerContentEncryptionConfiguration": ("RemoveCustomerContentEncryptionConfiguration", True),
}
_RESULT_REMOVALS = {
    "OutputLocation": "RemoveOutputLocation",
    "EncryptionConfiguration": "RemoveEncryptionConfiguration",
    "ExpectedBucketOwner": "RemoveExpectedBucketOwner",
    "AclConfiguration": "RemoveAclConfiguration",
}


class WorkGroup(ResourceType):
    """A workgroup."""

    name = "AWS::Athena::WorkGroup"
    service = "athena"
    tagging = Tagging("Tags", "TagResource", "UntagResource", "ResourceARN", "Arn")
    unbuilt = frozenset({"WorkGroupConfigurationUpdates"})

    async def create(self, work: Work) -> str:
        """Create the workgroup."""
        name = work.properties["Name"]
        group = {"Name": name, "Configuration": work.properties.get("WorkGroupConfiguration")}
        group |= {"Tags": [{"Key": key, "Value": value} for key, value in work.tags.items()]}
        await work.call("athena", "CreateWorkGroup", group | work.picked("Description"))
        return str(name)

    async def finish(self, work: Work) -> None:
        """Disable the workgroup, if it is to be."""
        if work.properties.get("State") == "DISABLED":
            await work.call("athena", "UpdateWorkGroup", {"WorkGroup": work.physical_id, "State": "DISABLED"})

    async def update(self, work: Work) -> None:
        """Change the configuration, the description and the state."""
        if self.differs(work):
            changed = {
                "WorkGroup": work.physical_id,
                "Description": work.properties.get("Description", ""),
                "State": work.properties.get("State", "ENABLED"),
                "ConfigurationUpdates": _updates(
                    work.former.get("WorkGroupConfiguration", {}), work.properties.get("WorkGroupConfiguration", {})
                ),
            }
            await work.call("athena", "UpdateWorkGroup", changed)

    async def delete(self, work: Work) -> None:
        """Delete the workgroup; what is in it goes along if the template says so."""
        recursive = work.properties.get("RecursiveDeleteOption", False)
        parameters = {"WorkGroup": work.physical_id, "RecursiveDeleteOption": recursive}
        await work.call("athena", "DeleteWorkGroup", parameters)

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the time of creation and the engine's version."""
        answer = (await work.call("athena", "GetWorkGroup", {"WorkGroup": work.physical_id}))["WorkGroup"]
        engine = answer.get("Configuration", {}).get("EngineVersion", {})
        return {
            "Arn": work.arn("athena", f"workgroup/{work.physical_id}"),
            "CreationTime": str(answer.get("CreationTime", "")),
            "WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion": engine.get("EffectiveEngineVersion", ""),
        }

    def exists(self, error: AwsError) -> bool:
        """Say whether a refusal means that the workgroup is there already."""
        return error.code == "InvalidRequestException" and "already" in error.message

    async def adopted(self, work: Work) -> str:
        """Answer the name."""
        return str(work.properties["Name"])


def _updates(former: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    changed = {_RENAMED.get(name, name): value for name, value in wanted.items()}
    for name, (removal, value) in _REMOVALS.items():
        if name in former and name not in wanted:
            changed[removal] = value
    before = former.get("ResultConfiguration", {})
    after = changed.get("ResultConfigurationUpdates", {})
    removed = {removal: True for name, removal in _RESULT_REMOVALS.items() if name in before and name not in after}
    return {**changed, "ResultConfigurationUpdates": {**after, **removed}}


class NamedQuery(ResourceType):
    """A saved query; nothing about it can be changed in place."""

    name = "AWS::Athena::NamedQuery"
    service = "athena"
    deletes = "DeleteNamedQuery"

    async def create(self, work: Work) -> str:
        """Save the query; the token makes a second attempt answer what the first one made."""
        named = {"Name": work.logical_id, **work.properties, "ClientRequestToken": work.token}
        return str((await work.call("athena", "CreateNamedQuery", named))["NamedQueryId"])

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which query."""
        return {"NamedQueryId": work.physical_id}

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the id."""
        return {"NamedQueryId": work.physical_id}


class PreparedStatement(ResourceType):
    """A prepared statement of a workgroup."""

    name = "AWS::Athena::PreparedStatement"
    service = "athena"
    creates = "CreatePreparedStatement"
    updates = "UpdatePreparedStatement"
    deletes = "DeletePreparedStatement"
    identity = ("StatementName", "WorkGroup")

    def identifier(self, work: Work, answer: Mapping[str, Any]) -> str:
        """Answer the name and its workgroup."""
        return f"{work.properties['StatementName']}|{work.properties['WorkGroup']}"


TYPES = (WorkGroup(), NamedQuery(), PreparedStatement())
