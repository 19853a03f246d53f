"""The AWS CLI, and a handler that acts as its role when policies decide."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def test_the_command_line(endpoint: str, role: str, zipped: Any, tmp_path: Path, unique: Callable[[str], str]) -> None:
    name, archive, answer = unique("function"), tmp_path / "app.zip", tmp_path / "answer"
    archive.write_bytes(zipped({"app.py": "def handler(event, context): return event['a'] + 1"}))
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def aws(*arguments: str | Path) -> Any:
        command = [Path(sys.executable).with_name("aws"), *arguments]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout) if found.stdout.strip() else None

    create = ("lambda", "create-function", "--function-name", name, "--runtime", "python3.12", "--role", role)
    assert aws(*create, "--handler", "app.handler", "--zip-file", f"fileb://{archive}")["State"] == "Pending"
    aws("lambda", "wait", "function-active-v2", "--function-name", name)
    said = aws("lambda", "invoke", "--function-name", name, "--payload", '{"a": 1}', answer)
    assert (said["StatusCode"], answer.read_text()) == (200, "2")
    events = aws("logs", "filter-log-events", "--log-group-name", f"/aws/lambda/{name}", "--filter-pattern", "REPORT")
    assert len(events["events"]) == 1


def test_a_handler_acts_as_its_role(zipped: Any, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    command = [sys.executable, "-m", "tailrace", "up", "--port", "0", "--durability", "memory", "--auth", "iam"]
    with subprocess.Popen([*command, "--data-dir", data_dir], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            ready = next(line for line in server.stdout if "ready" in line)
            key = json.loads((data_dir / "root-key.json").read_text())
            settings = {
                "region_name": "us-east-1",
                "endpoint_url": ready.split()[-1],
                "aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"],
            }
            who, refusal = outcome_of(settings, zipped)
            assert who == "arn:aws:sts::123456789012:assumed-role/runner/listing"
            assert refusal.startswith(f"User: {who} is not authorized to perform: kinesis:ListStreams on resource: *")
        finally:
            server.terminate()


def outcome_of(settings: dict[str, Any], zipped: Any) -> Any:
    """Who a handler is, and what it is told when it lists streams."""
    source = """
        import boto3
        def handler(event, context):
            who = boto3.client("sts").get_caller_identity()["Arn"]
            try:
                boto3.client("kinesis").list_streams()
            except Exception as error:
                return [who, error.response["Error"]["Message"]]
    """
    iam, functions = (boto3.client(service, **settings) for service in ("iam", "lambda"))
    role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    code = {"ZipFile": zipped({"app.py": source})}
    options = {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 30}
    functions.create_function(FunctionName="listing", Role=role, Code=code, **options)
    return json.loads(functions.invoke(FunctionName="listing")["Payload"].read())
