"""A Tailrace that asks for signatures: the root's key, users, their policies, temporary credentials."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::open", "arn:aws:s3:::open/${aws:username}/*"]},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
        {"Effect": "Allow", "Action": ["kinesis:List*", "sts:AssumeRole"], "Resource": "*"},
    ],
}

Clients = Callable[..., Any]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """Make clients by key: ``clients("s3", key)``; without a key the root's."""
    data_dir: Path = tmp_path_factory.mktemp("signed") / "data"
    options = ["--port", "0", "--durability", "memory", "--auth", "iam", "--data-dir", str(data_dir)]
    command = [sys.executable, "-m", "tailrace", "up", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "ready" in line)
        endpoint = next(word for word in line.split() if word.startswith("http"))
        root = json.loads((data_dir / "root-key.json").read_bytes())
        try:
            yield lambda service, key=root: boto3.client(
                service,
                region_name="us-east-1",
                endpoint_url=endpoint,
                aws_access_key_id=key["AccessKeyId"],
                aws_secret_access_key=key["SecretAccessKey"],
                aws_session_token=key.get("SessionToken"),
            )
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def anna(clients: Clients) -> dict[str, str]:
    """A user's key."""
    iam = clients("iam")
    iam.create_user(UserName="anna")
    iam.put_user_policy(UserName="anna", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    clients("s3").create_bucket(Bucket="open")
    key: dict[str, str] = iam.create_access_key(UserName="anna")["AccessKey"]
    return key


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_who_calls(clients: Clients, anna: dict[str, str]) -> None:
    assert clients("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
    found = clients("sts", anna).get_caller_identity()
    assert found["Arn"] == "arn:aws:iam::123456789012:user/anna"
    assert found["UserId"].startswith("AIDA")


def test_policies_decide(clients: Clients, anna: dict[str, str]) -> None:
    s3 = clients("s3", anna)
    s3.put_object(Bucket="open", Key="anna/a", Body=b"x")
    assert s3.get_object(Bucket="open", Key="anna/a")["Body"].read() == b"x"
    who = "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: "
    found = refusal(s3.put_object, Bucket="open", Key="bert/a", Body=b"x")
    text = f'{who}s3:PutObject on resource: "arn:aws:s3:::open/bert/a" because no identity-based policy allows the '
    assert found == ("AccessDenied", text + "s3:PutObject action", 403)
    found = refusal(s3.delete_object, Bucket="open", Key="anna/a")
    text = f'{who}s3:DeleteObject on resource: "arn:aws:s3:::open/anna/a" with an explicit deny in an '
    assert found == ("AccessDenied", text + "identity-based policy", 403)
    kinesis = clients("kinesis", anna)
    assert kinesis.list_streams()["StreamNames"] == []
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
    found = refusal(kinesis.create_stream, StreamName="orders", ShardCount=1)
    text = f"{who}kinesis:CreateStream on resource: {arn} because no identity-based policy allows the "
    assert found == ("AccessDeniedException", text + "kinesis:CreateStream action", 400)


def test_keys_that_do_not_fit(clients: Clients, anna: dict[str, str]) -> None:
    wrong = {**anna, "SecretAccessKey": "x" * 40}
    assert refusal(clients("sts", wrong).get_caller_identity)[0] == "SignatureDoesNotMatch"
    assert refusal(clients("kinesis", wrong).list_streams)[0] == "InvalidSignatureException"
    unknown = {**anna, "AccessKeyId": "AKIAQQQQQQQQQQQQQQQQ"}
    assert refusal(clients("sts", unknown).get_caller_identity)[0] == "InvalidClientTokenId"
    assert refusal(clients("kinesis", unknown).list_streams)[0] == "UnrecognizedClientException"


def test_a_key_switched_off(clients: Clients) -> None:
    iam = clients("iam")
    iam.create_user(UserName="bert")
    key = iam.create_access_key(UserName="bert")["AccessKey"]
    clients("sts", key).get_caller_identity()
    iam.update_access_key(UserName="bert", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refusal(clients("sts", key).get_caller_identity)[0] == "InvalidClientTokenId"


def test_temporary_credentials(clients: Clients, anna: dict[str, str]) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}],
    }
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}]}
    iam = clients("iam")
    role = iam.create_role(RoleName="streams", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="streams", PolicyName="p", PolicyDocument=json.dumps(allow))
    key = clients("sts", anna).assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
    assert clients("sts", key).get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/streams/work"
    clients("kinesis", key).create_stream(StreamName="made", ShardCount=1)
    assert refusal(clients("s3", key).list_objects_v2, Bucket="open")[0] == "AccessDenied"
    forged = {**key, "SessionToken": "forged"}
    assert refusal(clients("sts", forged).get_caller_identity)[0] == "InvalidClientTokenId"
    own = clients("sts", anna).get_session_token()["Credentials"]
    assert clients("sts", own).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/anna"


def test_roles_are_passed_by_those_who_may(clients: Clients, anna: dict[str, str]) -> None:
    given = {
        "Name": "crawler",
        "Role": "arn:aws:iam::123456789012:role/none",
        "DatabaseName": "shop",
        "Targets": {"S3Targets": [{"Path": "s3://open/"}]},
    }
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "glue:*", "Resource": "*"}]}
    clients("iam").put_user_policy(UserName="anna", PolicyName="glue", PolicyDocument=json.dumps(allow))
    code, message, status = refusal(clients("glue", anna).create_crawler, **given)
    assert (code, status) == ("AccessDeniedException", 400)
    assert "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/none" in message
