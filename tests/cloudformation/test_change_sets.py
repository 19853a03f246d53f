"""Change sets: what they say would happen, happens; and nothing else can be done with one than AWS allows."""

import json
import re
from collections.abc import Callable
from typing import Any

from .conftest import CAPABILITIES, Stacks
from .test_stacks import queue, refused
from .test_updates import table


def proposed(
    stacks: Stacks, name: str, resources: dict[str, Any], kind: str = "UPDATE", **options: Any
) -> dict[str, Any]:
    """Make a change set and answer it once it is evaluated."""
    body = json.dumps({"Resources": resources, **options.pop("template", {})})
    given = {"Capabilities": CAPABILITIES, **options}
    made = stacks.formation.create_change_set(
        StackName=name,
        ChangeSetName=given.pop("ChangeSetName", "changes"),
        ChangeSetType=kind,
        TemplateBody=body,
        **given,
    )
    for _ in range(10_000):
        found: dict[str, Any] = stacks.formation.describe_change_set(ChangeSetName=made["Id"])
        if found["Status"] in ("CREATE_COMPLETE", "FAILED"):
            return found
    raise AssertionError(f"{name} is not evaluated")


def resource_changes(change_set: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"] for change in change_set["Changes"]}


def test_a_stack_is_made_by_a_change_set(stacks: Stacks) -> None:
    name = stacks.name()
    found = proposed(stacks, name, {"Queue": queue()}, "CREATE", Description="first", Tags=[{"Key": "a", "Value": "b"}])
    assert re.fullmatch(
        r"arn:aws:cloudformation:us-east-1:123456789012:changeSet/changes/[0-9a-f-]{36}", found["ChangeSetId"]
    )
    assert (found["Status"], found["ExecutionStatus"], found["Description"]) == (
        "CREATE_COMPLETE",
        "AVAILABLE",
        "first",
    )
    assert (found["RollbackConfiguration"], found["Tags"]) == ({}, [{"Key": "a", "Value": "b"}])
    assert found["Changes"] == [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Add",
                "LogicalResourceId": "Queue",
                "ResourceType": "AWS::SQS::Queue",
                "Scope": [],
                "Details": [],
            },
        }
    ]
    review = stacks.formation.describe_stacks(StackName=name)["Stacks"][0]
    assert (review["StackStatus"], review["StackStatusReason"]) == ("REVIEW_IN_PROGRESS", "User Initiated")
    stacks.formation.execute_change_set(ChangeSetName="changes", StackName=name)
    stack = stacks.at_rest(name)
    assert (stack["StackStatus"], stack["ChangeSetId"]) == ("CREATE_COMPLETE", found["ChangeSetId"])
    assert stacks.history(stack, name) == ["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    done = stacks.formation.describe_change_set(ChangeSetName=found["ChangeSetId"])
    assert done["ExecutionStatus"] == "EXECUTE_COMPLETE"
    again = refused(stacks.formation.execute_change_set, ChangeSetName=found["ChangeSetId"])
    assert again[0] == "InvalidChangeSetStatus"


def test_what_differs_is_told_and_why(stacks: Stacks) -> None:
    def resources(**more: Any) -> dict[str, Any]:
        return {
            "Direct": queue(DelaySeconds=1),
            "ByParameter": queue(DelaySeconds={"Ref": "Delay"}),
            "Table": table("a"),
            "ByReference": queue(Tags=[{"Key": "t", "Value": {"Ref": "Table"}}]),
            "ByAttribute": queue(Tags=[{"Key": "t", "Value": {"Fn::GetAtt": ["Direct", "QueueName"]}}]),
            "Same": queue(),
            **more,
        }

    template = {"Parameters": {"Delay": {"Type": "Number", "Default": 1}}}
    stack = stacks.create(
        {**resources(), "Gone": queue(), "Kept": {**queue(), "DeletionPolicy": "Retain"}}, template=template
    )
    after = resources(
        Direct=queue(DelaySeconds=2), Table=table("b"), New=queue(), Same={**queue(), "Metadata": {"m": 1}}
    )
    found = proposed(
        stacks,
        stack["StackName"],
        after,
        template=template,
        Parameters=[{"ParameterKey": "Delay", "ParameterValue": "3"}],
    )
    changes = resource_changes(found)
    assert {name: change["Action"] for name, change in changes.items()} == {
        "Direct": "Modify",
        "ByParameter": "Modify",
        "Table": "Modify",
        "ByReference": "Modify",
        "ByAttribute": "Modify",
        "Same": "Modify",
        "New": "Add",
        "Gone": "Remove",
        "Kept": "Remove",
    }
    assert (changes["Gone"]["PolicyAction"], changes["Kept"]["PolicyAction"]) == ("Delete", "Retain")
    assert changes["Direct"]["Replacement"] == "False" and changes["Direct"]["Scope"] == ["Properties"]
    assert changes["Direct"]["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "DelaySeconds", "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
    ]
    (detail,) = changes["ByParameter"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"]) == ("ParameterReference", "Delay")
    assert changes["Table"]["Replacement"] == "True" and changes["Table"]["PolicyAction"] == "ReplaceAndDelete"
    assert changes["Table"]["PhysicalResourceId"] == stacks.physical(stack, "Table")
    (detail,) = changes["ByReference"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"], detail["Evaluation"]) == (
        "ResourceReference",
        "Table",
        "Dynamic",
    )
    (detail,) = changes["ByAttribute"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"]) == ("ResourceAttribute", "Direct.QueueName")
    assert changes["Same"]["Scope"] == ["Metadata"]


def test_no_difference_is_a_failed_change_set(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": queue()})
    found = proposed(stacks, stack["StackName"], {"Queue": queue()})
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )
    answer = refused(stacks.formation.execute_change_set, ChangeSetName=found["ChangeSetId"])
    assert answer[:2] == (
        "InvalidChangeSetStatus",
        f"ChangeSet [{found['ChangeSetId']}] cannot be executed in its current execution status of [UNAVAILABLE]",
    )


def test_other_change_sets_go_when_one_is_executed(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": queue()})
    name = stack["StackName"]
    for number in (1, 2):
        proposed(stacks, name, {"Queue": queue(DelaySeconds=number)}, ChangeSetName=f"c{number}")
    listed = stacks.formation.list_change_sets(StackName=name)["Summaries"]
    assert [each["ChangeSetName"] for each in listed] == ["c1", "c2"]
    stacks.formation.execute_change_set(ChangeSetName="c2", StackName=name)
    assert stacks.at_rest(name)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.formation.list_change_sets(StackName=name)["Summaries"] == []
    assert refused(stacks.formation.describe_change_set, ChangeSetName="c1", StackName=name) == (
        "ChangeSetNotFound",
        "ChangeSet [c1] does not exist",
        404,
    )


def test_a_change_set_can_be_deleted_and_leaves_its_stack_in_review(stacks: Stacks) -> None:
    name = stacks.name()
    proposed(stacks, name, {"Queue": queue()}, "CREATE")
    stacks.formation.delete_change_set(ChangeSetName="changes", StackName=name)
    stacks.formation.delete_change_set(ChangeSetName="changes", StackName=name)
    assert stacks.formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    stacks.formation.delete_stack(StackName=name)
    assert refused(stacks.formation.describe_stacks, StackName=name)[1] == f"Stack with id {name} does not exist"


def test_names_and_types_have_to_fit(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": queue()})
    name, create = stack["StackName"], stacks.formation.create_change_set
    body = json.dumps({"Resources": {"Queue": queue(DelaySeconds=2)}})
    answer = refused(create, StackName=name, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body)
    assert answer[1] == f"Stack [{name}] already exists and cannot be created again with the changeSet [c]."
    proposed(stacks, name, {"Queue": queue(DelaySeconds=2)}, ChangeSetName="c")
    assert refused(create, StackName=name, ChangeSetName="c", TemplateBody=body)[0] == "AlreadyExistsException"
    code, text, status = refused(create, StackName=name, ChangeSetName="no good", TemplateBody=body)
    assert (code, status) == ("ValidationError", 400) and "changeSetName" in text


def test_outputs_alone_make_a_change_set_without_changes(stacks: Stacks) -> None:
    stack = stacks.create({"Queue": queue()})
    found = proposed(stacks, stack["StackName"], {"Queue": queue()}, template={"Outputs": {"O": {"Value": "x"}}})
    assert (found["Status"], found["Changes"]) == ("CREATE_COMPLETE", [])


FUNCTION = {
    "Handler": "index.handler",
    "Runtime": "python3.12",
    "InlineCode": "def handler(event, context): return event",
}


def test_a_serverless_template_is_transformed_in_the_background(stacks: Stacks) -> None:
    name, template = stacks.name(), {"Transform": "AWS::Serverless-2016-10-31"}
    resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": FUNCTION}}
    found = proposed(stacks, name, resources, "CREATE", template=template)
    assert {each: change["ResourceType"] for each, change in resource_changes(found).items()} == {
        "F": "AWS::Lambda::Function",
        "FRole": "AWS::IAM::Role",
    }
    processed = stacks.formation.get_template(StackName=name, ChangeSetName="changes", TemplateStage="Processed")
    assert processed["TemplateBody"]["Resources"]["F"]["Type"] == "AWS::Lambda::Function"
    original = stacks.formation.get_template(StackName=name, ChangeSetName="changes")["TemplateBody"]
    assert original["Resources"] == resources
    bad = {"F": {"Type": "AWS::Serverless::Function", "Properties": {**FUNCTION, "Nope": 1}}}
    failed = proposed(stacks, name, bad, "CREATE", template=template, ChangeSetName="bad")
    assert failed["Status"] == "FAILED"
    assert failed["StatusReason"].startswith(
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. "
        "Number of errors found: 1. Resource with id [F] is invalid."
    )
    unsaid = proposed(stacks, name, resources, "CREATE", template=template, ChangeSetName="unsaid", Capabilities=[])
    assert (unsaid["Status"], unsaid["StatusReason"]) == ("FAILED", "Requires capabilities : [CAPABILITY_IAM]")


def test_a_stack_made_directly_needs_the_word_to_expand(stacks: Stacks, client: Callable[..., Any]) -> None:
    body = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": FUNCTION}},
        "Outputs": {"Name": {"Value": {"Ref": "F"}}},
    }
    answer = refused(
        stacks.formation.create_stack,
        StackName="never",
        TemplateBody=json.dumps(body),
        Capabilities=["CAPABILITY_IAM"],
    )
    assert answer[:2] == ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
    stack = stacks.create(body["Resources"], template={key: value for key, value in body.items() if key != "Resources"})
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    function = stack["Outputs"][0]["OutputValue"]
    answer = client("lambda").invoke(FunctionName=function, Payload=b'{"a": 1}')
    assert json.loads(answer["Payload"].read()) == {"a": 1}


def test_loops_make_resources(stacks: Stacks) -> None:
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "A,B"}},
        "Outputs": {"All": {"Value": {"Fn::ToJsonString": {"Length": {"Fn::Length": {"Ref": "Names"}}}}}},
    }
    loop = {"Fn::ForEach::Queues": ["N", {"Ref": "Names"}, {"Queue${N}": queue(DelaySeconds=1)}]}
    stack = stacks.create(loop, template=template)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == '{"Length":2}'
    listed = stacks.formation.list_stack_resources(StackName=stack["StackName"])["StackResourceSummaries"]
    assert {each["LogicalResourceId"] for each in listed} == {"QueueA", "QueueB"}
