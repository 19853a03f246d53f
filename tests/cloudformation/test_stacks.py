"""Stacks over the wire: created, described, updated, deleted, with boto3 as it comes."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Stacks

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    """Answer the code, text and status with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    error, status = response["Error"], response["ResponseMetadata"]["HTTPStatusCode"]
    return error["Code"], error["Message"], status


def test_a_stack_is_created_described_and_deleted(stacks: Stacks, client: Callable[..., Any]) -> None:
    template = {
        "Description": "a queue",
        "Parameters": {
            "Delay": {"Type": "Number", "Default": 5},
            "Secret": {"Type": "String", "NoEcho": True, "Default": "hidden"},
        },
        "Outputs": {
            "Url": {"Value": {"Ref": "Queue"}, "Description": "where"},
            "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
        },
    }
    resources = {"Queue": queue(DelaySeconds={"Ref": "Delay"}, Tags=[{"Key": "mine", "Value": "yes"}])}
    stack = stacks.create(
        resources, template=template, Tags=[{"Key": "team", "Value": "data"}], ClientRequestToken="tok"
    )
    name = stack["StackName"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert re.fullmatch(
        rf"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/[0-9a-f-]{{36}}", stack["StackId"]
    )
    url = stacks.physical(stack, "Queue")
    assert {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]} == {
        "Url": url,
        "Arn": f"arn:aws:sqs:us-east-1:123456789012:{url.rpartition('/')[2]}",
    }
    assert re.fullmatch(rf"{name}-Queue-[A-Z0-9]{{12}}", url.rpartition("/")[2])
    assert stack["Parameters"] == [
        {"ParameterKey": "Delay", "ParameterValue": "5"},
        {"ParameterKey": "Secret", "ParameterValue": "****"},
    ]
    assert stack["Tags"] == [{"Key": "team", "Value": "data"}]
    assert (stack["Description"], stack["DisableRollback"], stack["NotificationARNs"]) == ("a queue", False, [])
    assert (stack["RollbackConfiguration"], stack["EnableTerminationProtection"]) == ({}, False)
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    sqs = client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert attributes == {"DelaySeconds": "5"}
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {
        "aws:cloudformation:stack-name": name,
        "aws:cloudformation:stack-id": stack["StackId"],
        "aws:cloudformation:logical-id": "Queue",
        "team": "data",
        "mine": "yes",
    }
    deleted = stacks.delete(stack)
    assert deleted["StackStatus"] == "DELETE_COMPLETE" and "DeletionTime" in deleted
    assert refused(stacks.formation.describe_stacks, StackName=name) == (
        "ValidationError",
        f"Stack with id {name} does not exist",
        400,
    )
    assert refused(sqs.get_queue_url, QueueName=url.rpartition("/")[2])[2] == 400


def test_events_tell_what_happened_and_each_has_an_id_of_its_own(stacks: Stacks) -> None:
    stack = stacks.create({"B": queue(), "A": {**queue(), "DependsOn": "B"}}, ClientRequestToken="my-token")
    events = stacks.events(stack)
    assert [
        (each["LogicalResourceId"], each["ResourceStatus"], each.get("ResourceStatusReason")) for each in events
    ] == [
        (stack["StackName"], "CREATE_IN_PROGRESS", "User Initiated"),
        ("B", "CREATE_IN_PROGRESS", None),
        ("B", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("B", "CREATE_COMPLETE", None),
        ("A", "CREATE_IN_PROGRESS", None),
        ("A", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("A", "CREATE_COMPLETE", None),
        (stack["StackName"], "CREATE_COMPLETE", None),
    ]
    assert len({each["EventId"] for each in events}) == len(events)
    assert [each["Timestamp"] for each in events] == sorted(each["Timestamp"] for each in events)
    assert {each["ClientRequestToken"] for each in events} == {"my-token"}
    assert events[0]["ResourceType"] == events[-1]["ResourceType"] == "AWS::CloudFormation::Stack"
    assert events[0]["PhysicalResourceId"] == stack["StackId"]
    assert re.fullmatch(r"B-CREATE_COMPLETE-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", events[3]["EventId"])


def test_events_come_in_pages_the_newest_first(stacks: Stacks) -> None:
    stack = stacks.create({f"Q{number}": queue() for number in range(40)})
    first = stacks.formation.describe_stack_events(StackName=stack["StackName"])
    assert len(first["StackEvents"]) == 100 and first["StackEvents"][0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert len(stacks.events(stack)) == 40 * 3 + 2
    listed = [
        each
        for page in stacks.formation.get_paginator("list_stack_resources").paginate(StackName=stack["StackName"])
        for each in page["StackResourceSummaries"]
    ]
    assert len(listed) == 40


def test_resources_are_told_each_by_three_operations(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": {**queue(), "Metadata": {"note": {"Ref": "AWS::Region"}}}})
    name, url = stack["StackName"], stacks.physical(stack, "Queue")
    detail = stacks.formation.describe_stack_resource(StackName=name, LogicalResourceId="Queue")["StackResourceDetail"]
    assert json.loads(detail["Metadata"]) == {"note": "us-east-1"}
    expected = {"LogicalResourceId": "Queue", "PhysicalResourceId": url, "ResourceType": "AWS::SQS::Queue"}
    (described,) = stacks.formation.describe_stack_resources(StackName=name)["StackResources"]
    (found,) = stacks.formation.describe_stack_resources(PhysicalResourceId=url)["StackResources"]
    (listed,) = stacks.formation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    for each in (detail, described, found, listed):
        assert expected.items() <= each.items() and each["ResourceStatus"] == "CREATE_COMPLETE"
    assert described["StackId"] == found["StackId"] == stack["StackId"]


MISSING = ("ValidationError", "Stack with id no-such-stack does not exist", 400)
UNKNOWN = ("ValidationError", "Stack [no-such-stack] does not exist", 400)


@pytest.mark.parametrize(
    ("operation", "more", "answer"),
    [
        ("describe_stacks", {}, MISSING),
        ("get_template", {}, MISSING),
        ("list_stack_resources", {}, MISSING),
        ("update_stack", {"TemplateBody": "{}"}, MISSING),
        ("get_template_summary", {}, MISSING),
        ("describe_stack_events", {}, UNKNOWN),
        ("describe_stack_resources", {}, UNKNOWN),
        ("describe_stack_resource", {"LogicalResourceId": "A"}, UNKNOWN),
        ("list_change_sets", {}, UNKNOWN),
        ("delete_change_set", {"ChangeSetName": "c"}, UNKNOWN),
        ("describe_change_set", {"ChangeSetName": "c"}, UNKNOWN),
        ("execute_change_set", {"ChangeSetName": "c"}, UNKNOWN),
        ("create_change_set", {"ChangeSetName": "c", "TemplateBody": "{}"}, UNKNOWN),
        ("update_termination_protection", {"EnableTerminationProtection": True}, UNKNOWN),
    ],
)
def test_a_stack_that_is_not_there(
    formation: Any, operation: str, more: dict[str, Any], answer: tuple[str, ...]
) -> None:
    assert refused(getattr(formation, operation), StackName="no-such-stack", **more) == answer


def test_deleting_a_stack_that_is_not_there_is_no_error(formation: Any) -> None:
    formation.delete_stack(StackName="no-such-stack")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "Either Template URL or Template Body must be specified."),
        ({"TemplateBody": "a: ["}, "Template format error: YAML not well-formed. (line 2, column 1)"),
        ({"TemplateBody": "{}"}, "Template format error: At least one Resources member must be defined."),
        (
            {"TemplateBody": '{"Resources": {"A": {"Type": "AWS::EC2::Instance"}}}'},
            "Template format error: Unrecognized resource types: [AWS::EC2::Instance]",
        ),
        ({"TemplateURL": "https://example.com/t"}, "TemplateURL must be a supported URL."),
    ],
)
def test_what_is_no_template_makes_no_stack(formation: Any, parameters: dict[str, str], message: str) -> None:
    assert refused(formation.create_stack, StackName="never", **parameters)[1] == message
    assert refused(formation.describe_stacks, StackName="never")[2] == 400


def test_a_template_in_the_request_has_a_limit(formation: Any) -> None:
    body = json.dumps({"Resources": {"A": queue()}, "Description": "x" * 51_200})
    code, text, _ = refused(formation.create_stack, StackName="never", TemplateBody=body)
    assert code == "ValidationError"
    assert text.endswith(
        "at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200"
    )


def test_a_template_can_lie_in_the_bucket_of_this_very_endpoint(
    stacks: Stacks, client: Callable[..., Any], unique: Callable[[str], str], endpoint: str
) -> None:
    s3, bucket = client("s3"), unique("templates")
    s3.create_bucket(Bucket=bucket)
    big = json.dumps({"Description": "x" * 100, "Metadata": {"m": "y" * 60_000}, "Resources": {"Queue": queue()}})
    s3.put_object(Bucket=bucket, Key="some dir/t.json", Body=big.encode())
    for url in (
        f"{endpoint}/{bucket}/some%20dir/t.json",
        f"https://{bucket}.s3.us-east-1.amazonaws.com/some%20dir/t.json",
    ):
        name = stacks.name()
        stacks.formation.create_stack(StackName=name, TemplateURL=url)
        assert stacks.at_rest(name)["StackStatus"] == "CREATE_COMPLETE"
    code, text, _ = refused(stacks.formation.create_stack, StackName="never", TemplateURL=f"{endpoint}/{bucket}/none")
    assert code == "ValidationError" and text.startswith("S3 error: The specified key does not exist.")
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    code, text, _ = refused(stacks.formation.create_stack, StackName="never", TemplateURL=f"{endpoint}/{bucket}/empty")
    assert (code, text) == refused(stacks.formation.create_stack, StackName="never", TemplateBody=" ")[:2]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("1bad", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"),
        ("a/b", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"),
        ("x" * 129, "Member must have length less than or equal to 128"),
    ],
)
def test_not_everything_is_a_name(formation: Any, name: str, rule: str) -> None:
    body = json.dumps({"Resources": {"A": queue()}})
    code, text, _ = refused(formation.create_stack, StackName=name, TemplateBody=body)
    assert (code, text) == (
        "ValidationError",
        f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: {rule}",
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"NotificationARNs": ["arn:aws:sns:us-east-1:123456789012:t"]},
        {"StackPolicyBody": "{}"},
        {"ResourceTypes": ["AWS::SQS::*"]},
        {"RollbackConfiguration": {"RollbackTriggers": [{"Arn": "arn:a", "Type": "AWS::CloudWatch::Alarm"}]}},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_what_is_not_carried_out_is_refused(formation: Any, asked: dict[str, Any]) -> None:
    body = json.dumps({"Resources": {"A": queue()}})
    code, text, _ = refused(formation.create_stack, StackName="never", TemplateBody=body, **asked)
    assert (code, text.startswith("Tailrace does not carry out ")) == ("ValidationError", True)


def test_names_are_taken_once(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": queue()})
    body = json.dumps({"Resources": {"Queue": queue()}})
    answer = refused(stacks.formation.create_stack, StackName=stack["StackName"], TemplateBody=body)
    assert answer == ("AlreadyExistsException", f"Stack [{stack['StackName']}] already exists", 400)
    deleted = stacks.delete(stack)
    again = stacks.create({"Queue": queue()}, StackName=stack["StackName"])
    assert again["StackId"] != deleted["StackId"]
    assert stacks.at_rest(deleted["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_capabilities_are_asked_for(formation: Any) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    named = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "RoleName": "r"}}
    for resource, given, needed in [
        (role, [], "CAPABILITY_IAM"),
        (named, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ]:
        body = json.dumps({"Resources": {"Role": resource}})
        answer = refused(formation.create_stack, StackName="never", TemplateBody=body, Capabilities=given)
        assert answer == ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]", 400)


def test_a_protected_stack_is_not_deleted(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": queue()}, EnableTerminationProtection=True)
    name = stack["StackName"]
    message = f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"
    assert refused(stacks.formation.delete_stack, StackName=name)[1] == message
    stacks.formation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def test_stacks_are_listed_by_state_deleted_ones_included(stacks: Stacks) -> None:
    kept, gone = stacks.create({"Queue": queue()}), stacks.create({"Queue": queue()})
    stacks.delete(gone)

    def listed(*states: str) -> set[str]:
        pages = stacks.formation.get_paginator("list_stacks").paginate(StackStatusFilter=list(states))
        return {each["StackId"] for page in pages for each in page["StackSummaries"]}

    assert kept["StackId"] in listed("CREATE_COMPLETE") and gone["StackId"] not in listed("CREATE_COMPLETE")
    assert gone["StackId"] in listed("DELETE_COMPLETE")
    living = {
        each["StackId"]
        for page in stacks.formation.get_paginator("describe_stacks").paginate()
        for each in page["Stacks"]
    }
    assert kept["StackId"] in living and gone["StackId"] not in living


def test_a_stacks_template_is_told_as_it_was_given(stacks: Stacks) -> None:
    text = "# a comment\nResources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
    name = stacks.name()
    stacks.formation.create_stack(StackName=name, TemplateBody=text)
    answer = stacks.formation.get_template(StackName=name)
    assert (answer["TemplateBody"], answer["StagesAvailable"]) == (text, ["Original", "Processed"])
    stacks.at_rest(name)


def test_a_summary_tells_what_a_template_asks_for(formation: Any) -> None:
    body = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "d",
        "Metadata": {"m": 1},
        "Parameters": {
            "P": {"Type": "String", "AllowedValues": ["a"], "Default": "a", "Description": "p", "NoEcho": True}
        },
        "Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}},
    }
    answer = formation.get_template_summary(TemplateBody=json.dumps(body))
    del answer["ResponseMetadata"]
    assert answer == {
        "Parameters": [
            {
                "ParameterKey": "P",
                "ParameterType": "String",
                "DefaultValue": "a",
                "Description": "p",
                "NoEcho": True,
                "ParameterConstraints": {"AllowedValues": ["a"]},
            }
        ],
        "Description": "d",
        "Capabilities": ["CAPABILITY_IAM"],
        "CapabilitiesReason": "The following resource(s) require capabilities: [AWS::IAM::Role]",
        "ResourceTypes": ["AWS::IAM::Role"],
        "Version": "2010-09-09",
        "Metadata": '{"m": 1}',
    }
    plain = formation.get_template_summary(TemplateBody='{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}')
    assert plain["Parameters"] == []


def test_a_template_is_validated_without_a_stack(formation: Any) -> None:
    body = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"Q": queue(QueueName={"Ref": "P"})}}
    answer = formation.validate_template(TemplateBody=json.dumps(body))
    assert answer["Parameters"] == [{"ParameterKey": "P", "NoEcho": False}]
    body["Resources"]["Q"] = queue(QueueName={"Ref": "X"})
    code, text, _ = refused(formation.validate_template, TemplateBody=json.dumps(body))
    assert (code, "Unresolved resource dependencies [X]" in text) == ("ValidationError", True)


def test_exports_are_shared_and_protected_while_they_are_used(stacks: Stacks, unique: Callable[[str], str]) -> None:
    name = unique("export")
    export = {"Outputs": {"Url": {"Value": {"Ref": "Queue"}, "Export": {"Name": name}}}}
    exporting = stacks.create({"Queue": queue()}, template=export)
    url = stacks.physical(exporting, "Queue")
    listed = {
        each["Name"]: each
        for page in stacks.formation.get_paginator("list_exports").paginate()
        for each in page["Exports"]
    }
    assert listed[name] == {"ExportingStackId": exporting["StackId"], "Name": name, "Value": url}
    again = stacks.create({"Queue": queue()}, template=export)
    assert again["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [each.get("ResourceStatusReason") for each in stacks.events(again)]
    taken = f"Export with name {name} is already exported by stack {exporting['StackName']}"
    assert any(taken in (reason or "") for reason in reasons)
    use = {"Outputs": {"Used": {"Value": {"Fn::ImportValue": name}}}}
    importing = stacks.create({"Queue": queue()}, template=use)
    assert importing["Outputs"][0]["OutputValue"] == url
    assert stacks.formation.list_imports(ExportName=name)["Imports"] == [importing["StackName"]]
    failed = stacks.delete(exporting)
    assert failed["StackStatus"] == "DELETE_FAILED"
    assert failed["StackStatusReason"] == f"Export {name} cannot be deleted as it is in use by {importing['StackName']}"
    stacks.delete(importing)
    assert stacks.delete(failed)["StackStatus"] == "DELETE_COMPLETE"


def test_the_waiters_of_boto3_are_content(stacks: Stacks) -> None:
    name, quick = stacks.name(), {"Delay": 0, "MaxAttempts": 10_000}
    body = json.dumps({"Resources": {"Queue": queue()}})
    stacks.formation.create_stack(StackName=name, TemplateBody=body)
    stacks.formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=quick)
    stacks.formation.get_waiter("stack_exists").wait(StackName=name, WaiterConfig=quick)
    body = json.dumps({"Resources": {"Queue": queue(DelaySeconds=1)}})
    stacks.formation.update_stack(StackName=name, TemplateBody=body)
    stacks.formation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=quick)
    stacks.formation.delete_stack(StackName=name)
    stacks.formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=quick)


def test_a_hidden_parameter_shows_nowhere(stacks: Stacks) -> None:
    template = {"Parameters": {"Secret": {"Type": "String", "NoEcho": True, "Default": 'hush"hush'}}}
    tags = [{"Key": "s", "Value": {"Fn::Sub": "x-${Secret}"}}]
    stack = stacks.create({"Queue": queue(Tags=tags)}, template=template)
    shown = [event["ResourceProperties"] for event in stacks.events(stack) if "ResourceProperties" in event]
    assert shown and all("hush" not in text for text in shown)
    assert json.loads(shown[0]) == {"Tags": [{"Key": "s", "Value": "x-****"}]}


def test_rules_decide_before_anything_is_made(stacks: Stacks) -> None:
    template = {
        "Parameters": {"Size": {"Type": "String", "Default": "small"}, "Stage": {"Type": "String", "Default": "test"}},
        "Rules": {
            "Production": {
                "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                "Assertions": [
                    {"Assert": {"Fn::Contains": [["large"], {"Ref": "Size"}]}, "AssertDescription": "needs a large one"}
                ],
            }
        },
    }
    assert stacks.create({"Queue": queue()}, template=template)["StackStatus"] == "CREATE_COMPLETE"
    code, text, _ = refused(
        stacks.formation.create_stack,
        StackName="never",
        TemplateBody=json.dumps({"Resources": {"Queue": queue()}, **template}),
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "prod"}],
    )
    assert (code, "needs a large one" in text) == ("ValidationError", True)


def test_a_stacks_role_makes_its_resources(
    stacks: Stacks, client: Callable[..., Any], unique: Callable[[str], str]
) -> None:
    iam, role = client("iam"), unique("role")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(allowed))
    stack = stacks.create({"Queue": queue()}, RoleARN=arn)
    assert (stack["StackStatus"], stack["RoleARN"]) == ("CREATE_COMPLETE", arn)
    denied = stacks.create({"Stream": {"Type": "AWS::Kinesis::Stream"}}, RoleARN=arn)
    assert denied["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.failure(denied, "Stream")
    assert f"assumed-role/{role}/AWSCloudFormation is not authorized to perform: kinesis:CreateStream" in reason
    assert reason.endswith("HandlerErrorCode: AccessDenied)")
    stacks.delete(stack)
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    iam.delete_role(RoleName=role)
    gone = stacks.create({"Queue": queue()}, RoleARN=arn)
    assert stacks.failure(gone, "Queue") == f"Role {arn} is invalid or cannot be assumed"
