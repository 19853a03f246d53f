"""Pipes over the real wire with boto3: every operation, the shapes of answers and of AWS's refusals."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
Unique = Callable[[str], str]


def error_of(operation: Callable[..., Any], **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        operation(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


@pytest.fixture
def request_of(client: Client, unique: Unique) -> dict[str, Any]:
    """Parameters for CreatePipe, and everything that they name."""
    name = unique("orders")
    table = client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    client("kinesis").create_stream(StreamName=name, ShardCount=1)
    stream = client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    may = {"Effect": "Allow", "Action": ["dynamodb:*", "kinesis:PutRecords"], "Resource": "*"}
    iam = client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    return {
        "Name": name,
        "Source": table["LatestStreamArn"],
        "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": 10}},
        "Target": stream,
        "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.dynamodb.Keys.id.S"}},
        "RoleArn": role,
    }


def test_a_pipe_over_the_wire(client: Client, request_of: dict[str, Any]) -> None:
    pipes, name = client("pipes"), request_of["Name"]
    created = pipes.create_pipe(**request_of, Description="d", Tags={"a": "1"})
    assert (created["CurrentState"], created["DesiredState"]) == ("CREATING", "RUNNING")
    assert created["Arn"] == f"arn:aws:pipes:us-east-1:123456789012:pipe/{name}"
    client("dynamodb").put_item(TableName=name, Item={"id": {"S": "a"}, "n": {"N": "1"}})
    kinesis = client("kinesis")
    place = {"StreamName": name, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**place)["ShardIterator"]
    records: list[dict[str, Any]] = []
    for _ in range(500):
        answer = kinesis.get_records(ShardIterator=iterator)
        records += answer["Records"]
        iterator = answer["NextShardIterator"]
        if records:
            break
    (record,) = records
    assert record["PartitionKey"] == "a"
    assert json.loads(record["Data"])["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "n": {"N": "1"}}
    told = pipes.describe_pipe(Name=name)
    assert told["CurrentState"] == "RUNNING"
    assert told["TargetParameters"] == request_of["TargetParameters"]
    assert told["CreationTime"] <= told["LastModifiedTime"]
    assert name in [pipe["Name"] for pipe in pipes.list_pipes(NamePrefix=name)["Pipes"]]
    assert pipes.update_pipe(Name=name, RoleArn=request_of["RoleArn"], Description="e")["CurrentState"] == "UPDATING"
    assert pipes.describe_pipe(Name=name)["Description"] == "e"
    assert pipes.stop_pipe(Name=name)["CurrentState"] == "STOPPING"
    assert pipes.start_pipe(Name=name)["CurrentState"] == "STARTING"
    pipes.tag_resource(resourceArn=created["Arn"], tags={"b": "2"})
    pipes.untag_resource(resourceArn=created["Arn"], tagKeys=["a"])
    assert pipes.list_tags_for_resource(resourceArn=created["Arn"])["tags"] == {"b": "2"}
    assert pipes.delete_pipe(Name=name)["CurrentState"] == "DELETING"
    assert error_of(pipes.describe_pipe, Name=name)[:2] == ("NotFoundException", 404)


def test_refusals_over_the_wire(client: Client, request_of: dict[str, Any]) -> None:
    pipes, name = client("pipes"), request_of["Name"]
    code, status, text = error_of(pipes.create_pipe, **{**request_of, "SourceParameters": {}})
    assert (code, status) == ("ValidationException", 400)
    assert text == (
        '{"ValidationErrorFields":[{"Name":"SourceParameters.DynamoDBStreamParameters",'
        '"Message":"Missing required parameter."}]}'
    )
    pipes.create_pipe(**request_of)
    assert error_of(pipes.create_pipe, **request_of)[:2] == ("ConflictException", 409)
    assert error_of(pipes.start_pipe, Name=name)[:2] == ("ConflictException", 409)
    assert error_of(pipes.stop_pipe, Name="no-such-pipe")[:2] == ("NotFoundException", 404)
    assert error_of(pipes.delete_pipe, Name="no-such-pipe")[:2] == ("NotFoundException", 404)
    role = request_of["RoleArn"]
    assert error_of(pipes.update_pipe, Name="no-such-pipe", RoleArn=role)[:2] == ("NotFoundException", 404)
    arn = "arn:aws:pipes:us-east-1:123456789012:pipe/no-such-pipe"
    assert error_of(pipes.list_tags_for_resource, resourceArn=arn)[:2] == ("NotFoundException", 404)
    assert error_of(pipes.tag_resource, resourceArn=arn, tags={"a": "1"})[:2] == ("NotFoundException", 404)
    assert error_of(pipes.untag_resource, resourceArn=arn, tagKeys=["a"])[:2] == ("NotFoundException", 404)
    assert error_of(pipes.list_pipes, NextToken="*")[:2] == ("ValidationException", 400)
