"""The cloud of the test kit: it is there at once, it is reached like AWS, its time and its ledger are in one's hand."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import boto3
import pytest

from tailrace.testing import Cloud, CrawlFailed, DeploymentFailed, QueryFailed, Unsettled

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "orders"


def test_hours_pass_at_once(kit: Cloud) -> None:
    before = kit.now
    kit.advance(24 * 3600)
    assert kit.now - before == timedelta(days=1)


def test_with_the_machines_clock_time_passes_by_itself() -> None:
    with Cloud(manual_clock=False) as cloud:
        before = cloud.now
        assert cloud.settle() == []
        assert cloud.now > before
        with pytest.raises(ValueError, match="--clock manual"):
            cloud.advance(1)


def test_a_template_that_is_refused_says_why(kit: Cloud, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("Resources:\n  A:\n    Type: AWS::No::Such\n")
    with pytest.raises(DeploymentFailed, match="AWS::No::Such"):
        kit.deploy(bad)
    with pytest.raises(FileNotFoundError):
        kit.deploy(tmp_path / "none.yaml")


def test_parameters_and_outputs_of_a_template(kit: Cloud, tmp_path: Path) -> None:
    template = tmp_path / "my_streams.yaml"
    template.write_text(
        "Parameters:\n"
        "  Shards: {Type: Number, Default: 1}\n"
        "  Loud: {Type: String, Default: 'false', AllowedValues: ['true', 'false']}\n"
        "  Names: {Type: CommaDelimitedList, Default: ''}\n"
        "Resources: {Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: !Ref Shards}}}\n"
        "Outputs: {Name: {Value: !Ref Stream}, Told: {Value: !Join ['/', [!Ref Loud, !Join ['+', !Ref Names]]]}}\n"
    )
    outputs = kit.deploy(template, Shards=3, Loud=True, Names=["a", "b"])
    assert outputs["Told"] == "true/a+b"
    shards = kit.client("kinesis").list_shards(StreamName=outputs["Name"])["Shards"]
    assert len(shards) == 3
    assert kit.client("cloudformation").describe_stacks(StackName="my-streams")["Stacks"]
    assert kit.deploy(template, Shards=3) == outputs, "what is there already is no failure"
    with pytest.raises(DeploymentFailed, match="no parameter Nonsense; it has Loud, Names, Shards"):
        kit.deploy(template, Nonsense=1)


def test_each_cloud_begins_empty(kit: Cloud) -> None:
    kit.client("kinesis").create_stream(StreamName="mine", ShardCount=1)
    with Cloud() as other:
        assert other.endpoint != kit.endpoint
        assert other.client("kinesis").list_streams()["StreamNames"] == []


def test_ones_own_code_reaches_it_and_nothing_else(kit: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_PROFILE", "of-nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    before = dict(os.environ)
    program = "import boto3; print(boto3.client('sqs').list_queues()['QueueUrls'])"
    with kit.as_aws():
        url = boto3.client("sqs").create_queue(QueueName="seen")["QueueUrl"]
        assert boto3.resource("sqs").get_queue_by_name(QueueName="seen").url == url
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([url])
    assert dict(os.environ) == before
    assert kit.client("sqs").list_queues()["QueueUrls"] == [url]


def test_a_session_makes_clients_and_resources_of_its_cloud(kit: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    session = kit.session()
    session.client("s3").create_bucket(Bucket="of-a-session")
    assert "of-a-session" in [bucket.name for bucket in session.resource("s3").buckets.all()]
    assert session.client("sts", region_name="eu-west-1").meta.region_name == "eu-west-1"


def test_a_query_answers_pythons_values(kit: Cloud) -> None:
    sql = "SELECT 1 AS n, 1.5e0 AS x, DECIMAL '1.50' AS d, true AS yes, 'a' AS text, CAST(NULL AS integer) AS nothing"
    assert kit.query(sql) == [
        {"n": 1, "x": 1.5, "d": Decimal("1.50"), "yes": True, "text": "a", "nothing": None},
    ]
    assert kit.query("CREATE DATABASE made") == []
    assert kit.query("SHOW DATABASES LIKE 'made'") == [{"database_name": "made"}]
    with pytest.raises(QueryFailed, match="line 1:8: Column 'nonsense' cannot be resolved"):
        kit.query("SELECT nonsense FROM (VALUES 1) AS t(n)")


def test_a_crawl_that_fails_says_why(kit: Cloud) -> None:
    glue = kit.client("glue")
    glue.create_database(DatabaseInput={"Name": "empty"})
    kit.client("s3").create_bucket(Bucket="gone-soon")
    targets = {"S3Targets": [{"Path": "s3://gone-soon/"}]}
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    kit.client("iam").create_role(RoleName="crawls", AssumeRolePolicyDocument=document)
    allow = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    kit.client("iam").put_role_policy(RoleName="crawls", PolicyName="read", PolicyDocument=allow)
    glue.create_crawler(Name="lost", Role="crawls", DatabaseName="empty", Targets=targets)
    kit.client("s3").delete_bucket(Bucket="gone-soon")
    with pytest.raises(CrawlFailed, match="crawler lost ended with FAILED: "):
        kit.crawl("lost")


def test_what_cannot_settle_says_what_stays_and_why() -> None:
    with Cloud() as cloud:
        outputs = cloud.deploy(EXAMPLE / "template.yaml")
        cloud.client("pipes").stop_pipe(Name=outputs["PipeName"])
        table = cloud.client("dynamodb")
        table.put_item(TableName=outputs["TableName"], Item={"order_id": {"S": "1"}})
        with pytest.raises(Unsettled, match=r"1 at pipes/us-east-1/orders-pipe.* \(it does not run\)"):
            cloud.settle()
        pipe, _ = cloud.ledger()
        assert (pipe["received"], pipe["delivered"], pipe["in_flight"]) == (1, 0, 1)
