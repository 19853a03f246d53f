"""AWS::IAM::Role, AWS::IAM::Policy and AWS::IAM::ManagedPolicy."""

import json
from collections.abc import Iterable
from typing import Any

from tailrace.cloudformation.resources.failure import is_missing
from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging
from tailrace.wire.errors import AwsError

_SESSION_S_DEFAULT = 3600
_VERSIONS_MAX = 5
# property of a policy, the operations that attach it inline or by ARN, the parameter that names who
_HOLDERS = {"Roles": "Role", "Users": "User", "Groups": "Group"}


class Role(ResourceType):
    """A role with its inline and attached policies; Ref gives its name."""

    name = "AWS::IAM::Role"
    service = "iam"
    naming = Naming("RoleName", 64)
    tagging = Tagging("Tags", "TagRole", "UntagRole", "RoleName")

    async def create(self, work: Work) -> str:
        """Create the role."""
        role = work.picked("Path", "Description", "MaxSessionDuration", "PermissionsBoundary")
        role |= {"RoleName": work.physical_id, "AssumeRolePolicyDocument": _document(work, "AssumeRolePolicyDocument")}
        role["Tags"] = [{"Key": key, "Value": value} for key, value in work.tags.items()]
        await work.call("iam", "CreateRole", role)
        return work.physical_id

    async def finish(self, work: Work) -> None:
        """Give the role its policies: whatever uses it waits for them."""
        await self._grant(work)

    async def update(self, work: Work) -> None:
        """Change the trust policy, the settings and the policies."""
        role = {"RoleName": work.physical_id}
        if work.changed("AssumeRolePolicyDocument"):
            document = _document(work, "AssumeRolePolicyDocument")
            await work.call("iam", "UpdateAssumeRolePolicy", {**role, "PolicyDocument": document})
        if work.changed("Description", "MaxSessionDuration"):
            settings = {"Description": "", "MaxSessionDuration": _SESSION_S_DEFAULT}
            settings |= work.picked("Description", "MaxSessionDuration")
            await work.call("iam", "UpdateRole", {**role, **settings})
        if work.changed("PermissionsBoundary"):
            boundary = work.picked("PermissionsBoundary")
            operation = f"{'Put' if boundary else 'Delete'}RolePermissionsBoundary"
            await work.call("iam", operation, {**role, **boundary})
        await self._grant(work)

    async def delete(self, work: Work) -> None:
        """Take all policies off the role, whoever gave them, and delete it."""
        role = {"RoleName": work.physical_id}
        for name in (await work.call("iam", "ListRolePolicies", role))["PolicyNames"]:
            await work.call("iam", "DeleteRolePolicy", {**role, "PolicyName": name})
        for policy in (await work.call("iam", "ListAttachedRolePolicies", role))["AttachedPolicies"]:
            await work.call("iam", "DetachRolePolicy", {**role, "PolicyArn": policy["PolicyArn"]})
        await work.call("iam", "DeleteRole", role)

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN and the id."""
        role = (await work.call("iam", "GetRole", {"RoleName": work.physical_id}))["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    async def _grant(self, work: Work) -> None:
        role = {"RoleName": work.physical_id}
        inline, before = _inline(work.properties), _inline(work.former)
        for name in before.keys() - inline.keys():
            await _quietly(work, "DeleteRolePolicy", {**role, "PolicyName": name})
        for name, document in inline.items():
            if before.get(name) != document:
                policy = {**role, "PolicyName": name, "PolicyDocument": document}
                await work.call("iam", "PutRolePolicy", policy)
        attached, former = (list(each.get("ManagedPolicyArns", ())) for each in (work.properties, work.former))
        for arn in attached:
            if arn not in former:
                await work.call("iam", "AttachRolePolicy", {**role, "PolicyArn": arn})
        for arn in former:
            if arn not in attached:
                await _quietly(work, "DetachRolePolicy", {**role, "PolicyArn": arn})


class Policy(ResourceType):
    """An inline policy on roles, users and groups; it is nothing by itself."""

    name = "AWS::IAM::Policy"
    service = "iam"

    async def create(self, work: Work) -> str:
        """Put the policy on each of them."""
        await self._put(work, _holders(work.properties))
        return work.physical_id

    async def update(self, work: Work) -> None:
        """Put the policy as it now is on each of them, and take the old one off those that don't have it any more."""
        wanted = _holders(work.properties)
        renamed = work.changed("PolicyName")
        gone = [holder for holder in _holders(work.former) if renamed or holder not in wanted]
        await self._put(work, wanted)
        await self._remove(work, gone, work.former["PolicyName"])

    async def delete(self, work: Work) -> None:
        """Take the policy off each of them."""
        await self._remove(work, _holders(work.properties), work.properties["PolicyName"])

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the id."""
        return {"Id": work.physical_id}

    async def _put(self, work: Work, holders: Iterable[tuple[str, str]]) -> None:
        for kind, name in holders:
            policy = {f"{kind}Name": name, "PolicyName": work.properties["PolicyName"]}
            policy["PolicyDocument"] = _document(work, "PolicyDocument")
            await work.call("iam", f"Put{kind}Policy", policy)

    async def _remove(self, work: Work, holders: Iterable[tuple[str, str]], policy_name: str) -> None:
        for kind, name in holders:
            await _quietly(work, f"Delete{kind}Policy", {f"{kind}Name": name, "PolicyName": policy_name})


class ManagedPolicy(ResourceType):
    """A customer managed policy; Ref gives its ARN."""

    name = "AWS::IAM::ManagedPolicy"
    service = "iam"
    naming = Naming("ManagedPolicyName", 128)

    async def create(self, work: Work) -> str:
        """Create the policy."""
        policy = {"PolicyName": work.physical_id, "PolicyDocument": _document(work, "PolicyDocument")}
        policy |= work.picked("Path", "Description")
        return str((await work.call("iam", "CreatePolicy", policy))["Policy"]["Arn"])

    async def adopted(self, work: Work) -> str:
        """Answer the ARN of the policy that is there."""
        return f"arn:aws:iam::{work.account}:policy{work.properties.get('Path', '/')}{work.physical_id}"

    async def finish(self, work: Work) -> None:
        """Attach the policy."""
        await self._attach(work, work.physical_id, _holders(work.properties))

    async def update(self, work: Work) -> None:
        """Make a new default version of the policy, and attach and detach it."""
        arn = {"PolicyArn": work.physical_id}
        if work.changed("PolicyDocument"):
            versions = (await work.call("iam", "ListPolicyVersions", arn))["Versions"]
            spare = [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
            if len(versions) >= _VERSIONS_MAX:
                await work.call("iam", "DeletePolicyVersion", {**arn, "VersionId": min(spare, key=_number)})
            document = {**arn, "PolicyDocument": _document(work, "PolicyDocument"), "SetAsDefault": True}
            await work.call("iam", "CreatePolicyVersion", document)
        wanted, former = _holders(work.properties), _holders(work.former)
        await self._attach(work, work.physical_id, [holder for holder in wanted if holder not in former])
        await self._detach(work, [holder for holder in former if holder not in wanted])

    async def delete(self, work: Work) -> None:
        """Detach the policy from everybody and delete it with its versions."""
        arn = {"PolicyArn": work.physical_id}
        entities = await work.call("iam", "ListEntitiesForPolicy", arn)
        holders = [
            (kind, entity[f"{kind}Name"]) for kind in _HOLDERS.values() for entity in entities.get(f"Policy{kind}s", ())
        ]
        await self._detach(work, holders)
        for version in (await work.call("iam", "ListPolicyVersions", arn))["Versions"]:
            if not version["IsDefaultVersion"]:
                await work.call("iam", "DeletePolicyVersion", {**arn, "VersionId": version["VersionId"]})
        await work.call("iam", "DeletePolicy", arn)

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN and the id."""
        policy = (await work.call("iam", "GetPolicy", {"PolicyArn": work.physical_id}))["Policy"]
        return {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}

    async def _attach(self, work: Work, arn: str, holders: Iterable[tuple[str, str]]) -> None:
        for kind, name in holders:
            await work.call("iam", f"Attach{kind}Policy", {f"{kind}Name": name, "PolicyArn": arn})

    async def _detach(self, work: Work, holders: Iterable[tuple[str, str]]) -> None:
        for kind, name in holders:
            await _quietly(work, f"Detach{kind}Policy", {f"{kind}Name": name, "PolicyArn": work.physical_id})


def _document(work: Work, name: str) -> str:
    return _text(work.properties[name])


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def _inline(properties: dict[str, Any]) -> dict[str, str]:
    return {policy["PolicyName"]: _text(policy["PolicyDocument"]) for policy in properties.get("Policies", ())}


def _holders(properties: dict[str, Any]) -> list[tuple[str, str]]:
    return [(kind, str(name)) for listed, kind in _HOLDERS.items() for name in properties.get(listed, ())]


def _number(version_id: str) -> int:
    return int(version_id.removeprefix("v"))


async def _quietly(work: Work, operation: str, parameters: dict[str, Any]) -> None:
    """Take something away that may be gone already, for example with the role it was on."""
    try:
        await work.call("iam", operation, parameters)
    except AwsError as error:
        if not is_missing(error):
            raise


TYPES = (Role(), Policy(), ManagedPolicy())
