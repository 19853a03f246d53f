"""A function's policy and tags over the wire."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


def test_a_policy(functions: Any, make: Callable[..., str]) -> None:
    name = make()
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    with pytest.raises(ClientError) as caught:
        functions.get_policy(FunctionName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    answer = functions.add_permission(
        FunctionName=name,
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::bucket",
        SourceAccount=ACCOUNT,
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
        },
    }
    assert json.loads(answer["Statement"]) == statement
    functions.add_permission(FunctionName=name, StatementId="a", Action="lambda:*", Principal="210987654321")
    policy = functions.get_policy(FunctionName=name)
    document = json.loads(policy["Policy"])
    assert (document["Version"], document["Id"], document["Statement"][0]) == ("2012-10-17", "default", statement)
    assert document["Statement"][1]["Principal"] == {"AWS": "arn:aws:iam::210987654321:root"}
    with pytest.raises(ClientError) as caught:
        functions.add_permission(FunctionName=name, StatementId="a", Action="lambda:*", Principal="*")
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
    with pytest.raises(ClientError) as caught:
        functions.remove_permission(FunctionName=name, StatementId="a", RevisionId="other")
    assert caught.value.response["Error"]["Code"] == "PreconditionFailedException"
    functions.remove_permission(FunctionName=name, StatementId="a", RevisionId=policy["RevisionId"])
    functions.remove_permission(FunctionName=name, StatementId="s3")
    with pytest.raises(ClientError) as caught:
        functions.remove_permission(FunctionName=name, StatementId="s3")
    assert caught.value.response["Error"]["Message"] == "Statement s3 is not found in resource policy."


def test_tags(functions: Any, make: Callable[..., str]) -> None:
    name = make(Tags={"a": "1"})
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    functions.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    functions.untag_resource(Resource=arn, TagKeys=["b", "no"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"a": "3"}
    assert functions.get_function(FunctionName=name)["Tags"] == {"a": "3"}
    with pytest.raises(ClientError) as caught:
        functions.tag_resource(Resource=arn, Tags={str(number): "" for number in range(51)})
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    with pytest.raises(ClientError) as caught:
        functions.list_tags(Resource=f"{arn}:1")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
