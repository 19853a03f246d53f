"""The clients that people use: the AWS CLI's s3 commands and s3transfer with files of many parts."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., str]


@pytest.fixture
def aws(endpoint: str, tmp_path: Path) -> Cli:
    """Run the AWS CLI and answer what it prints."""

    def run(*arguments: str) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
        }
        command = [sys.executable, "-m", "awscli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_cli_copies_lists_synchronises_and_removes(aws: Cli, bucket: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.txt").write_text("one")
    (folder / "deep" / "two ü.txt").write_text("two")
    aws("s3", "sync", str(folder), f"s3://{bucket}/data")
    assert "one.txt" in aws("s3", "ls", f"s3://{bucket}/data/")
    assert "PRE deep/" in aws("s3", "ls", f"s3://{bucket}/data/")
    assert "two ü.txt" in aws("s3", "ls", "--recursive", f"s3://{bucket}")
    aws("s3", "cp", f"s3://{bucket}/data/one.txt", str(tmp_path / "back.txt"))
    assert (tmp_path / "back.txt").read_text() == "one"
    aws("s3", "cp", f"s3://{bucket}/data/one.txt", f"s3://{bucket}/copy.txt")
    aws("s3", "mv", f"s3://{bucket}/copy.txt", f"s3://{bucket}/moved.txt")
    aws("s3", "sync", f"s3://{bucket}/data", str(tmp_path / "again"))
    assert (tmp_path / "again" / "deep" / "two ü.txt").read_text() == "two"
    assert aws("s3", "sync", f"s3://{bucket}/data", str(tmp_path / "again")) == ""
    aws("s3", "rm", "--recursive", f"s3://{bucket}")
    assert aws("s3", "ls", f"s3://{bucket}") == ""
    aws("s3", "rb", f"s3://{bucket}")


def test_files_of_many_parts_go_up_and_come_down(s3: Any, bucket: str, tmp_path: Path) -> None:
    body = os.urandom(2**20) * 20 + b"end"
    (tmp_path / "up").write_bytes(body)
    s3.upload_file(str(tmp_path / "up"), bucket, "large")
    head = s3.head_object(Bucket=bucket, Key="large", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ETag"][-3:]) == (len(body), '-3"')
    assert head["ChecksumType"] in ("COMPOSITE", "FULL_OBJECT")
    s3.download_file(bucket, "large", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == body
    s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied")
    s3.download_file(bucket, "copied", str(tmp_path / "copied"))
    assert (tmp_path / "copied").read_bytes() == body
