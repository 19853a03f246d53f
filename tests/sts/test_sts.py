"""STS over the wire: who calls, and temporary credentials."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sts(client: Callable[..., Any]) -> Any:
    return client("sts")


@pytest.fixture
def role(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
    name = unique("role")
    made = client("iam").create_role(RoleName=name, Path="/hops/", AssumeRolePolicyDocument=json.dumps(trust))
    arn: str = made["Role"]["Arn"]
    return arn


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_the_caller_is_root_here(sts: Any) -> None:
    found = sts.get_caller_identity()
    assert (found["UserId"], found["Account"]) == ("123456789012", "123456789012")
    assert found["Arn"] == "arn:aws:iam::123456789012:root"


def test_a_role_is_assumed(sts: Any, role: str) -> None:
    found = sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=900)
    name = role.rpartition("/")[2]
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{name}/session"
    unique, _, session = found["AssumedRoleUser"]["AssumedRoleId"].partition(":")
    assert (unique[:4], session) == ("AROA", "session")
    key = found["Credentials"]
    assert (key["AccessKeyId"][:4], len(key["AccessKeyId"])) == ("ASIA", 20)
    assert len(key["SecretAccessKey"]) == 40
    assert key["SessionToken"]
    assert 890 < (key["Expiration"] - datetime.now(UTC)).total_seconds() <= 900
    assert "PackedPolicySize" not in found


def test_what_cannot_be_assumed(sts: Any, role: str) -> None:
    nobody = "arn:aws:iam::123456789012:role/nobody"
    found = refusal(sts.assume_role, RoleArn=nobody, RoleSessionName="session")
    text = "User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on resource: " + nobody
    assert found == ("AccessDenied", text, 403)
    found = refusal(sts.assume_role, RoleArn="nothing-valid-in-here", RoleSessionName="session")
    assert found == ("ValidationError", "nothing-valid-in-here is invalid", 400)
    code, message, _ = refusal(sts.assume_role, RoleArn=role, RoleSessionName="session", DurationSeconds=7200)
    assert code == "ValidationError"
    assert message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_session_policies_and_tags(sts: Any, role: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    found = sts.assume_role(
        RoleArn=role,
        RoleSessionName="session",
        Policy=json.dumps(policy),
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}],
        Tags=[{"Key": "team", "Value": "orders"}],
        TransitiveTagKeys=["team"],
    )
    assert found["PackedPolicySize"] > 0
    code, message, _ = refusal(sts.assume_role, RoleArn=role, RoleSessionName="session", TransitiveTagKeys=["team"])
    assert code == "InvalidParameterValue"
    assert message == "The specified transitive tag key must be included in the requested tags."
    found = refusal(sts.assume_role, RoleArn=role, RoleSessionName="session", Policy="{")
    assert found == ("MalformedPolicyDocument", "This policy contains invalid Json", 400)


def test_a_session_of_the_caller(sts: Any) -> None:
    found = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert found["AccessKeyId"].startswith("ASIA")


def test_an_access_key_tells_its_account(sts: Any, client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    iam, user = client("iam"), unique("user")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == "123456789012"
    assert refusal(sts.get_access_key_info, AccessKeyId="not-a-key-at-all-1")[0] == "ValidationError"
