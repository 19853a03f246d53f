"""The command lines that people deploy with: the AWS CLI's package and deploy, unmodified, and tailrace deploy."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.cli.artefacts import PackagingError, package

from .conftest import Stacks

HANDLER = "def handler(event, context):\n    return {'version': VERSION}\n"
TEMPLATE = """\
# every comment stays
Transform: AWS::Serverless-2016-10-31
Parameters:
  Delay: {Type: Number, Default: 5}
  Kept: {Type: String, Default: first}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: !Ref Delay
      Tags: [{Key: kept, Value: !Ref Kept}]
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/   # relative to the template
      Handler: app.handler
      Runtime: python3.12
Outputs:
  Url: {Value: !Ref Queue}
  Function: {Value: !Ref Function}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A template beside its code."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text(HANDLER.replace("VERSION", "1"))
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def run(program: str, *arguments: str, endpoint: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


def invoke(client: Callable[..., Any], stack: dict[str, Any]) -> Any:
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return json.loads(client("lambda").invoke(FunctionName=outputs["Function"])["Payload"].read())


def test_the_aws_cli_packages_and_deploys(
    stacks: Stacks, client: Callable[..., Any], unique: Callable[[str], str], endpoint: str, project: Path
) -> None:
    bucket, name = unique("packages"), stacks.name()
    client("s3").create_bucket(Bucket=bucket)

    def deploy(*more: str) -> subprocess.CompletedProcess[str]:
        packed = ["--template-file", "template.yaml", "--s3-bucket", bucket, "--output-template-file", "packaged.yaml"]
        made = run("aws", "cloudformation", "package", *packed, endpoint=endpoint, folder=project)
        assert made.returncode == 0, made.stderr
        stack = ["--template-file", "packaged.yaml", "--stack-name", name, "--capabilities", "CAPABILITY_IAM"]
        done = run("aws", "cloudformation", "deploy", *stack, *more, endpoint=endpoint, folder=project)
        ended = int(time.time())
        while int(time.time()) == ended:  # the CLI names its change sets by the second
            time.sleep(0.05)
        return done

    first = deploy("--parameter-overrides", "Kept=mine", "--tags", "team=data")
    assert (first.returncode, "Successfully created/updated stack" in first.stdout) == (0, True), first
    stack = stacks.at_rest(name)
    assert (stack["StackStatus"], stack["Tags"]) == ("CREATE_COMPLETE", [{"Key": "team", "Value": "data"}])
    assert invoke(client, stack) == {"version": 1}
    unchanged = deploy("--no-fail-on-empty-changeset", "--tags", "team=data")
    assert (unchanged.returncode, "No changes to deploy" in unchanged.stdout) == (0, True), unchanged
    (project / "src/app.py").write_text(HANDLER.replace("VERSION", "2"))
    second = deploy("--parameter-overrides", "Delay=7", "--s3-bucket", bucket)
    assert second.returncode == 0, second.stderr
    stack = stacks.at_rest(name)
    assert stack["StackStatus"] == "UPDATE_COMPLETE" and invoke(client, stack) == {"version": 2}
    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert values == {"Delay": "7", "Kept": "mine"}


def test_tailrace_deploys_and_deploys_again(
    stacks: Stacks, client: Callable[..., Any], endpoint: str, project: Path
) -> None:
    name = stacks.name()

    def deploy(*more: str) -> subprocess.CompletedProcess[str]:
        return run("tailrace", "deploy", "template.yaml", "--stack", name, *more, endpoint=endpoint, folder=project)

    first = deploy("--parameter", "Kept=a=b")
    assert first.returncode == 0, first.stderr
    stack = stacks.at_rest(name)
    url = stacks.physical(stack, "Queue")
    lines = first.stdout.splitlines()
    assert "CREATE_IN_PROGRESS" in lines[0] and f"Url       {url}" in lines
    assert any("CREATE_COMPLETE" in line and "AWS::Lambda::Function" in line for line in lines)
    assert invoke(client, stack) == {"version": 1}
    assert client("sqs").list_queue_tags(QueueUrl=url)["Tags"]["kept"] == "a=b"
    assert stacks.formation.get_template(StackName=name)["TemplateBody"].startswith("# every comment stays\n")
    unchanged = deploy()
    assert (unchanged.returncode, unchanged.stdout.splitlines()[0]) == (
        0,
        f"No changes: stack {name} is as the template says.",
    )
    (project / "src/app.py").write_text(HANDLER.replace("VERSION", "2"))
    second = deploy("--json", "--parameter", "Delay=9")
    assert second.returncode == 0, second.stderr
    answer = json.loads(second.stdout)
    assert (answer["StackName"], answer["StackStatus"], answer["Outputs"]["Url"]) == (name, "UPDATE_COMPLETE", url)
    assert "UPDATE_COMPLETE" in second.stderr
    stack = stacks.at_rest(name)
    assert invoke(client, stack) == {"version": 2}
    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert values == {"Delay": "9", "Kept": "a=b"}


SERVERLESS = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Environment: {Variables: {TABLE: !Ref Items}}
Resources:
  Items:
    Type: AWS::Serverless::SimpleTable
  Streamed:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {StreamModeDetails: {StreamMode: ON_DEMAND}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      AutoPublishAlias: live
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref Items}
        - AmazonS3ReadOnlyAccess
      Events:
        Table: {Type: DynamoDB, Properties: {Stream: !GetAtt Streamed.StreamArn, StartingPosition: TRIM_HORIZON}}
        Kinesis: {Type: Kinesis, Properties: {Stream: !GetAtt Stream.Arn, StartingPosition: LATEST}}
        Bucket: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*"}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration: {Rules: [{Id: r, Status: Enabled, Prefix: tmp/, ExpirationInDays: 3}]}
  Grant:
    Type: AWS::Serverless::Connector
    Properties: {Source: {Id: Function}, Destination: {Id: Items}, Permissions: [Read, Write]}
Outputs:
  Function: {Value: !Ref Function.Alias}
  Version: {Value: !Ref Function.Version}
"""


def test_a_serverless_application_with_events_versions_and_connectors(
    stacks: Stacks, client: Callable[..., Any], endpoint: str, project: Path
) -> None:
    name = stacks.name()
    (project / "template.yaml").write_text(SERVERLESS)

    def deploy() -> dict[str, str]:
        arguments = ["deploy", "template.yaml", "--stack", name, "--json"]
        done = run("tailrace", *arguments, endpoint=endpoint, folder=project)
        assert done.returncode == 0, done.stderr
        outputs: dict[str, str] = json.loads(done.stdout)["Outputs"]
        return outputs

    first = deploy()
    assert first["Function"].endswith(":live")
    stack = stacks.at_rest(name)
    assert invoke(client, stack) == {"version": 1}
    bucket = stacks.physical(stack, "Bucket")
    notified = client("s3").get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]
    assert [each["Events"] for each in notified] == [["s3:ObjectCreated:*"]]
    (project / "src/app.py").write_text(HANDLER.replace("VERSION", "2"))
    second = deploy()
    assert (first["Version"].rpartition(":")[2], second["Version"].rpartition(":")[2]) == ("1", "2")
    assert invoke(client, stacks.at_rest(name)) == {"version": 2}
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def test_a_large_template_goes_by_way_of_a_bucket(stacks: Stacks, endpoint: str, project: Path) -> None:
    name = stacks.name()
    (project / "template.yaml").write_text(TEMPLATE + f"Description: x\nMetadata:\n  Large: {'y' * 60_000}\n")
    done = run("tailrace", "deploy", "template.yaml", "--stack", name, endpoint=endpoint, folder=project)
    assert done.returncode == 0, done.stderr
    assert stacks.at_rest(name)["StackStatus"] == "CREATE_COMPLETE"


def test_a_failure_says_why_and_ends_with_a_status(stacks: Stacks, endpoint: str, project: Path) -> None:
    name = stacks.name()
    done = run(
        "tailrace",
        "deploy",
        "template.yaml",
        "--stack",
        name,
        "--parameter",
        "Delay=99999",
        endpoint=endpoint,
        folder=project,
    )
    assert done.returncode == 1
    assert "CREATE_FAILED" in done.stdout and "HandlerErrorCode: InvalidRequest" in done.stdout
    assert done.stderr.splitlines()[-1] == f"tailrace: stack {name} ended in ROLLBACK_COMPLETE"
    again = run("tailrace", "deploy", "template.yaml", "--stack", name, endpoint=endpoint, folder=project)
    assert (again.returncode, again.stderr) == (
        1,
        f"tailrace: stack {name} is in ROLLBACK_COMPLETE and can only be deleted; delete it and deploy again\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.yaml"], "there is no template at none.yaml"),
        (["bad.yaml"], "the template is not well-formed"),
        (["template.yaml", "--parameter", "Nope=1"], "the template has no parameter Nope; it has Delay, Kept"),
        (["template.yaml", "--parameter", "Delay"], "--parameter Delay: write NAME=VALUE"),
        (["template.yaml", "--parameter", "Delay=x"], "ValidationError: Parameter 'Delay' must be a number."),
        (["template.yaml", "--endpoint", "http://127.0.0.1:1"], "nothing answers at http://127.0.0.1:1"),
        (["lost.yaml"], "Function: CodeUri nowhere/ is no file or folder in"),
    ],
)
def test_what_is_wrong_is_one_clear_line(arguments: list[str], message: str, endpoint: str, project: Path) -> None:
    (project / "bad.yaml").write_text("a: [")
    (project / "lost.yaml").write_text(TEMPLATE.replace("src/", "nowhere/"))
    done = run("tailrace", "deploy", *arguments, "--stack", "never", endpoint=endpoint, folder=project)
    assert done.returncode in (1, 2) and done.stdout == ""
    assert done.stderr.startswith(f"tailrace: {message}") and "Traceback" not in done.stderr


def test_the_same_code_makes_the_same_artefact(project: Path) -> None:
    text, first = package(TEMPLATE, project, lambda: "b")
    os.utime(project / "src/app.py", (1, 1))
    (project / "src/__pycache__").mkdir()
    (project / "src/__pycache__/app.pyc").write_bytes(b"x")
    assert package(TEMPLATE, project, lambda: "b") == (text, first)
    assert f'CodeUri: "s3://b/{first[0].key}"   # relative to the template' in text
    with zipfile.ZipFile(io.BytesIO(first[0].body)) as archive:
        assert archive.namelist() == ["app.py"]


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_code_of_a_plain_function_is_named_as_an_object(kind: str, project: Path) -> None:
    body = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src", "Handler": "a.b"}}}}
    text = (
        json.dumps(body) if kind == "json" else "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: src}}}"
    )
    packaged, (artefact,) = package(text, project, lambda: "b")
    assert f'{{"S3Bucket":"b","S3Key":"{artefact.key}"}}' in packaged
    if kind == "json":
        properties = json.loads(packaged)["Resources"]["F"]["Properties"]
        assert properties["Code"] == {"S3Bucket": "b", "S3Key": artefact.key}


@pytest.mark.parametrize("text", ["CodeUri: s3://b/k", "InlineCode: x", "CodeUri: {Bucket: b, Key: k}"])
def test_what_is_in_s3_or_inline_is_left_alone(text: str, project: Path) -> None:
    template = f"Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      {text}\n"
    assert package(template, project, lambda: pytest.fail("no bucket is needed")) == (template, [])


def test_a_path_that_leads_nowhere_is_refused(project: Path) -> None:
    with pytest.raises(PackagingError, match="Function: CodeUri gone/ is no file or folder"):
        package(TEMPLATE.replace("src/", "gone/"), project, lambda: "b")
