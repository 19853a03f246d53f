"""The form of templates: every message that AWS has for one that isn't as it should be."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.cloudformation import dependencies
from tailrace.cloudformation.definition import check, declared
from tailrace.cloudformation.parameters import resolve
from tailrace.cloudformation.plan import Plan
from tailrace.cloudformation.resource_row import Body
from tailrace.cloudformation.scope import Place, no_imports
from tailrace.cloudformation.stack import Caller, Definition, StackRow
from tailrace.cloudformation.template import read
from tailrace.wire.errors import AwsError

A_QUEUE = {"Type": "AWS::SQS::Queue"}
STACK = StackRow(
    id="arn:stack",
    name="stack",
    region="us-east-1",
    status="CREATE_IN_PROGRESS",
    created_ms=0,
    definition=Definition(template=""),
    caller=Caller(kind="root", arn="", user_id="", account=""),
)
PLACE = Place("123456789012", "us-east-1", "stack", "arn:stack")


def resources(**more: Any) -> dict[str, Any]:
    return {"Resources": {"A": A_QUEUE, **more}}


def queue(**properties: Any) -> dict[str, Any]:
    return {**A_QUEUE, "Properties": properties}


UNRESOLVED = "Template format error: Unresolved resource dependencies [X] in the Resources block of the template"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "Template format error: At least one Resources member must be defined."),
    ({"Resources": {}}, "Template format error: At least one Resources member must be defined."),
    ({"Resources": []}, "Template format error: [/Resources] must be an object."),
    (
        {"Resources": {"A": {}}},
        "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
    ),
    ({"Resources": {"A": 1}}, "Template format error: [/Resources/A] must be an object."),
    (resources(B={**A_QUEUE, "Invalid": 1}), "Invalid template resource property 'Invalid'"),
    ({"Resources": {"a-b": A_QUEUE}}, "Template format error: Resource name a-b is non alphanumeric."),
    (
        {"AWSTemplateFormatVersion": "2010-09-10", **resources()},
        "Template format error: 2010-09-10 is not a supported value for AWSTemplateFormatVersion.",
    ),
    ({"Foo": 1, **resources()}, "Invalid template property or properties [Foo]"),
    (
        {**resources(), "Outputs": {"O": {"Value": None}}},
        "[/Outputs/O/Value] 'null' values are not allowed in templates",
    ),
    ({**resources(), "Outputs": {"O": {}}}, "Template format error: Every Outputs member must contain a Value object"),
    (
        {**resources(), "Parameters": {"P": {}}},
        "Template format error: [/Parameters/P] Every Parameters object must contain a Type member.",
    ),
    (resources(B=queue(QueueName={"Ref": "X"})), UNRESOLVED),
    (resources(B=queue(QueueName={"Fn::Sub": "${X}-a"})), UNRESOLVED),
    (resources(B={**A_QUEUE, "DependsOn": "X"}), UNRESOLVED),
    (
        {**resources(), "Outputs": {"O": {"Value": {"Ref": "X"}}}},
        "Unresolved resource dependencies [X] in the Outputs block of the template",
    ),
    (
        resources(B=queue(QueueName={"Fn::GetAtt": ["X", "Arn"]})),
        "Template error: instance of Fn::GetAtt references undefined resource X",
    ),
    (
        resources(B=queue(QueueName={"Fn::Sub": "${X.Arn}"})),
        "Template error: instance of Fn::Sub references invalid resource attribute X.Arn",
    ),
    (
        resources(B=queue(QueueName={"Fn::GetAtt": ["A", "Nope"]})),
        "Template error: resource A does not support attribute type Nope in Fn::GetAtt",
    ),
    (
        resources(B=queue(QueueName={"Fn::If": ["X", "a", "b"]})),
        "Template error: unresolved condition dependency X in Fn::If",
    ),
    (
        {**resources(), "Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, "a"]}}},
        "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of "
        "the template",
    ),
    (resources(B={"Type": "AWS::Foo::Bar"}), "Template format error: Unrecognized resource types: [AWS::Foo::Bar]"),
    (
        resources(
            B=queue(QueueName={"Fn::GetAtt": ["C", "Arn"]}),
            C=queue(QueueName={"Fn::Sub": "${D.Arn}"}),
            D={**A_QUEUE, "DependsOn": ["B"]},
            E={**A_QUEUE, "DependsOn": "B"},
        ),
        "Circular dependency between resources: [B, C, D]",
    ),
    (
        resources(B=queue(QueueName={"Fn::Sub": ["${A}", False]})),
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
        "first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ),
    (
        resources(B={**A_QUEUE, "DeletionPolicy": "Keep"}),
        "Template format error: Unrecognized DeletionPolicy Keep for resource B",
    ),
    (
        resources(B={**A_QUEUE, "DeletionPolicy": "Snapshot"}),
        "Template error: resource type AWS::SQS::Queue does not support deletion policy Snapshot",
    ),
    (
        resources(B={**A_QUEUE, "DeletionPolicy": {"Ref": "AWS::Region"}}),
        "Template format error: Every DeletionPolicy member must be a string.",
    ),
    ({**resources(), "Hooks": {"H": {}}}, "Tailrace does not carry out the section Hooks yet."),
    (
        resources(B={**A_QUEUE, "DependsOn": [{}]}),
        "Template format error: [/Resources/B/DependsOn] must be a string or a list of strings.",
    ),
]


def checked(raw: dict[str, Any]) -> None:

    read(raw)
    values = resolve(declared(raw), [])
    definition = Definition(template="", processed=json.dumps(raw), parameters=values)
    check(definition, PLACE)
    plan = Plan.of(STACK, definition, PLACE.account, {}, no_imports)
    for logical_id in plan.order:
        plan.wanted(logical_id)
        plan.bodies[logical_id] = Body(physical_id="x", reference="x", attributes={"Arn": "arn:x"})
    plan.outputs()


@pytest.mark.parametrize(("raw", "message"), REFUSED, ids=[message[-60:] for _, message in REFUSED])
def test_what_is_refused(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        checked(raw)
    assert (caught.value.code, caught.value.message) == ("ValidationError", message)


def test_limits() -> None:
    with pytest.raises(AwsError, match="Number of resources, 501, is greater than maximum allowed, 500"):
        read({"Resources": {f"Q{number}": A_QUEUE for number in range(501)}})


def test_order_follows_dependencies_and_otherwise_the_template() -> None:
    template = read(
        resources(
            D=queue(QueueName={"Fn::Join": ["", [{"Ref": "B"}, {"Fn::If": ["Off", {"Ref": "C"}, "x"]}]]}),
            C=queue(QueueName={"Ref": "D"}),
            B=A_QUEUE,
        )
        | {"Conditions": {"Off": {"Fn::Equals": ["a", "b"]}}}
    )
    graph = dependencies.edges(template, template.resources, lambda condition: False)
    assert dependencies.in_order(graph) == ["A", "B", "D", "C"]


WHOLE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "d",
    "Metadata": {"m": 1},
    "Parameters": {"P": {"Type": "String", "Default": "p", "AllowedValues": ["p", "q"]}},
    "Rules": {"R": {"Assertions": [{"Assert": {"Fn::Contains": [["p"], {"Ref": "P"}]}}]}},
    "Mappings": {"M": {"k": {"s": "v"}}},
    "Conditions": {
        "C": {"Fn::Or": [{"Fn::Equals": [{"Ref": "P"}, "p"]}, {"Condition": "D"}]},
        "D": {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]},
    },
    "Resources": {
        "A": {
            "Type": "AWS::SQS::Queue",
            "Condition": "C",
            "DependsOn": ["B"],
            "Metadata": {"x": {"Ref": "P"}},
            "Properties": {
                "QueueName": {"Fn::Sub": ["${AWS::StackName}-${x}", {"x": {"Fn::FindInMap": ["M", "k", "s"]}}]},
                "DelaySeconds": {"Fn::Select": [0, {"Fn::Split": [",", "1,2"]}]},
                "Tags": [
                    {"Key": "k", "Value": {"Fn::If": ["C", {"Fn::Join": ["-", ["a", "b"]]}, {"Ref": "AWS::NoValue"}]}}
                ],
            },
        },
        "B": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"},
    },
    "Outputs": {"O": {"Value": {"Fn::GetAtt": ["B", "Arn"]}, "Export": {"Name": "e"}, "Condition": "C"}},
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.text(max_size=3), st.just([]), st.just({}), st.just([[]])
)


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_no_change_of_a_template_makes_anything_but_a_validation_error(data: st.DataObject) -> None:
    raw = copy.deepcopy(WHOLE)
    place: Any = raw
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(JUNK)
            break
        place = place[key]
    try:
        checked(raw)
    except AwsError as error:
        assert error.code == "ValidationError"


def test_the_whole_template_is_fine() -> None:
    checked(WHOLE)
