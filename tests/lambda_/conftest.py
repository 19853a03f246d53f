"""Functions for tests: an execution role, zip archives made of source text, functions with a name of their own."""

import io
import json
import textwrap
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
ECHO = """
    def handler(event, context):
        return event
"""


def zip_of(files: dict[str, str | bytes]) -> bytes:
    """Answer an archive with files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in files.items():
            writer.writestr(name, textwrap.dedent(content) if isinstance(content, str) else content)
    return archive.getvalue()


@pytest.fixture
def zipped() -> Callable[[dict[str, str | bytes]], bytes]:
    """Make an archive of files: ``zipped({"app.py": source})``."""
    return zip_of


@pytest.fixture
def role(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    """The ARN of a role that Lambda may assume, and that may write logs and call functions."""
    iam, name = client("iam"), unique("role")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    calls = {"Effect": "Allow", "Action": ["lambda:GetFunction", "lambda:InvokeFunction"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": calls})
    iam.put_role_policy(RoleName=name, PolicyName="call-functions", PolicyDocument=document)
    return arn


@pytest.fixture
def functions(client: Callable[..., Any]) -> Any:
    """A client of Lambda that doesn't try again."""
    from botocore.config import Config

    return client("lambda", config=Config(retries={"total_max_attempts": 1}, read_timeout=60))


@pytest.fixture
def make(functions: Any, role: str, unique: Callable[[str], str]) -> Callable[..., str]:
    """Create a function of source text, ready to be invoked, and answer its name."""

    def create(source: str = ECHO, **options: Any) -> str:
        settings = {
            "FunctionName": unique("function"),
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": role,
            "Code": {"ZipFile": zip_of({"app.py": source})},
            **options,
        }
        name: str = functions.create_function(**settings)["FunctionName"]
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    return create


@pytest.fixture
def invoke(functions: Any) -> Callable[..., Any]:
    """Invoke a function with an event and answer what it says; its error object when it fails."""

    def call(name: str, event: Any = None, **options: Any) -> Any:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), **options)
        return json.loads(answer["Payload"].read())

    return call
