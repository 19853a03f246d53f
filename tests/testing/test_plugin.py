"""The plugin as pytest finds it: installed, so there; it costs nothing where no cloud is asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MINE = '''
"""What a user writes."""

import boto3

import my_code


def test_my_code(cloud):
    boto3.client("kinesis").create_stream(StreamName="orders", ShardCount=1)
    my_code.send(b"one")
    assert cloud.client("kinesis").describe_stream_summary(StreamName="orders")
    assert my_code.count() == 1


def test_begins_anew(cloud):
    assert cloud.client("kinesis").list_streams()["StreamNames"] == []
'''
MY_CODE = """
import boto3


def send(data):
    boto3.client("kinesis").put_record(StreamName="orders", Data=data, PartitionKey="k")


def count():
    kinesis = boto3.client("kinesis")
    (shard,) = kinesis.list_shards(StreamName="orders")["Shards"]
    place = {"StreamName": "orders", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    return len(kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**place)["ShardIterator"])["Records"])
"""
WIDER = """
import pytest

from tailrace.testing import Cloud


@pytest.fixture(scope="session")
def lake():
    with Cloud() as cloud, cloud.as_aws():
        yield cloud


def test_one(lake):
    lake.client("s3").create_bucket(Bucket="stays-here")


def test_two(lake):
    assert [each["Name"] for each in lake.client("s3").list_buckets()["Buckets"]] == ["stays-here"]
"""
WITHOUT = """
import sys


def test_nothing_was_loaded():
    loaded = {name for name in sys.modules if name.startswith("tailrace.")}
    assert loaded == {"tailrace.testing", "tailrace.testing.plugin"}
    assert not {"boto3", "botocore", "rocksdict", "duckdb", "pyarrow", "uvloop", "typer"} & sys.modules.keys()
"""
TYPED = """
from decimal import Decimal

from tailrace.testing import Cloud, Hop, Unsettled


def test_it(cloud: Cloud) -> None:
    outputs: dict[str, str] = cloud.deploy("template.yaml", stack="orders", Shards=2)
    hops: list[Hop] = cloud.settle(patience_s=1)
    total: int = hops[0]["delivered"]
    cloud.faults.enable("duplicates", rate=0.5, seed=total)
    rows = cloud.query("SELECT 1", database=outputs["DatabaseName"])
    assert rows[0]["n"] == Decimal(1)
    raise Unsettled
"""
WRONG = """
from tailrace.testing import Cloud


def test_it(cloud: Cloud) -> None:
    cloud.settle()[0]["arrived"]
    cloud.fault.enable("duplicates")
"""


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder that has nothing to do with this project."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.parametrize(("source", "passed"), [(MINE, 2), (WIDER, 2), (WITHOUT, 1)], ids=["mine", "wider", "without"])
def test_a_users_tests_pass(tmp_path: Path, source: str, passed: int) -> None:
    (tmp_path / "test_mine.py").write_text(source)
    (tmp_path / "my_code.py").write_text(MY_CODE)
    done = run(tmp_path, "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "test_mine.py")
    assert f"{passed} passed" in done.stdout, done.stdout + done.stderr


def test_pytest_tells_of_the_fixture(tmp_path: Path) -> None:
    told = run(tmp_path, "pytest", "--fixtures", "-p", "no:cacheprovider").stdout
    assert "fixtures defined from tailrace.testing.plugin" in told
    assert "A Tailrace of this test alone" in told


def test_it_is_typed(tmp_path: Path) -> None:
    (tmp_path / "test_typed.py").write_text(TYPED)
    (tmp_path / "test_wrong.py").write_text(WRONG)
    strict = ("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "--follow-imports", "silent")
    right, wrong = run(tmp_path, *strict, "test_typed.py"), run(tmp_path, *strict, "test_wrong.py")
    assert right.returncode == 0, right.stdout
    assert 'TypedDict "Hop" has no key "arrived"' in wrong.stdout
    assert '"Cloud" has no attribute "fault"' in wrong.stdout
