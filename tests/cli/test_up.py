"""``tailrace up``: it says when it serves, stops when told, and refuses with one clear line."""

import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Any:
    """Start ``tailrace up`` with options; ended when the test is."""
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tailrace", "up", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def refusal(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, (out, err)
    assert "Traceback" not in err
    (line,) = err.strip().splitlines()
    return line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_stops_cleanly(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    process = start("--port", "0", "--data-dir", str(tmp_path))
    line = line_of(process)
    assert line.startswith("tailrace ready at http://127.0.0.1:")
    with urllib.request.urlopen(f"{line.split()[-1]}/_tailrace/health") as answer:
        assert json.loads(answer.read())["status"] == "ok"
    process.send_signal(number)
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_state_is_there_after_a_restart(start: Start, tmp_path: Path) -> None:
    for turn in range(2):
        process = start("--port", "0", "--data-dir", str(tmp_path))
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        kinesis = boto3.client("kinesis", endpoint_url=line_of(process).split()[-1], **keys)
        if turn == 0:
            kinesis.create_stream(StreamName="kept", ShardCount=1)
        assert kinesis.list_streams()["StreamNames"] == ["kept"]
        process.terminate()
        assert process.wait(20) == 0


def test_another_host_than_loopback_needs_iam(start: Start, tmp_path: Path) -> None:
    line = refusal(start("--host", "0.0.0.0", "--data-dir", str(tmp_path)))
    assert "requires --auth iam" in line


def test_a_bad_template_ends_it(start: Start, tmp_path: Path) -> None:
    assert "there is no template" in refusal(start(str(tmp_path / "none.yaml"), "--data-dir", str(tmp_path / "data")))
    bad = tmp_path / "bad.yaml"
    bad.write_text("Resources: [")
    process = start(str(bad), "--port", "0", "--data-dir", str(tmp_path / "data"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "not well-formed" in err and "Traceback" not in err


def test_a_data_directory_of_another_format_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "format").write_text("99\n")
    assert "has format 99" in refusal(start("--data-dir", str(tmp_path), "--port", "0"))


def test_with_iam_signatures_and_policies_decide(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0", "--data-dir", str(tmp_path), "--auth", "iam")
    path = Path(line_of(process).split()[-1])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    endpoint = line_of(process).split()[-1]
    root = json.loads(path.read_text())

    def client(service: str, key: str, secret: str) -> Any:
        return boto3.client(
            service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
        )

    iam = client("iam", root["AccessKeyId"], root["SecretAccessKey"])
    iam.create_user(UserName="reader")
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kinesis:List*", "Resource": "*"}}
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = client("kinesis", key["AccessKeyId"], key["SecretAccessKey"])
    assert reader.list_streams()["StreamNames"] == []
    with pytest.raises(ClientError) as denied:
        reader.create_stream(StreamName="s", ShardCount=1)
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "user/reader is not authorized to perform: kinesis:CreateStream" in str(denied.value)
    with pytest.raises(ClientError) as unknown:
        client("kinesis", "AKIAUNKNOWN000000000", "x").list_streams()
    assert unknown.value.response["Error"]["Code"] == "UnrecognizedClientException"
    with pytest.raises(ClientError) as forged:
        client("kinesis", key["AccessKeyId"], "wrong").list_streams()
    assert forged.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_the_command_explains_itself() -> None:
    for words in ([], ["--help"], ["up", "--help"], ["deploy", "--help"], ["tail", "--help"], ["query", "--help"]):
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
        done = subprocess.run(
            [sys.executable, "-m", "tailrace", *words], capture_output=True, text=True, env=environment, timeout=60
        )
        assert "Usage" in done.stdout + done.stderr
    done = subprocess.run([sys.executable, "-m", "tailrace", "nonsense"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
