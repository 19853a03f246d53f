"""Updates: in place, by replacement, back again when they fail; and what is left over afterwards."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import CAPABILITIES, Stacks
from .test_stacks import queue, refused


def exists(client: Callable[..., Any], url: str) -> bool:
    try:
        client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    except ClientError:
        return False
    return True


def test_an_update_in_place_keeps_the_resource(stacks: Stacks, client: Callable[..., Any]) -> None:
    stack = stacks.create({"Queue": queue(DelaySeconds=5, VisibilityTimeout=60), "Other": queue()})
    url = stacks.physical(stack, "Queue")
    updated = stacks.update(stack, {"Queue": queue(DelaySeconds=7), "Other": queue()})
    assert updated["StackStatus"] == "UPDATE_COMPLETE" and "LastUpdatedTime" in updated
    assert stacks.physical(stack, "Queue") == url
    names = ["DelaySeconds", "VisibilityTimeout"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert attributes == {"DelaySeconds": "7", "VisibilityTimeout": "30"}
    assert stacks.history(stack, "Queue")[3:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert stacks.history(stack, "Other")[3:] == []
    assert stacks.history(stack, stack["StackName"])[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]


def table(key: str, **properties: Any) -> dict[str, Any]:
    """A table, which another key makes another table."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            **properties,
        },
    }


def tables(client: Callable[..., Any]) -> set[str]:
    return {name for page in client("dynamodb").get_paginator("list_tables").paginate() for name in page["TableNames"]}


def test_a_replacement_is_made_before_the_old_one_goes(stacks: Stacks, client: Callable[..., Any]) -> None:
    template = {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}}}}
    stack = stacks.create({"Table": table("a")}, template=template)
    old = stacks.physical(stack, "Table")
    updated = stacks.update(stack, {"Table": table("b")}, template=template)
    new = stacks.physical(stack, "Table")
    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    assert new != old and updated["Outputs"][0]["OutputValue"].endswith(f"/{new}")
    assert {old, new} & tables(client) == {new}
    events = [
        (event["ResourceStatus"], event.get("ResourceStatusReason"), event["PhysicalResourceId"])
        for event in stacks.events(stack)
        if event["LogicalResourceId"] == "Table"
    ]
    assert events[3:] == [
        (
            "UPDATE_IN_PROGRESS",
            "Requested update requires the creation of a new physical resource; hence creating one.",
            old,
        ),
        ("UPDATE_IN_PROGRESS", "Resource creation Initiated", new),
        ("UPDATE_COMPLETE", None, new),
        ("DELETE_IN_PROGRESS", None, old),
        ("DELETE_COMPLETE", None, old),
    ]


def test_a_replacement_leaves_what_is_to_be_retained(stacks: Stacks, client: Callable[..., Any]) -> None:
    stack = stacks.create({"Table": {**table("a"), "UpdateReplacePolicy": "Retain"}})
    old = stacks.physical(stack, "Table")
    stacks.update(stack, {"Table": {**table("b"), "UpdateReplacePolicy": "Retain"}})
    assert {old, stacks.physical(stack, "Table")} <= tables(client)
    assert stacks.history(stack, "Table")[-1] == "DELETE_SKIPPED"
    client("dynamodb").delete_table(TableName=old)


def test_what_depends_on_a_replacement_is_told_of_the_new_one(stacks: Stacks, client: Callable[..., Any]) -> None:
    def resources(**properties: Any) -> dict[str, Any]:
        policy = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}
        return {"Dead": queue(**properties), "Queue": queue(RedrivePolicy=policy)}

    stack = stacks.create(resources(QueueName=f"{stacks.name()}-a"))
    stacks.update(stack, resources(QueueName=f"{stacks.name()}-b"))
    url, dead = stacks.physical(stack, "Queue"), stacks.physical(stack, "Dead")
    redrive = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert json.loads(redrive["RedrivePolicy"])["deadLetterTargetArn"].endswith(dead.rpartition("/")[2])


def test_resources_come_and_go(stacks: Stacks, client: Callable[..., Any]) -> None:
    stack = stacks.create({"A": queue(), "B": queue(), "Kept": {**queue(), "DeletionPolicy": "Retain"}})
    gone, kept = stacks.physical(stack, "B"), stacks.physical(stack, "Kept")
    stacks.update(stack, {"A": queue(), "C": queue()})
    assert (exists(client, gone), exists(client, kept)) == (False, True)
    assert stacks.history(stack, "Kept")[-1] == "DELETE_SKIPPED"
    summaries = stacks.formation.list_stack_resources(StackName=stack["StackName"])["StackResourceSummaries"]
    assert {each["LogicalResourceId"] for each in summaries} == {"A", "C"}
    client("sqs").delete_queue(QueueUrl=kept)


def test_nothing_to_update_is_an_error(stacks: Stacks) -> None:
    resources = {"Queue": queue(DelaySeconds={"Ref": "Delay"})}
    template = {"Parameters": {"Delay": {"Type": "Number", "Default": 5}}}
    stack = stacks.create(resources, template=template)
    body = json.dumps({"Resources": resources, **template})
    name, update = stack["StackName"], stacks.formation.update_stack
    assert refused(update, StackName=name, TemplateBody=body)[1] == "No updates are to be performed."
    assert refused(update, StackName=name, UsePreviousTemplate=True)[1] == "No updates are to be performed."
    given = [{"ParameterKey": "Delay", "ParameterValue": "6"}]
    update(StackName=name, UsePreviousTemplate=True, Parameters=given)
    assert stacks.at_rest(name)["StackStatus"] == "UPDATE_COMPLETE"
    kept = [{"ParameterKey": "Delay", "UsePreviousValue": True}]
    same = refused(update, StackName=name, UsePreviousTemplate=True, Parameters=kept)
    assert same[1] == "No updates are to be performed."


def test_outputs_and_tags_alone_make_an_update(stacks: Stacks, client: Callable[..., Any]) -> None:
    stack = stacks.create({"Queue": queue()})
    updated = stacks.update(stack, {"Queue": queue()}, template={"Outputs": {"O": {"Value": "x"}}})
    assert updated["Outputs"] == [{"OutputKey": "O", "OutputValue": "x"}]
    assert stacks.history(stack, "Queue")[3:] == []
    tagged = stacks.update(
        stack,
        {"Queue": queue()},
        template={"Outputs": {"O": {"Value": "x"}}},
        Tags=[{"Key": "t", "Value": "1"}],
    )
    url = stacks.physical(stack, "Queue")
    assert tagged["Tags"] == [{"Key": "t", "Value": "1"}]
    assert client("sqs").list_queue_tags(QueueUrl=url)["Tags"]["t"] == "1"


def test_a_custom_name_can_not_be_given_twice(stacks: Stacks, client: Callable[..., Any]) -> None:
    name = stacks.name()
    stack = stacks.create({"Table": table("a", TableName=name)})
    failed = stacks.update(stack, {"Table": table("b", TableName=name)})
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failure(stack, "Table") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        f"Rename {name} and update the stack again."
    )
    assert stacks.physical(stack, "Table") == name and name in tables(client)


def test_a_failed_update_goes_all_the_way_back(stacks: Stacks, client: Callable[..., Any]) -> None:
    before = {
        "Changed": queue(DelaySeconds=1),
        "Replaced": table("a"),
        "Removed": queue(),
    }
    stack = stacks.create(before, template={"Outputs": {"O": {"Value": "before"}}})
    ids = {name: stacks.physical(stack, name) for name in before}
    after = {
        "Changed": queue(DelaySeconds=2),
        "Replaced": table("b"),
        "Added": queue(),
        "Bad": {**queue(DelaySeconds=99_999), "DependsOn": ["Changed", "Replaced", "Added"]},
    }
    failed = stacks.update(stack, after, template={"Outputs": {"O": {"Value": "after"}}})
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert failed["Outputs"] == [{"OutputKey": "O", "OutputValue": "before"}]
    added = next(
        e["PhysicalResourceId"]
        for e in stacks.events(stack)
        if e["LogicalResourceId"] == "Added" and e["ResourceStatus"] == "CREATE_COMPLETE"
    )
    assert {name: stacks.physical(stack, name) for name in before} == ids
    sqs = client("sqs")
    assert sqs.get_queue_attributes(QueueUrl=ids["Changed"], AttributeNames=["DelaySeconds"])["Attributes"] == {
        "DelaySeconds": "1"
    }
    assert [exists(client, url) for url in (ids["Changed"], ids["Removed"], added)] == [True, True, False]
    assert {name for name in tables(client) if name.startswith(stack["StackName"])} == {ids["Replaced"]}
    summaries = stacks.formation.list_stack_resources(StackName=stack["StackName"])["StackResourceSummaries"]
    assert {each["LogicalResourceId"] for each in summaries} == set(before)
    assert stacks.history(stack, stack["StackName"])[2:] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    again = stacks.update(stack, {**before, "Changed": queue(DelaySeconds=3)})
    assert again["StackStatus"] == "UPDATE_COMPLETE"


def test_a_resource_keeps_its_type(stacks: Stacks) -> None:
    stack = stacks.create({"A": queue()})
    body = json.dumps({"Resources": {"A": {"Type": "AWS::Kinesis::Stream"}}})
    assert refused(stacks.formation.update_stack, StackName=stack["StackName"], TemplateBody=body)[1] == (
        "Update of resource type is not permitted. The new template modifies resource type of the following "
        "resources: [A]"
    )


def test_a_failed_creation_is_rolled_back(stacks: Stacks, client: Callable[..., Any]) -> None:
    stack = stacks.create({"Good": queue(), "Bad": {**queue(DelaySeconds=99_999), "DependsOn": "Good"}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.failure(stack, "Bad")
    assert reason.startswith('Resource handler returned message: "') and "(Service: SQS, Status Code: 400, " in reason
    assert "HandlerErrorCode: InvalidRequest)" in reason
    events = [event for event in stacks.events(stack) if event["ResourceType"] == "AWS::CloudFormation::Stack"]
    assert events[1]["ResourceStatusReason"] == (
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    )
    good = next(
        e["PhysicalResourceId"]
        for e in stacks.events(stack)
        if e["LogicalResourceId"] == "Good" and e["ResourceStatus"] == "CREATE_COMPLETE"
    )
    assert not exists(client, good)
    body = json.dumps({"Resources": {"Good": queue()}})
    message = refused(stacks.formation.update_stack, StackName=stack["StackName"], TemplateBody=body)[1]
    assert message == f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated."


BAD = {"Good": queue(), "Bad": {**queue(DelaySeconds=99_999), "DependsOn": "Good"}}


def test_a_failed_creation_can_be_left_as_it_is_and_mended(stacks: Stacks) -> None:
    stack = stacks.create(BAD, DisableRollback=True)
    assert (stack["StackStatus"], stack["DisableRollback"]) == ("CREATE_FAILED", True)
    assert stacks.update(stack, {"Good": queue(), "Bad": queue(DelaySeconds=1)})["StackStatus"] == "UPDATE_COMPLETE"


def test_a_failed_creation_can_be_deleted_at_once(stacks: Stacks) -> None:
    name = stacks.name()
    answer = stacks.formation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": BAD}), OnFailure="DELETE"
    )
    assert stacks.at_rest(answer["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_failed_update_can_be_left_and_rolled_back_later(stacks: Stacks) -> None:
    stack = stacks.create({"Good": queue(DelaySeconds=1)})
    failed = stacks.update(stack, {**BAD, "Good": queue(DelaySeconds=2)}, DisableRollback=True)
    assert failed["StackStatus"] == "UPDATE_FAILED"
    stacks.formation.rollback_stack(StackName=stack["StackName"])
    assert stacks.at_rest(stack["StackName"])["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_someone_elses_resource_is_neither_taken_nor_deleted(stacks: Stacks, client: Callable[..., Any]) -> None:
    kinesis, name = client("kinesis"), stacks.name()
    kinesis.create_stream(StreamName=name, ShardCount=1)
    stack = stacks.create({"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": name}}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.failure(stack, "Stream").startswith(
        "Resource handler returned message: \"Resource of type 'AWS::Kinesis::Stream' with identifier "
        f"'{name}' already exists.\" (RequestToken: "
    )
    assert stacks.failure(stack, "Stream").endswith("HandlerErrorCode: AlreadyExists)")
    assert kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    kinesis.delete_stream(StreamName=name)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (queue(Nope=1), "#: extraneous key [Nope] is not permitted"),
        ({"Type": "AWS::IAM::Role", "Properties": {}}, "#: required key [AssumeRolePolicyDocument] not found"),
        (
            {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": "x"}},
            "#/ShardCount: expected type: Integer, found: String",
        ),
    ],
)
def test_properties_that_do_not_fit_fail_the_resource(stacks: Stacks, resource: dict[str, Any], reason: str) -> None:
    stack = stacks.create({"A": resource})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.failure(stack, "A") == f"Properties validation failed for resource A with message:\n{reason}"


def test_a_pipe_that_may_not_do_its_work_says_why(stacks: Stacks) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    streaming = table("a", StreamSpecification={"StreamViewType": "NEW_IMAGE"})
    stack = stacks.create(
        {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Table": streaming,
            "Stream": {"Type": "AWS::Kinesis::Stream"},
            "Pipe": {
                "Type": "AWS::Pipes::Pipe",
                "Properties": {
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Source": {"Fn::GetAtt": ["Table", "StreamArn"]},
                    "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}},
                    "Target": {"Fn::GetAtt": ["Stream", "Arn"]},
                    "TargetParameters": {"KinesisStreamParameters": {"PartitionKey": "$.eventID"}},
                },
            },
        }
    )
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.failure(stack, "Pipe")
    assert "Resource of type 'AWS::Pipes::Pipe' with identifier '" in reason
    assert "did not stabilize. Status Reason is Input parameter is invalid from the request due to : " in reason
    assert reason.endswith("HandlerErrorCode: NotStabilized)")


def test_a_bucket_that_holds_objects_keeps_its_stack_from_being_deleted(
    stacks: Stacks, client: Callable[..., Any]
) -> None:
    stack = stacks.create({"Bucket": {"Type": "AWS::S3::Bucket"}, "Queue": queue()})
    s3, bucket = client("s3"), stacks.physical(stack, "Bucket")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    failed = stacks.delete(stack)
    assert failed["StackStatus"] == "DELETE_FAILED"
    assert failed["StackStatusReason"] == "The following resource(s) failed to delete: [Bucket]."
    assert "The bucket you tried to delete is not empty" in stacks.failure(stack, "Bucket")
    assert stacks.history(stack, "Queue")[-1] == "DELETE_COMPLETE"
    retained = stacks.delete(stack, RetainResources=["Bucket"])
    assert retained["StackStatus"] == "DELETE_COMPLETE"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def test_what_is_gone_already_is_no_obstacle(stacks: Stacks, client: Callable[..., Any]) -> None:
    stack = stacks.create({"Queue": queue(), "Stream": {"Type": "AWS::Kinesis::Stream"}})
    client("sqs").delete_queue(QueueUrl=stacks.physical(stack, "Queue"))
    client("kinesis").delete_stream(StreamName=stacks.physical(stack, "Stream"))
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def test_a_resource_with_a_condition_is_there_only_while_it_holds(stacks: Stacks) -> None:
    template = {
        "Parameters": {"On": {"Type": "String", "Default": "no"}},
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        "Outputs": {"O": {"Value": {"Ref": "Maybe"}, "Condition": "On"}},
    }
    resources = {"Always": queue(), "Maybe": {**queue(), "Condition": "On"}}
    stack = stacks.create(resources, template=template)
    assert "Outputs" not in stack and stacks.history(stack, "Maybe") == []
    on = [{"ParameterKey": "On", "ParameterValue": "yes"}]
    stacks.formation.update_stack(
        StackName=stack["StackName"], UsePreviousTemplate=True, Parameters=on, Capabilities=CAPABILITIES
    )
    updated = stacks.at_rest(stack["StackName"])
    assert updated["Outputs"][0]["OutputValue"] == stacks.physical(stack, "Maybe")
