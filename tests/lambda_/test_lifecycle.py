"""CreateFunction, GetFunction, ListFunctions, UpdateFunction*, DeleteFunction, over the wire."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
LAYER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:l:1"
SUBNET = "subnet-0123456789abcdef0"
Zipped = Callable[[dict[str, Any]], bytes]


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[int, str, str]:
    response = caught.value.response
    error = response["Error"]
    return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]


@pytest.fixture
def settings(role: str, unique: Callable[[str], str], zipped: Zipped) -> dict[str, Any]:
    return {
        "FunctionName": unique("function"),
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": role,
        "Code": {"ZipFile": zipped({"app.py": "def handler(event, context): return 1"})},
    }


def test_a_new_function(functions: Any, settings: dict[str, Any]) -> None:
    answer = functions.create_function(**settings)
    name, code = settings["FunctionName"], settings["Code"]["ZipFile"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    expected = {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}",
        "Runtime": "python3.12",
        "Role": settings["Role"],
        "Handler": "app.handler",
        "CodeSize": len(code),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode(),
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }
    assert {member: answer[member] for member in expected} == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", answer["LastModified"])
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["RevisionId"])
    assert answer["RuntimeVersionConfig"]["RuntimeVersionArn"].startswith("arn:aws:lambda:us-east-1::runtime:")
    assert "Environment" not in answer and "LastUpdateStatus" not in answer
    later = functions.get_function(FunctionName=name)
    assert (later["Configuration"]["State"], later["Configuration"]["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in later["Configuration"]
    assert later["Code"] == {"RepositoryType": "S3"}
    assert functions.get_function_configuration(FunctionName=answer["FunctionArn"])["FunctionName"] == name


def test_everything_that_can_be_given(functions: Any, settings: dict[str, Any]) -> None:
    given = {
        "Description": "d",
        "Timeout": 900,
        "MemorySize": 10240,
        "Environment": {"Variables": {"AB": "1"}},
        "TracingConfig": {"Mode": "Active"},
        "Architectures": ["arm64"],
        "EphemeralStorage": {"Size": 1024},
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/mine", "ApplicationLogLevel": "DEBUG"},
        "Tags": {"team": "orders"},
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
        "SnapStart": {"ApplyOn": "None"},
    }
    functions.create_function(**settings, **given)
    answer = functions.get_function(FunctionName=settings["FunctionName"])
    expected = {k: v for k, v in given.items() if k not in ("Tags", "VpcConfig", "SnapStart", "LoggingConfig")}
    assert {member: answer["Configuration"][member] for member in expected} == expected
    assert answer["Configuration"]["LoggingConfig"] == {**given["LoggingConfig"], "SystemLogLevel": "INFO"}  # type: ignore[dict-item]
    assert answer["Tags"] == {"team": "orders"}


@pytest.mark.parametrize(
    ("changes", "status", "code", "text"),
    [
        ({"Runtime": "python2.7"}, 400, "InvalidParameterValueException", "Value python2.7 at 'runtime' failed"),
        ({"Runtime": "nodejs22.x"}, 400, "InvalidParameterValueException", "Value nodejs22.x at 'runtime' failed"),
        ({"Runtime": None}, 400, "InvalidParameterValueException", "Runtime is mandatory for functions created with"),
        ({"Handler": None}, 400, "InvalidParameterValueException", "Handler is mandatory for functions created with"),
        ({"Code": {}}, 400, "InvalidParameterValueException", "Please provide a source for function code."),
        ({"Code": {"ZipFile": b"no zip"}}, 400, "InvalidParameterValueException", "Could not unzip uploaded file."),
        ({"Code": {"ImageUri": "x"}}, 400, "InvalidParameterValueException", "container images"),
        (
            {"Role": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
            400,
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        ({"Timeout": 901}, 400, "ValidationException", "Member must have value less than or equal to 900"),
        ({"MemorySize": 10241}, 400, "InvalidParameterValueException", "less than or equal to 10240"),
        (
            {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]},
            400,
            "InvalidParameterValueException",
            "Layers",
        ),
        (
            {"VpcConfig": {"SubnetIds": ["subnet-0123456789abcdef0"]}},
            400,
            "InvalidParameterValueException",
            "VpcConfig",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            400,
            "InvalidParameterValueException",
            "Reserved keys used in this request: AWS_REGION",
        ),
        (
            {"Environment": {"Variables": {"AB": "x" * 4097}}},
            400,
            "InvalidParameterValueException",
            'exceeded the 4KB limit. String measured: {"AB":"xx',
        ),
        ({"FunctionName": "f" * 65}, 400, "InvalidParameterValueException", "length less than or equal to 64"),
        ({"LoggingConfig": {"ApplicationLogLevel": "INFO"}}, 400, "InvalidParameterValueException", "LogFormat"),
    ],
)
def test_what_is_refused(
    functions: Any, settings: dict[str, Any], changes: dict[str, Any], status: int, code: str, text: str
) -> None:
    wrong = {key: value for key, value in {**settings, **changes}.items() if value is not None}
    with pytest.raises(ClientError) as caught:
        functions.create_function(**wrong)
    found = error_of(caught)
    assert found[:2] == (status, code)
    assert text in found[2]
    assert settings["FunctionName"] not in [each["FunctionName"] for each in functions.list_functions()["Functions"]]


def test_a_role_that_does_not_trust_lambda(
    functions: Any, settings: dict[str, Any], client: Callable[..., Any], unique: Callable[[str], str]
) -> None:
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pipes.amazonaws.com"},"Action":"sts:AssumeRole"}]}'  # noqa: E501
    arn = client("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    with pytest.raises(ClientError) as caught:
        functions.create_function(**{**settings, "Role": arn})
    assert error_of(caught)[2] == "The role defined for the function cannot be assumed by Lambda."


def test_a_name_is_taken_once(functions: Any, settings: dict[str, Any]) -> None:
    functions.create_function(**settings)
    with pytest.raises(ClientError) as caught:
        functions.create_function(**settings)
    name = settings["FunctionName"]
    assert error_of(caught) == (409, "ResourceConflictException", f"Function already exist: {name}")
    assert caught.value.response["Type"] == "User"


@pytest.mark.parametrize(
    "operation", ["get_function", "get_function_configuration", "delete_function", "invoke", "update_function_code"]
)
def test_a_function_that_is_not_there(functions: Any, operation: str, zipped: Zipped) -> None:
    options = {"ZipFile": zipped({"a.py": ""})} if operation == "update_function_code" else {}
    with pytest.raises(ClientError) as caught:
        getattr(functions, operation)(FunctionName="nobody", **options)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nobody"
    assert error_of(caught) == (404, "ResourceNotFoundException", f"Function not found: {arn}")
    assert caught.value.response["Message"] == f"Function not found: {arn}"
    assert caught.value.response["Error"]["Type"] == "User" if "Type" in caught.value.response["Error"] else True


def test_names_and_arns(functions: Any, make: Callable[..., str]) -> None:
    name = make()
    for reference in (
        f"function:{name}",
        f"{ACCOUNT}:function:{name}",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}",
        f"{name}:$LATEST",
    ):
        assert functions.get_function(FunctionName=reference)["Configuration"]["FunctionName"] == name
    with pytest.raises(ClientError) as caught:
        functions.get_function(FunctionName=f"{name}:1", Qualifier="2")
    assert error_of(caught)[2].startswith("The derived qualifier from the function name does not match")
    with pytest.raises(ClientError) as caught:
        functions.get_function(FunctionName=f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}")
    assert error_of(caught)[0] == 404


def test_code_from_s3(
    functions: Any, settings: dict[str, Any], client: Callable[..., Any], unique: Callable[[str], str], invoke: Any
) -> None:
    s3, bucket = client("s3"), unique("code")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a/code.zip", Body=settings["Code"]["ZipFile"])
    functions.create_function(**{**settings, "Code": {"S3Bucket": bucket, "S3Key": "a/code.zip"}})
    assert invoke(settings["FunctionName"]) == 1
    with pytest.raises(ClientError) as caught:
        functions.update_function_code(FunctionName=settings["FunctionName"], S3Bucket=bucket, S3Key="no.zip")
    assert error_of(caught) == (
        400,
        "InvalidParameterValueException",
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    )


def test_new_code(functions: Any, make: Callable[..., str], zipped: Zipped, invoke: Any) -> None:
    name = make("def handler(event, context): return 'old'")
    assert invoke(name) == "old"
    before = functions.get_function_configuration(FunctionName=name)
    code = zipped({"app.py": "def handler(event, context): return 'new'"})
    tried = functions.update_function_code(FunctionName=name, ZipFile=code, DryRun=True)
    assert tried["CodeSha256"] != before["CodeSha256"]
    assert invoke(name) == "old"
    answer = functions.update_function_code(FunctionName=name, ZipFile=code)
    assert (answer["LastUpdateStatus"], answer["State"]) == ("InProgress", "Active")
    assert answer["RevisionId"] != before["RevisionId"]
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert invoke(name) == "new"


def test_new_settings(functions: Any, make: Callable[..., str], invoke: Any) -> None:
    source = """
        import os
        def handler(event, context):
            return [os.environ.get("AB"), context.memory_limit_in_mb]
        def other(event, context):
            return "other"
    """
    name = make(source)
    assert invoke(name) == [None, "128"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"AB": "1"}}, MemorySize=256, Description="more"
    )
    assert invoke(name) == ["1", "256"]
    functions.update_function_configuration(FunctionName=name, Handler="app.other")
    assert invoke(name) == "other"
    answer = functions.update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    assert "Environment" not in answer
    assert (answer["Description"], answer["MemorySize"]) == ("more", 256)


def test_revisions_are_locked(functions: Any, make: Callable[..., str]) -> None:
    name = make()
    revision = functions.get_function_configuration(FunctionName=name)["RevisionId"]
    functions.update_function_configuration(FunctionName=name, Timeout=4, RevisionId=revision)
    with pytest.raises(ClientError) as caught:
        functions.update_function_configuration(FunctionName=name, Timeout=5, RevisionId=revision)
    assert error_of(caught) == (
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    )


def test_listing_by_pages(functions: Any, make: Callable[..., str]) -> None:
    names = {make() for _ in range(3)}
    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    listed = [each["FunctionName"] for page in pages for each in page["Functions"]]
    assert names <= set(listed) and len(listed) == len(set(listed))
    name = min(names)
    functions.publish_version(FunctionName=name)
    every = [
        (each["FunctionName"], each["Version"])
        for page in functions.get_paginator("list_functions").paginate(FunctionVersion="ALL")
        for each in page["Functions"]
    ]
    assert {(name, "$LATEST"), (name, "1")} <= set(every)


def test_deletion_and_another_of_the_same_name(functions: Any, make: Callable[..., str], invoke: Any) -> None:
    name = make("def handler(event, context): return 'first'")
    assert invoke(name) == "first"
    assert functions.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ClientError):
        functions.get_function(FunctionName=name)
    make("def handler(event, context): return 'second'", FunctionName=name)
    assert invoke(name) == "second"


def test_functions_of_other_regions(client: Callable[..., Any], make: Callable[..., str]) -> None:
    name = make()
    elsewhere = client("lambda", region_name="eu-west-1")
    assert name not in [each["FunctionName"] for each in elsewhere.list_functions()["Functions"]]
