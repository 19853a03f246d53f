"""Intrinsic functions, one by one, and together."""

from typing import Any

import pytest

from tailrace.cloudformation import intrinsics
from tailrace.cloudformation.intrinsics import NO_VALUE
from tailrace.cloudformation.resource_row import Body
from tailrace.cloudformation.scope import Live, Place, TemplateScope
from tailrace.cloudformation.template import read
from tailrace.wire.errors import AwsError

RAW: dict[str, Any] = {
    "Parameters": {"P": {"Type": "String"}, "L": {"Type": "CommaDelimitedList"}, "N": {"Type": "Number"}},
    "Mappings": {"M": {"k": {"s": "v", "l": [1, 2]}}},
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "P"}, "p"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Ring": {"Fn::Not": [{"Condition": "Ring"}]},
        "One": {"Fn::Equals": [{"Ref": "N"}, 1]},
    },
    "Transform": "AWS::LanguageExtensions",
    "Resources": {"R": {"Type": "AWS::SQS::Queue"}},
}
PLACE = Place("123456789012", "eu-west-1", "stack", "arn:stack", ("arn:topic",))


def imported(name: str) -> str:
    return f"value of {name}"


def scope(raw: dict[str, Any] | None = None) -> TemplateScope:
    bodies = {"R": Body(physical_id="r-1", reference="r-1", attributes={"Arn": "arn:r", "Nested.Name": "n"})}
    values = {"P": "p", "L": "a,b", "N": "1"}
    return TemplateScope(read(raw or RAW), values, PLACE, Live(bodies), imported)


VALUES: list[tuple[Any, Any]] = [
    ({"Ref": "P"}, "p"),
    ({"Ref": "L"}, ["a", "b"]),
    ({"Ref": "R"}, "r-1"),
    ({"Ref": "AWS::AccountId"}, "123456789012"),
    ({"Ref": "AWS::Region"}, "eu-west-1"),
    ({"Ref": "AWS::Partition"}, "aws"),
    ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
    ({"Ref": "AWS::StackName"}, "stack"),
    ({"Ref": "AWS::StackId"}, "arn:stack"),
    ({"Ref": "AWS::NotificationARNs"}, ["arn:topic"]),
    ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
    ({"Fn::GetAtt": ["R", "Arn"]}, "arn:r"),
    ({"Fn::GetAtt": "R.Arn"}, "arn:r"),
    ({"Fn::GetAtt": ["R", "Nested.Name"]}, "n"),
    ({"Fn::GetAtt": ["R", "Nested", "Name"]}, "n"),
    ({"Fn::Sub": "${P}/${AWS::Region}/${R.Arn}/${!P}"}, "p/eu-west-1/arn:r/${P}"),
    ({"Fn::Sub": ["${x}-${P}-${L}", {"x": {"Ref": "N"}}]}, "1-p-a,b"),
    ({"Fn::Sub": "arn:$LATEST and $ {x}"}, "arn:$LATEST and $ {x}"),
    ({"Fn::Join": ["-", ["a", 1, True, {"Ref": "P"}]]}, "a-1-true-p"),
    ({"Fn::Join": [",", {"Ref": "L"}]}, "a,b"),
    ({"Fn::Join": ["-", {"Fn::Split": ["/", "x/y"]}]}, "x-y"),
    ({"Fn::Select": [1, ["a", "b"]]}, "b"),
    ({"Fn::Select": ["0", {"Fn::GetAZs": ""}]}, "eu-west-1a"),
    ({"Fn::Select": [0, {"Fn::GetAZs": "us-east-1"}]}, "us-east-1a"),
    ({"Fn::Split": [":", {"Fn::GetAtt": ["R", "Arn"]}]}, ["arn", "r"]),
    ({"Fn::FindInMap": ["M", "k", "s"]}, "v"),
    ({"Fn::FindInMap": ["M", {"Fn::Select": [0, ["k"]]}, "l"]}, [1, 2]),
    ({"Fn::FindInMap": ["M", "k", "none", {"DefaultValue": {"Ref": "P"}}]}, "p"),
    ({"Fn::If": ["Yes", "a", {"Ref": "Nowhere"}]}, "a"),
    ({"x": {"Fn::If": ["No", "a", {"Ref": "AWS::NoValue"}]}}, {}),
    ({"Fn::ImportValue": {"Fn::Sub": "${P}-x"}}, "value of p-x"),
    ({"Fn::Base64": {"Fn::Sub": "${P}ä"}}, "cMOk"),
    ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
    ({"Fn::Length": {"Ref": "L"}}, 2),
    ({"Fn::ToJsonString": {"a": {"Ref": "P"}, "b": [1, True]}}, '{"a":"p","b":[1,true]}'),
    # what looks like a function and is none
    ({"Condition": {"StringEquals": {"aws:x": {"Ref": "P"}}}}, {"Condition": {"StringEquals": {"aws:x": "p"}}}),
    ({"Ref": "P", "other": 1}, {"Ref": "P", "other": 1}),
]


@pytest.mark.parametrize(("value", "resolved"), VALUES, ids=[str(value)[:60] for value, _ in VALUES])
def test_functions(value: Any, resolved: Any) -> None:
    assert intrinsics.resolve(value, scope()) == resolved


def test_no_value_is_left_to_who_asks() -> None:
    assert intrinsics.resolve({"Ref": "AWS::NoValue"}, scope()) is NO_VALUE


@pytest.mark.parametrize(
    ("name", "holds"), [("Yes", True), ("No", False), ("Both", False), ("Either", True), ("One", True)]
)
def test_conditions(name: str, holds: bool) -> None:
    assert scope().condition(name, "Fn::If") is holds


REFUSED: list[tuple[Any, str]] = [
    ({"Ref": ["x"]}, "Template error: every Ref object must have a single String value."),
    ({"Ref": "Nowhere"}, "Unresolved resource dependencies [Nowhere]"),
    (
        {"Fn::GetAtt": "R"},
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
        "attribute",
    ),
    ({"Fn::GetAtt": ["R", ""]}, "every Fn::GetAtt object requires two non-empty parameters"),
    ({"Fn::GetAtt": ["R", "Nope"]}, "Template error: resource R does not support attribute type Nope in Fn::GetAtt"),
    ({"Fn::Sub": ["a"]}, "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments."),
    ({"Fn::Join": ["-"]}, "Template error: every Fn::Join object requires two parameters"),
    ({"Fn::Join": ["-", [{"a": 1}]]}, "Template error: every Fn::Join object"),
    ({"Fn::Select": [5, ["a"]]}, "Template error: Fn::Select  cannot select nonexistent value at index 5"),
    ({"Fn::Select": ["x", ["a"]]}, "Template error: Fn::Select requires a list argument with two elements"),
    ({"Fn::Split": ["", "a"]}, "Template error: every Fn::Split object requires two parameters"),
    ({"Fn::FindInMap": ["M", "K", "S"]}, "Template error: Unable to get mapping for M::K::S"),
    ({"Fn::If": ["Nope", 1, 2]}, "Template error: unresolved condition dependency Nope in Fn::If"),
    ({"Fn::If": ["Yes", 1]}, "Template error: Fn::If requires a list argument with three elements"),
    ({"Fn::If": ["Ring", 1, 2]}, "Circular dependency between conditions: [Ring]"),
    ({"Fn::Cidr": ["no", 1, 8]}, "Template error: Fn::Cidr can not be carried out"),
    ({"Fn::Length": "x"}, "Template error: Fn::Length needs a list"),
    ({"Fn::Transform": {"Name": "AWS::Include"}}, "No transform named AWS::Include found."),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[str(value)[:60] for value, _ in REFUSED])
def test_what_is_refused(value: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        intrinsics.resolve(value, scope())
    assert message in caught.value.message


@pytest.mark.parametrize("function", ["Fn::Length", "Fn::ToJsonString"])
def test_extensions_need_their_transform(function: str) -> None:
    plain = {name: section for name, section in RAW.items() if name != "Transform"}
    with pytest.raises(AwsError, match=f"{function} needs the transform AWS::LanguageExtensions"):
        intrinsics.resolve({function: ["a"]}, scope(plain))
