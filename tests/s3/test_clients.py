"""The clients that people use: the AWS CLI's s3 commands and s3transfer with files of many parts."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from awscli.clidriver import create_clidriver

Cli = Callable[..., str]


@pytest.fixture
def aws(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the AWS CLI in this process, for its start takes longer than its work, and answer what it prints."""
    settings = {
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> str:
        capsys.readouterr()
        status = create_clidriver().main(list(arguments))
        printed = capsys.readouterr()
        assert status == 0 or (status == 1 and not printed.err), printed.err
        return printed.out

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


def test_awswrangler_writes_lists_reads_and_deletes(
    endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import awswrangler
    import boto3
    import pandas

    monkeypatch.setattr(awswrangler.config, "s3_endpoint_url", endpoint)
    session = boto3.Session("test", "test", region_name="us-east-1")
    frame = pandas.DataFrame({"id": [1, 2, 3], "day": ["a", "a", "b"]})
    root = f"s3://{bucket}/data/"
    written = awswrangler.s3.to_parquet(
        frame, root, dataset=True, partition_cols=["day"], boto3_session=session, index=False
    )
    assert len(written["paths"]) == 2
    assert sorted(awswrangler.s3.list_objects(root, boto3_session=session)) == sorted(written["paths"])
    assert awswrangler.s3.list_directories(root, boto3_session=session) == [f"{root}day=a/", f"{root}day=b/"]
    back = awswrangler.s3.read_parquet(root, dataset=True, boto3_session=session)
    assert sorted(back["id"]) == [1, 2, 3]
    awswrangler.s3.delete_objects(root, boto3_session=session)
    assert awswrangler.s3.list_objects(root, boto3_session=session) == []


def test_many_connections_at_once(client: Callable[..., Any], bucket: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from botocore.config import Config

    s3 = client("s3", config=Config(max_pool_connections=16))

    def put_and_get(number: int) -> bool:
        body = os.urandom(100_000 + number)
        s3.put_object(Bucket=bucket, Key=f"k{number % 10}", Body=body)
        s3.put_object(Bucket=bucket, Key=f"own{number}", Body=body)
        got: bytes = s3.get_object(Bucket=bucket, Key=f"own{number}")["Body"].read()
        s3.get_object(Bucket=bucket, Key=f"k{number % 10}")["Body"].read()
        return got == body

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(put_and_get, range(100)))
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert len(keys) == 110


def test_only_one_of_many_creators_wins(client: Callable[..., Any], bucket: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from botocore.config import Config
    from botocore.exceptions import ClientError

    s3 = client("s3", config=Config(max_pool_connections=8, retries={"max_attempts": 0}))

    def create(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(24)))
    assert won.count(True) == 1
    assert s3.get_object(Bucket=bucket, Key="lock")["Body"].read() == str(won.index(True)).encode()
