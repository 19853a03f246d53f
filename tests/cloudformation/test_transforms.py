"""The two transforms: loops written out, and AWS's own translator for serverless resources."""

from typing import Any

import pytest

from tailrace.cloudformation import language, sam
from tailrace.cloudformation.scope import Place, TemplateScope
from tailrace.cloudformation.template import read
from tailrace.wire.errors import AwsError

PLACE = Place("123456789012", "us-east-1", "stack", "arn:stack")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The translator's region goes into the environment of its own process; here it is put back."""
    monkeypatch.setenv("AWS_REGION", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")


def expanded(raw: dict[str, Any], **values: str) -> dict[str, Any]:
    known = {name: raw[name] for name in ("Parameters", "Mappings") if name in raw}
    scope = TemplateScope(read({**known, "Resources": {"R": {"Type": "T"}}}), values, PLACE)
    return language.expand(raw, scope)


def test_loops_are_written_out() -> None:
    raw = {
        "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
        "Resources": {
            "Fn::ForEach::Queues": [
                "Name",
                {"Ref": "Names"},
                {
                    "Queue${Name}": {
                        "Type": "AWS::SQS::Queue",
                        "DeletionPolicy": {"Fn::FindInMap": ["M", "k", "p"]},
                        "Properties": {"QueueName": {"Fn::Sub": "q-${Name}-${AWS::Region}"}, "X": {"Ref": "Name"}},
                    }
                },
            ],
            "Other": {"Type": "AWS::SQS::Queue"},
        },
        "Mappings": {"M": {"k": {"p": "Retain"}}},
    }
    resources = expanded(raw, Names="A,B")["Resources"]
    assert list(resources) == ["QueueA", "QueueB", "Other"]
    assert resources["QueueB"] == {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Retain",
        "Properties": {"QueueName": {"Fn::Sub": "q-B-${AWS::Region}"}, "X": "B"},
    }


def test_loops_nest_and_strip_what_names_may_not_hold() -> None:
    raw = {
        "Outputs": {
            "Fn::ForEach::A": [
                "X",
                ["a.b", "c"],
                {"Fn::ForEach::B": ["Y", [1, 2], {"O&{X}${Y}": {"Value": "${X}/${Y}"}}]},
            ]
        }
    }
    assert expanded(raw)["Outputs"] == {
        "Oab1": {"Value": "a.b/1"},
        "Oab2": {"Value": "a.b/2"},
        "Oc1": {"Value": "c/1"},
        "Oc2": {"Value": "c/2"},
    }


@pytest.mark.parametrize("argument", ["x", [], ["X", "no list", {}], ["X", ["a"], "no map"], [1, ["a"], {}]])
def test_a_loop_of_another_form_is_refused(argument: Any) -> None:
    with pytest.raises(AwsError, match="Fn::ForEach::A layout is incorrect"):
        expanded({"Resources": {"Fn::ForEach::A": argument}})


FUNCTION = {"Handler": "app.handler", "Runtime": "python3.12", "CodeUri": "s3://bucket/key"}


def translated(*, parameters: dict[str, str] | None = None, **resources: Any) -> dict[str, Any]:
    raw = {"Transform": sam.TRANSFORM, "Resources": resources}
    template: dict[str, Any] = sam.transform({"template": raw, "parameters": parameters or {}, "region": "us-east-1"})
    return template["template"]["Resources"]


def test_a_function_gets_its_code_and_a_role() -> None:
    resources = translated(F={"Type": "AWS::Serverless::Function", "Properties": FUNCTION})
    assert {name: each["Type"] for name, each in resources.items()} == {
        "F": "AWS::Lambda::Function",
        "FRole": "AWS::IAM::Role",
    }
    assert resources["F"]["Properties"]["Code"] == {"S3Bucket": "bucket", "S3Key": "key"}
    policies = resources["FRole"]["Properties"]["ManagedPolicyArns"]
    assert policies == ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]


def test_events_and_aliases_become_resources() -> None:
    stream = {
        "Type": "Kinesis",
        "Properties": {"Stream": "arn:aws:kinesis:us-east-1:1:stream/s", "StartingPosition": "LATEST"},
    }
    properties = {**FUNCTION, "AutoPublishAlias": "live", "Events": {"S": stream}}
    types = {
        each["Type"] for each in translated(F={"Type": "AWS::Serverless::Function", "Properties": properties}).values()
    }
    assert types == {f"AWS::Lambda::{each}" for each in ("Function", "Version", "Alias", "EventSourceMapping")} | {
        "AWS::IAM::Role"
    }


def test_managed_policies_are_known_by_name() -> None:
    properties = {**FUNCTION, "Policies": ["AmazonS3ReadOnlyAccess"]}
    resources = translated(F={"Type": "AWS::Serverless::Function", "Properties": properties})
    assert "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" in resources["FRole"]["Properties"]["ManagedPolicyArns"]


def test_the_translators_refusal_is_told() -> None:
    with pytest.raises(sam.SamError) as caught:
        translated(F={"Type": "AWS::Serverless::Function", "Properties": {**FUNCTION, "CodeUri": "src/"}})
    assert str(caught.value) == (
        "Invalid Serverless Application Specification document. Number of errors found: 1. Resource with id [F] is "
        "invalid. 'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query "
        "parameter."
    )
