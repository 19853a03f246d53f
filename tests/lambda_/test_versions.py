"""Versions and aliases over the wire."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


@pytest.fixture
def two(functions: Any, make: Callable[..., str], zipped: Callable[..., bytes]) -> str:
    """A function with the versions 1 and 2, which say so."""
    name = make("def handler(event, context): return ['one', context.function_version]")
    functions.publish_version(FunctionName=name, Description="first")
    code = zipped({"app.py": "def handler(event, context): return ['two', context.function_version]"})
    functions.update_function_code(FunctionName=name, ZipFile=code, Publish=True)
    return name


def test_versions_are_frozen(functions: Any, two: str, invoke: Any) -> None:
    assert invoke(two) == ["two", "$LATEST"]
    assert invoke(two, Qualifier="1") == ["one", "1"]
    assert invoke(f"{two}:2") == ["two", "2"]
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{two}"
    versions = functions.list_versions_by_function(FunctionName=two)["Versions"]
    assert [(each["Version"], each["FunctionArn"], each["Description"]) for each in versions] == [
        ("$LATEST", f"{arn}:$LATEST", ""),
        ("1", f"{arn}:1", "first"),
        ("2", f"{arn}:2", ""),
    ]
    described = functions.get_function_configuration(FunctionName=two, Qualifier="1")
    assert (described["FunctionArn"], described["CodeSha256"]) == (f"{arn}:1", versions[1]["CodeSha256"])


def test_nothing_new_is_no_new_version(functions: Any, two: str) -> None:
    again = functions.publish_version(FunctionName=two)
    assert again["Version"] == "2"
    functions.update_function_configuration(FunctionName=two, Timeout=9)
    assert functions.publish_version(FunctionName=two)["Version"] == "3"


def test_publishing_what_was_meant(functions: Any, two: str) -> None:
    functions.update_function_configuration(FunctionName=two, Timeout=9)
    with pytest.raises(ClientError) as caught:
        functions.publish_version(FunctionName=two, CodeSha256="other")
    assert "Please try again with the CodeSHA256 in $LATEST." in caught.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as caught:
        functions.publish_version(FunctionName=two, RevisionId="other")
    assert caught.value.response["Error"]["Code"] == "PreconditionFailedException"


def test_deleting_versions(functions: Any, two: str, invoke: Any) -> None:
    functions.delete_function(FunctionName=two, Qualifier="1")
    with pytest.raises(ClientError) as caught:
        invoke(two, Qualifier="1")
    assert caught.value.response["Error"]["Message"].endswith(f":function:{two}:1")
    assert invoke(two, Qualifier="2") == ["two", "2"]
    with pytest.raises(ClientError) as caught:
        functions.delete_function(FunctionName=two, Qualifier="$LATEST")
    assert "$LATEST version cannot be deleted without deleting the function." in str(caught.value)


def test_an_alias(functions: Any, two: str, invoke: Any) -> None:
    answer = functions.create_alias(FunctionName=two, Name="live", FunctionVersion="1", Description="d")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{two}:live"
    found = functions.get_alias(FunctionName=two, Name="live")
    assert {key: found[key] for key in ("AliasArn", "Name", "FunctionVersion", "Description")} == {
        "AliasArn": arn,
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "d",
    }
    assert invoke(two, Qualifier="live") == ["one", "1"]
    functions.update_alias(FunctionName=two, Name="live", FunctionVersion="2")
    assert invoke(arn) == ["two", "2"]
    assert [each["Name"] for each in functions.list_aliases(FunctionName=two)["Aliases"]] == ["live"]
    assert functions.list_aliases(FunctionName=two, FunctionVersion="1")["Aliases"] == []
    with pytest.raises(ClientError) as caught:
        functions.delete_function(FunctionName=two, Qualifier="2")
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
    functions.delete_alias(FunctionName=two, Name="live")
    functions.delete_alias(FunctionName=two, Name="live")
    with pytest.raises(ClientError) as caught:
        functions.get_alias(FunctionName=two, Name="live")
    assert caught.value.response["Error"]["Message"] == f"Cannot find alias arn: {arn}"


def test_an_alias_of_two_versions(functions: Any, two: str, invoke: Any) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.create_alias(FunctionName=two, Name="both", FunctionVersion="1", RoutingConfig=weights)
    assert functions.get_alias(FunctionName=two, Name="both")["RoutingConfig"] == weights
    assert {invoke(two, Qualifier="both")[1] for _ in range(40)} == {"1", "2"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"Name": "live", "FunctionVersion": "1"}, "ResourceConflictException"),
        ({"Name": "other", "FunctionVersion": "9"}, "ResourceNotFoundException"),
        (
            {
                "Name": "other",
                "FunctionVersion": "$LATEST",
                "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}},
            },
            "InvalidParameterValueException",
        ),
    ],
)
def test_aliases_that_are_refused(functions: Any, two: str, options: dict[str, Any], code: str) -> None:
    functions.create_alias(FunctionName=two, Name="live", FunctionVersion="1")
    with pytest.raises(ClientError) as caught:
        functions.create_alias(FunctionName=two, **options)
    assert caught.value.response["Error"]["Code"] == code
