"""Roles and their inline policies, with boto3 over the wire."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}

Client = Callable[..., Any]
Unique = Callable[[str], str]


@pytest.fixture
def iam(client: Client) -> Any:
    return client("iam")


@pytest.fixture
def role(iam: Any, unique: Unique) -> str:
    name = unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return name


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_role_comes_back_as_it_was_made(iam: Any, unique: Unique) -> None:
    name = unique("role")
    made = iam.create_role(
        RoleName=name,
        Path="/hops/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Description="reads and writes",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "orders"}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::123456789012:role/hops/{name}"
    assert made["RoleId"].startswith("AROA")
    assert len(made["RoleId"]) == 21
    assert made["AssumeRolePolicyDocument"] == TRUST
    assert made["Tags"] == [{"Key": "team", "Value": "orders"}]
    found = iam.get_role(RoleName=name)["Role"]
    assert found["MaxSessionDuration"] == 7200
    assert found["Description"] == "reads and writes"
    assert found["RoleLastUsed"] == {}
    assert {member: found[member] for member in ("Path", "RoleId", "Arn", "CreateDate")} == {
        member: made[member] for member in ("Path", "RoleId", "Arn", "CreateDate")
    }
    listed = iam.list_roles(PathPrefix="/hops/")["Roles"]
    assert name in [each["RoleName"] for each in listed]
    assert "Tags" not in listed[0]


def test_names_are_found_whatever_their_case(iam: Any, role: str) -> None:
    assert iam.get_role(RoleName=role.upper())["Role"]["RoleName"] == role
    code, message, status = refusal(iam.create_role, RoleName=role.upper(), AssumeRolePolicyDocument=json.dumps(TRUST))
    assert (code, status) == ("EntityAlreadyExists", 409)
    assert message == f"Role with name {role.upper()} already exists."


def test_what_is_not_there(iam: Any, role: str) -> None:
    missing = ("NoSuchEntity", "The role with name nobody cannot be found.", 404)
    assert refusal(iam.get_role, RoleName="nobody") == missing
    assert refusal(iam.delete_role, RoleName="nobody") == missing
    code, message, _ = refusal(iam.get_role_policy, RoleName=role, PolicyName="none")
    assert (code, message) == ("NoSuchEntity", "The role policy with name none cannot be found.")


def test_documents_are_checked(iam: Any, unique: Unique, role: str) -> None:
    found = refusal(iam.create_role, RoleName=unique("role"), AssumeRolePolicyDocument="{")
    assert found == ("MalformedPolicyDocument", "This policy contains invalid Json", 400)
    bad = json.dumps({**TRUST, "Statement": [{**TRUST["Statement"][0], "Resource": "*"}]})  # type: ignore[dict-item]
    found = refusal(iam.update_assume_role_policy, RoleName=role, PolicyDocument=bad)
    assert found == ("MalformedPolicyDocument", "Has prohibited field Resource", 400)
    nobody = "arn:aws:iam::123456789012:role/nobody"
    bad = json.dumps({**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"AWS": nobody}}]})  # type: ignore[dict-item]
    found = refusal(iam.create_role, RoleName=unique("role"), AssumeRolePolicyDocument=bad)
    assert found == ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{nobody}"', 400)


def test_a_role_is_changed(iam: Any, role: str) -> None:
    iam.update_role(RoleName=role, Description="new", MaxSessionDuration=3601)
    assert iam.update_role_description(RoleName=role, Description="newer")["Role"]["Description"] == "newer"
    trust = json.loads(json.dumps(TRUST).replace("pipes", "firehose"))
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    found = iam.get_role(RoleName=role)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("newer", 3601)
    assert found["AssumeRolePolicyDocument"] == trust


def test_tags(iam: Any, role: str) -> None:
    iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.tag_role(RoleName=role, Tags=[{"Key": "A", "Value": "3"}])
    assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "A", "Value": "3"}, {"Key": "b", "Value": "2"}]
    iam.untag_role(RoleName=role, TagKeys=["a", "none"])
    assert iam.get_role(RoleName=role)["Role"]["Tags"] == [{"Key": "b", "Value": "2"}]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    code, message, _ = refusal(iam.tag_role, RoleName=role, Tags=twice)
    assert code == "InvalidInput"
    assert message == "Duplicate tag keys found. Please note that Tag keys are case insensitive."


def test_inline_policies(iam: Any, role: str) -> None:
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=json.dumps(POLICY))
    found = iam.get_role_policy(RoleName=role, PolicyName="read")
    assert (found["RoleName"], found["PolicyName"], found["PolicyDocument"]) == (role, "read", POLICY)
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["read"]
    bad = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]})
    code, message, _ = refusal(iam.put_role_policy, RoleName=role, PolicyName="bad", PolicyDocument=bad)
    assert (code, message) == ("MalformedPolicyDocument", "Policy statement must contain resources.")
    large = json.dumps({**POLICY, "Id": "x" * 10_300})
    code, message, status = refusal(iam.put_role_policy, RoleName=role, PolicyName="large", PolicyDocument=large)
    assert (code, status) == ("LimitExceeded", 409)
    assert message == f"Maximum policy size of 10240 bytes exceeded for role {role}"
    iam.delete_role_policy(RoleName=role, PolicyName="read")
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_a_role_with_policies_is_not_deleted(iam: Any, role: str) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=json.dumps(POLICY))
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    found = refusal(iam.delete_role, RoleName=role)
    assert found == ("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    found = refusal(iam.delete_role, RoleName=role)
    assert found == ("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    iam.delete_role_policy(RoleName=role, PolicyName="read")
    iam.delete_role(RoleName=role)
    assert refusal(iam.get_role, RoleName=role)[0] == "NoSuchEntity"


def test_pages(iam: Any, unique: Unique) -> None:
    path = f"/{unique('path')}/"
    names = sorted(unique("paged") for _ in range(5))
    for name in names:
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 2}))
    assert [[role["RoleName"] for role in page["Roles"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]


def test_boundaries(iam: Any, role: str) -> None:
    arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    assert iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"] == shown
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] >= 1
    found = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")["PolicyRoles"]
    assert role in [each["RoleName"] for each in found]
    iam.delete_role_permissions_boundary(RoleName=role)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]
    assert refusal(iam.delete_role_permissions_boundary, RoleName=role)[0] == "NoSuchEntity"


def test_a_waiter_finds_a_role(iam: Any, role: str) -> None:
    iam.get_waiter("role_exists").wait(RoleName=role)
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
