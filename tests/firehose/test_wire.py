"""Firehose on the real wire with boto3, delivering to the real S3 as a real role."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
AT_ONCE = {"SizeInMBs": 1, "IntervalInSeconds": 0}


@pytest.fixture
def firehose(client: Callable[..., Any]) -> Any:
    return client("firehose")


@pytest.fixture
def bucket(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    name = unique("lake")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def role(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    """A role that Firehose may assume and that may do what deliveries need."""
    iam, name = client("iam"), unique("delivery")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": ["s3:*", "kinesis:*", "lambda:*", "logs:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=policy)
    return str(arn)


@pytest.fixture
def delivery(firehose: Any, bucket: str, role: str, unique: Callable[[str], str]) -> Iterator[str]:
    name = unique("delivery")
    destination = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{bucket}", "BufferingHints": AT_ONCE, "Prefix": "raw/"}
    firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)
    yield name
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def eventually(found: Callable[[], Any]) -> Any:
    """Answer what is found as soon as it is there: deliveries take milliseconds, a busy machine longer."""
    end = time.monotonic() + 20
    while not (answer := found()):
        assert time.monotonic() < end, "it never came"
    return answer


def bodies(s3: Any, bucket: str, prefix: str = "") -> list[bytes]:
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    return [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_direct_puts_arrive(client: Callable[..., Any], firehose: Any, delivery: str, bucket: str) -> None:
    s3 = client("s3")
    one = firehose.put_record(DeliveryStreamName=delivery, Record={"Data": b"one\n"})
    assert one["RecordId"]
    assert not one["Encrypted"]
    batch = [{"Data": b"%d\n" % number} for number in range(500)]
    many = firehose.put_record_batch(DeliveryStreamName=delivery, Records=batch)
    assert (many["FailedPutCount"], len(many["RequestResponses"])) == (0, 500)
    eventually(lambda: len(b"".join(bodies(s3, bucket)).splitlines()) == 501)
    lines = b"".join(bodies(s3, bucket)).splitlines()
    assert sorted(lines) == sorted([b"one", *[b"%d" % number for number in range(500)]])
    [first, *_] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert first["Key"].startswith("raw/")
    assert f"/{delivery}-1-" in first["Key"]


def test_a_kinesis_stream_is_delivered(
    client: Callable[..., Any], firehose: Any, bucket: str, role: str, unique: Callable[[str], str]
) -> None:
    kinesis, stream, name = client("kinesis"), unique("stream"), unique("delivery")
    kinesis.create_stream(StreamName=stream, ShardCount=2)
    arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    kinesis.put_record(StreamName=stream, PartitionKey="a", Data=b"before\n")
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": AT_ONCE,
            "CompressionFormat": "UNCOMPRESSED",
        },
    )
    records = [{"PartitionKey": str(number), "Data": b"%d\n" % number} for number in range(200)]
    kinesis.put_records(StreamName=stream, Records=records)
    s3 = client("s3")
    eventually(lambda: len(b"".join(bodies(s3, bucket)).splitlines()) >= 200)
    assert sorted(b"".join(bodies(s3, bucket)).splitlines(), key=int) == [b"%d" % number for number in range(200)]
    put = {"DeliveryStreamName": name, "Record": {"Data": b"x"}}
    assert refusal(firehose.put_record, **put) == (
        "InvalidArgumentException",
        "This operation is not permitted on KinesisStreamAsSource delivery stream type.",
    )
    firehose.delete_delivery_stream(DeliveryStreamName=name)


HANDLER = b"""
import base64

def handler(event, context):
    return {"records": [answer(record) for record in event["records"]]}

def answer(record):
    data = base64.b64decode(record["data"])
    if data == b"drop":
        return {"recordId": record["recordId"], "result": "Dropped"}
    if data == b"fail":
        return {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}
    if data == b"raise":
        raise ValueError("no")
    line = base64.b64encode(data.upper() + b"\\n").decode()
    return {"recordId": record["recordId"], "result": "Ok", "data": line}
"""


@pytest.fixture
def function(client: Callable[..., Any], role: str, unique: Callable[[str], str]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", HANDLER)
    name, trust = unique("transform"), json.dumps(TRUST).replace("firehose.", "lambda.")
    runner = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    made = client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=runner,
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    client("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    return str(made["FunctionArn"])


def test_records_are_transformed_by_a_function(
    client: Callable[..., Any], firehose: Any, bucket: str, role: str, function: str, unique: Callable[[str], str]
) -> None:
    name = unique("delivery")
    parameters = {"LambdaArn": f"{function}:$LATEST", "BufferIntervalInSeconds": "0", "NumberOfRetries": "1"}
    shown = [{"ParameterName": parameter, "ParameterValue": value} for parameter, value in parameters.items()]
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "BufferingHints": AT_ONCE,
            "Prefix": "rows/",
            "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
            "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": shown}]},
        },
    )
    s3 = client("s3")
    batch = [{"Data": data} for data in (b"a", b"drop", b"fail", b"b")]
    firehose.put_record_batch(DeliveryStreamName=name, Records=batch)
    eventually(lambda: len(bodies(s3, bucket, "rows/")) == 1 and len(bodies(s3, bucket, "failed/")) == 1)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"raise"})
    eventually(lambda: len(bodies(s3, bucket, "failed/")) == 2)
    assert bodies(s3, bucket, "rows/") == [b"A\nB\n"]
    lines = [json.loads(body) for body in bodies(s3, bucket, "failed/processing-failed/")]
    found = {(line["errorCode"], base64.b64decode(line["rawData"]), line["attemptsMade"]) for line in lines}
    assert found == {("Lambda.ProcessingFailedStatus", b"fail", 1), ("Lambda.FunctionError", b"raise", 2)}
    firehose.delete_delivery_stream(DeliveryStreamName=name)


def test_describe_update_list_and_tag(firehose: Any, delivery: str) -> None:
    found = firehose.describe_delivery_stream(DeliveryStreamName=delivery)["DeliveryStreamDescription"]
    assert (found["DeliveryStreamStatus"], found["VersionId"]) == ("ACTIVE", "1")
    [destination] = found["Destinations"]
    assert destination["ExtendedS3DestinationDescription"]["Prefix"] == "raw/"
    firehose.update_destination(
        DeliveryStreamName=delivery,
        CurrentDeliveryStreamVersionId="1",
        DestinationId=destination["DestinationId"],
        ExtendedS3DestinationUpdate={"Prefix": "new/"},
    )
    found = firehose.describe_delivery_stream(DeliveryStreamName=delivery)["DeliveryStreamDescription"]
    assert found["VersionId"] == "2"
    assert found["LastUpdateTimestamp"] >= found["CreateTimestamp"]
    listed = firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=delivery[:-1], Limit=10_000)
    assert delivery in listed["DeliveryStreamNames"]
    firehose.tag_delivery_stream(DeliveryStreamName=delivery, Tags=[{"Key": "team", "Value": "orders"}])
    tags = firehose.list_tags_for_delivery_stream(DeliveryStreamName=delivery)
    assert (tags["Tags"], tags["HasMoreTags"]) == ([{"Key": "team", "Value": "orders"}], False)
    firehose.untag_delivery_stream(DeliveryStreamName=delivery, TagKeys=["team"])
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName=delivery)["Tags"] == []


def test_errors_as_a_client_sees_them(firehose: Any, delivery: str, bucket: str, role: str) -> None:
    missing = ("ResourceNotFoundException", "Firehose none under account 123456789012 not found.")
    assert refusal(firehose.describe_delivery_stream, DeliveryStreamName="none") == missing
    assert refusal(firehose.put_record, DeliveryStreamName="none", Record={"Data": b""}) == missing
    assert refusal(firehose.put_record_batch, DeliveryStreamName="none", Records=[{"Data": b""}]) == missing
    assert refusal(firehose.delete_delivery_stream, DeliveryStreamName="none") == missing
    destination = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{bucket}"}
    code, _ = refusal(
        firehose.create_delivery_stream,
        DeliveryStreamName=delivery,
        ExtendedS3DestinationConfiguration=destination,
    )
    assert code == "ResourceInUseException"
    nobody = "arn:aws:iam::123456789012:role/nobody"
    assert refusal(
        firehose.create_delivery_stream,
        DeliveryStreamName="new",
        ExtendedS3DestinationConfiguration={**destination, "RoleARN": nobody},
    ) == (
        "InvalidArgumentException",
        f"Firehose is unable to assume role {nobody}. Please check the role provided.",
    )
    code, _ = refusal(
        firehose.update_destination,
        DeliveryStreamName=delivery,
        CurrentDeliveryStreamVersionId="9",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate={},
    )
    assert code == "ConcurrentModificationException"
    large = [{"Data": b"x" * 1_000_000}] * 5
    code, message = refusal(firehose.put_record_batch, DeliveryStreamName=delivery, Records=large)
    assert (code, message) == ("InvalidArgumentException", "Records size exceeds 4 MB limit")
    code, message = refusal(firehose.start_delivery_stream_encryption, DeliveryStreamName=delivery)
    assert "StartDeliveryStreamEncryption" in message
