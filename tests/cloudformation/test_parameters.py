"""Parameters: values given, kept and defaulted, constraints with AWS's texts."""

from typing import Any

import pytest

from tailrace.cloudformation.parameters import resolve, shown, typed
from tailrace.wire.errors import AwsError

STRING = {"Type": "String"}


def given(**values: str) -> list[dict[str, Any]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


@pytest.mark.parametrize(
    ("declared", "values", "resolved"),
    [
        (STRING, given(P="x"), "x"),
        ({**STRING, "Default": "d"}, [], "d"),
        ({**STRING, "Default": "d"}, given(P=""), ""),
        ({"Type": "Number", "Default": 5}, [], "5"),
        ({"Type": "Number", "Default": 1.5}, [], "1.5"),
        ({"Type": "String", "Default": True}, [], "true"),
        ({"Type": "CommaDelimitedList", "Default": "a, b"}, [], "a, b"),
        ({"Type": "List<Number>"}, given(P="1,2"), "1,2"),
        ({"Type": "AWS::EC2::VPC::Id"}, given(P="vpc-1"), "vpc-1"),
        ({**STRING, "AllowedValues": ["a", "b"]}, given(P="b"), "b"),
        ({**STRING, "AllowedValues": [1, 2], "Type": "Number"}, given(P="2"), "2"),
        ({**STRING, "AllowedPattern": "[a-z]+"}, given(P="abc"), "abc"),
    ],
)
def test_values(declared: dict[str, Any], values: list[dict[str, Any]], resolved: str) -> None:
    assert resolve({"P": declared}, values) == {"P": resolved}


@pytest.mark.parametrize(
    ("declared", "values", "message"),
    [
        (STRING, [], "Parameters: [P] must have values"),
        (STRING, given(P="x", Q="y"), "Parameters: [Q] do not exist in the template"),
        ({"Type": "Number"}, given(P="x"), "Parameter 'P' must be a number."),
        ({"Type": "Number"}, given(P="inf"), "Parameter 'P' must be a number."),
        ({"Type": "List<Number>"}, given(P="1,x"), "Parameter 'P' must be a number."),
        ({**STRING, "AllowedValues": ["a"]}, given(P="b"), "Parameter 'P' must be one of AllowedValues"),
        ({**STRING, "AllowedPattern": "[a-z]*"}, given(P="B"), "Parameter 'P' must match pattern [a-z]*"),
        ({**STRING, "MinLength": 2}, given(P="b"), "Parameter 'P' must contain at least 2 characters"),
        ({**STRING, "MaxLength": "2"}, given(P="bbb"), "Parameter 'P' must contain at most 2 characters"),
        ({"Type": "Number", "MinValue": 2}, given(P="1"), "Parameter 'P' must be a number not less than 2"),
        ({"Type": "Number", "MaxValue": 2}, given(P="2.5"), "Parameter 'P' must be a number not greater than 2"),
        (
            {**STRING, "AllowedValues": ["a"], "ConstraintDescription": "must be a"},
            given(P="b"),
            "Parameter P failed to satisfy constraint: must be a",
        ),
        ({"Type": "Strange"}, given(P="b"), "Template format error: Unrecognized parameter type: Strange"),
        (
            STRING,
            [{"ParameterKey": "P", "UsePreviousValue": True}],
            "Invalid input for parameter key P. Cannot specify usePreviousValue as true for a new stack",
        ),
    ],
)
def test_what_is_refused(declared: dict[str, Any], values: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        resolve({"P": declared}, values)
    assert caught.value.message == message


def test_a_previous_value_is_kept_only_where_asked_for() -> None:
    declared = {"P": {**STRING, "Default": "d"}, "Q": {**STRING, "Default": "d"}}
    previous = {"P": "p", "Q": "q", "Gone": "g"}
    kept = [{"ParameterKey": "P", "UsePreviousValue": True}, {"ParameterKey": "Gone", "UsePreviousValue": True}]
    assert resolve(declared, kept, previous) == {"P": "p", "Q": "d"}


def test_hidden_values_are_masked() -> None:
    declared = {"P": {**STRING, "NoEcho": True}, "Q": {**STRING, "NoEcho": "false"}}
    assert shown(declared, {"P": "secret", "Q": "open"}) == [
        {"ParameterKey": "P", "ParameterValue": "****"},
        {"ParameterKey": "Q", "ParameterValue": "open"},
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("String", "a,b", "a,b"),
        ("CommaDelimitedList", "a, b", ["a", "b"]),
        ("List<Number>", "", []),
        ("Number", "1", "1"),
    ],
)
def test_what_ref_gives(kind: str, text: str, value: Any) -> None:
    assert typed(kind, text) == value
