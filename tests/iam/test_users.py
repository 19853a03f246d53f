"""Users, groups and access keys, with boto3 over the wire."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


@pytest.fixture
def iam(client: Callable[..., Any]) -> Any:
    return client("iam")


@pytest.fixture
def user(iam: Any, unique: Callable[[str], str]) -> str:
    name = unique("user")
    iam.create_user(UserName=name, Path="/people/")
    return name


@pytest.fixture
def group(iam: Any, unique: Callable[[str], str]) -> str:
    name = unique("group")
    iam.create_group(GroupName=name)
    return name


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_user_comes_back_as_it_was_made(iam: Any, user: str) -> None:
    found = iam.get_user(UserName=user)["User"]
    assert found["Arn"] == f"arn:aws:iam::123456789012:user/people/{user}"
    assert found["UserId"].startswith("AIDA")
    assert user in [each["UserName"] for each in iam.list_users(PathPrefix="/people/")["Users"]]
    found = refusal(iam.create_user, UserName=user)
    assert found == ("EntityAlreadyExists", f"User with name {user} already exists.", 409)
    found = refusal(iam.get_user, UserName="nobody")
    assert found == ("NoSuchEntity", "The user with name nobody cannot be found.", 404)


def test_the_caller_is_root_here(iam: Any) -> None:
    found = iam.get_user()["User"]
    assert (found["Arn"], found["UserId"]) == ("arn:aws:iam::123456789012:root", "123456789012")
    found = refusal(iam.list_access_keys)
    assert found == ("ValidationError", "Must specify userName when calling with non-User credentials", 400)


def test_a_user_gets_another_name(iam: Any, user: str, unique: Callable[[str], str]) -> None:
    name = unique("user")
    iam.update_user(UserName=user, NewUserName=name, NewPath="/")
    assert iam.get_user(UserName=name)["User"]["Path"] == "/"
    assert refusal(iam.get_user, UserName=user)[0] == "NoSuchEntity"


def test_access_keys(iam: Any, user: str) -> None:
    first = iam.create_access_key(UserName=user)["AccessKey"]
    assert first["AccessKeyId"].startswith("AKIA")
    assert (len(first["AccessKeyId"]), len(first["SecretAccessKey"]), first["Status"]) == (20, 40, "Active")
    second = iam.create_access_key(UserName=user)["AccessKey"]
    found = refusal(iam.create_access_key, UserName=user)
    assert found == ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", 409)
    iam.update_access_key(UserName=user, AccessKeyId=second["AccessKeyId"], Status="Inactive")
    listed = {key["AccessKeyId"]: key for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}
    assert listed[first["AccessKeyId"]]["Status"] == "Active"
    assert listed[second["AccessKeyId"]]["Status"] == "Inactive"
    assert "SecretAccessKey" not in listed[first["AccessKeyId"]]
    found = refusal(iam.delete_user, UserName=user)
    assert found == ("DeleteConflict", "Cannot delete entity, must delete access keys first.", 409)
    for key in listed:
        iam.delete_access_key(UserName=user, AccessKeyId=key)
    gone = first["AccessKeyId"]
    found = refusal(iam.delete_access_key, UserName=user, AccessKeyId=gone)
    assert found == ("NoSuchEntity", f"The Access Key with id {gone} cannot be found.", 404)
    iam.delete_user(UserName=user)


def test_groups(iam: Any, user: str, group: str) -> None:
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)
    found = iam.get_group(GroupName=group)
    assert found["Group"]["Arn"] == f"arn:aws:iam::123456789012:group/{group}"
    assert [each["UserName"] for each in found["Users"]] == [user]
    assert [each["GroupName"] for each in iam.list_groups_for_user(UserName=user)["Groups"]] == [group]
    conflict = ("DeleteConflict", "Cannot delete entity, must remove users from group first.", 409)
    assert refusal(iam.delete_group, GroupName=group) == conflict
    assert refusal(iam.delete_user, UserName=user) == conflict
    iam.remove_user_from_group(GroupName=group, UserName=user)
    assert iam.get_group(GroupName=group)["Users"] == []
    assert group in [each["GroupName"] for each in iam.list_groups()["Groups"]]
    iam.delete_group(GroupName=group)
    found = refusal(iam.get_group, GroupName=group)
    assert found == ("NoSuchEntity", f"The group with name {group} cannot be found.", 404)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_inline_and_attached_policies(iam: Any, kind: str, request: pytest.FixtureRequest) -> None:
    name = request.getfixturevalue(kind)
    owner = {f"{kind.title()}Name": name}
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

    def call(operation: str, **params: Any) -> Any:
        return getattr(iam, operation)(**owner, **params)

    call(f"put_{kind}_policy", PolicyName="read", PolicyDocument=json.dumps(POLICY))
    assert call(f"get_{kind}_policy", PolicyName="read")["PolicyDocument"] == POLICY
    assert call(f"list_{kind}_policies")["PolicyNames"] == ["read"]
    call(f"attach_{kind}_policy", PolicyArn=arn)
    assert call(f"list_attached_{kind}_policies")["AttachedPolicies"][0]["PolicyArn"] == arn
    assert refusal(getattr(iam, f"delete_{kind}"), **owner)[1].endswith("must detach all policies first.")
    call(f"detach_{kind}_policy", PolicyArn=arn)
    assert refusal(getattr(iam, f"delete_{kind}"), **owner)[1].endswith("must delete policies first.")
    call(f"delete_{kind}_policy", PolicyName="read")
    call(f"delete_{kind}")


def test_tags_and_boundary(iam: Any, unique: Callable[[str], str]) -> None:
    name, arn = unique("user"), "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "orders"}], PermissionsBoundary=arn)
    iam.tag_user(UserName=name, Tags=[{"Key": "lead", "Value": "yes"}])
    assert {tag["Key"] for tag in iam.list_user_tags(UserName=name)["Tags"]} == {"team", "lead"}
    iam.untag_user(UserName=name, TagKeys=["lead"])
    found = iam.get_user(UserName=name)["User"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert found["Tags"] == [{"Key": "team", "Value": "orders"}]
    iam.delete_user_permissions_boundary(UserName=name)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
