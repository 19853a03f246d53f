"""Unmodified clients against a whole Tailrace: boto3's transfers and the AWS CLI."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def aws(endpoint: str) -> Callable[..., str]:
    """Run the AWS CLI."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }

    def run(*words: str) -> str:
        command = [str(Path(sys.executable).with_name("aws")), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_cli_speaks_every_protocol(aws: Callable[..., str], unique: Callable[[str], str]) -> None:
    assert orjson.loads(aws("sts", "get-caller-identity"))["Account"] == "123456789012"
    assert "TableNames" in orjson.loads(aws("dynamodb", "list-tables"))
    assert "Functions" in orjson.loads(aws("lambda", "list-functions"))
    assert "Roles" in orjson.loads(aws("iam", "list-roles"))
    name = unique("cli")
    aws("kinesis", "create-stream", "--stream-name", name, "--shard-count", "1")
    data = ("--partition-key", "k", "--data", "aGVsbG8=")
    assert "SequenceNumber" in orjson.loads(aws("kinesis", "put-record", "--stream-name", name, *data))


def test_the_cli_copies_large_files_there_and_back(
    aws: Callable[..., str], unique: Callable[[str], str], tmp_path: Path
) -> None:
    bucket = unique("cli-bucket")
    content = os.urandom(20 << 20)
    (tmp_path / "there").write_bytes(content)
    aws("s3", "mb", f"s3://{bucket}")
    aws("s3", "cp", str(tmp_path / "there"), f"s3://{bucket}/a folder/file+1")
    assert "a folder/file+1" in aws("s3", "ls", f"s3://{bucket}", "--recursive")
    aws("s3", "cp", f"s3://{bucket}/a folder/file+1", str(tmp_path / "back"))
    assert hashlib.sha256((tmp_path / "back").read_bytes()).digest() == hashlib.sha256(content).digest()
    aws("s3", "rm", f"s3://{bucket}", "--recursive")
    aws("s3", "rb", f"s3://{bucket}")


def test_transfers_of_boto3_in_parts(client: Callable[..., Any], unique: Callable[[str], str], tmp_path: Path) -> None:
    s3 = client("s3")
    bucket = unique("boto-bucket")
    content = os.urandom(17 << 20)
    (tmp_path / "there").write_bytes(content)
    s3.create_bucket(Bucket=bucket)
    s3.upload_file(str(tmp_path / "there"), bucket, "ü b")
    s3.download_file(bucket, "ü b", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content
    assert s3.get_object(Bucket=bucket, Key="ü b", Range="bytes=5-9")["Body"].read() == content[5:10]


def test_operations_that_are_not_built_say_so(client: Callable[..., Any]) -> None:
    for service, call, code in (
        ("dynamodb", lambda found: found.list_global_tables(), "UnknownOperationException"),
        ("s3", lambda found: found.get_object_torrent(Bucket="b", Key="k"), "NotImplemented"),
        ("iam", lambda found: found.list_account_aliases(), "InvalidAction"),
        ("lambda", lambda found: found.list_layers(), "UnknownOperationException"),
    ):
        with pytest.raises(ClientError) as refused:
            call(client(service))
        error = refused.value.response["Error"]
        assert error["Code"] == code
        assert "Tailrace does not carry out" in error["Message"]
