"""Managed policies, their versions and attachments, with boto3 over the wire."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tailrace.iam import document, policy
from tailrace.iam.managed import of_aws

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(client: Callable[..., Any]) -> Any:
    return client("iam")


@pytest.fixture
def arn(iam: Any, unique: Callable[[str], str]) -> str:
    made = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=json.dumps(POLICY), Description="reads")
    found: str = made["Policy"]["Arn"]
    return found


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_policy_comes_back_as_it_was_made(iam: Any, arn: str) -> None:
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert found["DefaultVersionId"] == "v1"
    assert found["Description"] == "reads"
    assert found["PolicyId"].startswith("ANPA")
    assert (found["AttachmentCount"], found["IsAttachable"]) == (0, True)
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == POLICY
    assert version["IsDefaultVersion"] is True
    name = found["PolicyName"]
    code, message, status = refusal(iam.create_policy, PolicyName=name, PolicyDocument=json.dumps(POLICY))
    assert (code, status) == ("EntityAlreadyExists", 409)
    assert message == f"A policy called {name} already exists. Duplicate names are not allowed."


def test_versions(iam: Any, arn: str) -> None:
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(POLICY), SetAsDefault=number == 3)
        assert made["PolicyVersion"]["VersionId"] == f"v{number}"
    code, message, status = refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=json.dumps(POLICY))
    assert (code, status) == ("LimitExceeded", 409)
    assert message.startswith("A managed policy can have up to 5 versions.")
    found = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in found] == [
        ("v5", False),
        ("v4", False),
        ("v3", True),
        ("v2", False),
        ("v1", False),
    ]
    found = refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v3")
    assert found == ("DeleteConflict", "Cannot delete the default version of a policy.", 409)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(POLICY))
    assert made["PolicyVersion"]["VersionId"] == "v6"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v6")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v6"
    assert refusal(iam.get_policy_version, PolicyArn=arn, VersionId="v5")[0] == "NoSuchEntity"


def test_deletion_waits_for_versions_and_attachments(iam: Any, arn: str, unique: Callable[[str], str]) -> None:
    role = unique("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    found = refusal(iam.delete_policy, PolicyArn=arn)
    assert found == ("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(POLICY))
    assert refusal(iam.delete_policy, PolicyArn=arn)[1].startswith("This policy has more than one version.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    found = refusal(iam.get_policy, PolicyArn=arn)
    assert found == ("NoSuchEntity", f"Policy {arn} was not found.", 404)


def test_attachments(iam: Any, arn: str, unique: Callable[[str], str]) -> None:
    role, user, group = unique("role"), unique("user"), unique("group")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    found = iam.list_entities_for_policy(PolicyArn=arn)
    assert [each["RoleName"] for each in found["PolicyRoles"]] == [role]
    assert [each["UserName"] for each in found["PolicyUsers"]] == [user]
    assert [each["GroupName"] for each in found["PolicyGroups"]] == [group]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 3
    listed = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert listed == [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}]
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    found = refusal(iam.attach_role_policy, RoleName=role, PolicyArn=missing)
    assert found == ("NoSuchEntity", f"Policy {missing} does not exist or is not attachable.", 404)
    found = refusal(iam.detach_role_policy, RoleName=role, PolicyArn=BASIC)
    assert found == ("NoSuchEntity", f"Policy {BASIC} was not found.", 404)


def test_ten_policies_are_attached_at_most(iam: Any, unique: Callable[[str], str]) -> None:
    role = unique("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    arns = sorted(of_aws())
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    found = refusal(iam.attach_role_policy, RoleName=role, PolicyArn=arns[10])
    assert found == ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", 409)


def test_policies_of_aws_are_there(iam: Any) -> None:
    found = iam.get_policy(PolicyArn=BASIC)["Policy"]
    assert found["Path"] == "/service-role/"
    document = iam.get_policy_version(PolicyArn=BASIC, VersionId="v1")["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    names = {
        policy["PolicyName"]
        for page in iam.get_paginator("list_policies").paginate(Scope="AWS")
        for policy in page["Policies"]
    }
    assert {"AdministratorAccess", "AmazonS3FullAccess", "AWSGlueServiceRole", "ReadOnlyAccess"} <= names
    assert refusal(iam.create_policy_version, PolicyArn=BASIC, PolicyDocument=json.dumps(POLICY))[0] == "AccessDenied"


def test_local_policies_are_listed_apart(iam: Any, arn: str) -> None:
    found = [
        policy["Arn"]
        for page in iam.get_paginator("list_policies").paginate(Scope="Local")
        for policy in page["Policies"]
    ]
    assert arn in found
    assert BASIC not in found
    assert arn not in [policy["Arn"] for policy in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]]


def test_tags(iam: Any, arn: str) -> None:
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == []


@pytest.mark.parametrize("arn", sorted(of_aws()))
def test_every_policy_of_aws_is_one(arn: str) -> None:
    found = of_aws()[arn]
    assert policy.compiled(document.parse_identity(found.document)).statements
