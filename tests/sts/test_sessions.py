"""Temporary credentials that Tailrace issued act as their role, also where nobody is asked to prove who he is."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_a_session_of_a_role_may_do_what_the_role_may(client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    iam, name = client("iam"), unique("reader")
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"}}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}}
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    issued = client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    session = {
        "aws_access_key_id": issued["AccessKeyId"],
        "aws_secret_access_key": issued["SecretAccessKey"],
        "aws_session_token": issued["SessionToken"],
    }
    assert client("sts", **session).get_caller_identity()["Arn"].endswith(f":assumed-role/{name}/session")
    sqs = client("sqs", **session)
    sqs.list_queues()
    with pytest.raises(ClientError) as denied:
        sqs.create_queue(QueueName=unique("queue"))
    assert denied.value.response["Error"]["Code"].startswith("AccessDenied")
