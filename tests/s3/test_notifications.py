"""Notifications: told to queues with the change itself, to functions right after; filters, test messages, refusals."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

Refusal = Callable[..., dict[str, Any]]
Unique = Callable[[str], str]
Client = Callable[..., Any]

HANDLER = """
def handler(event, context):
    record = event["Records"][0]
    print(record["eventName"], record["s3"]["object"]["key"])
"""


class Inbox:
    """A queue that is told of events."""

    def __init__(self, sqs: Any, name: str) -> None:
        self._sqs = sqs
        self.url = sqs.create_queue(QueueName=name)["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = told["Attributes"]["QueueArn"]

    def take(self) -> list[Any]:
        """Answer what has come, once."""
        found: list[Any] = []
        while messages := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
        return found


@pytest.fixture
def inbox(client: Client, unique: Unique) -> Inbox:
    return Inbox(client("sqs"), unique("inbox"))


def watch(s3: Any, bucket: str, arn: str, *events: str, **more: Any) -> None:
    wanted = {"QueueArn": arn, "Events": list(events), **more}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]})


def test_a_queue_is_told_of_what_happens(s3: Any, bucket: str, inbox: Inbox) -> None:
    watch(s3, bucket, inbox.arn, "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", Id="watch")
    (test,) = inbox.take()
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    s3.put_object(Bucket=bucket, Key="a b/ü@", Body=b"something")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b/ü@"})
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload_id, PartNumber=1, Body=b"x")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload_id, MultipartUpload={"Parts": parts})
    s3.put_object_tagging(Bucket=bucket, Key="copy", Tagging={"TagSet": []})
    s3.delete_object_tagging(Bucket=bucket, Key="copy")
    s3.delete_object(Bucket=bucket, Key="copy")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "parts"}]})
    records = [message["Records"][0] for message in inbox.take()]
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put",
        "ObjectCreated:Copy",
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectTagging:Put",
        "ObjectTagging:Delete",
        "ObjectRemoved:Delete",
        "ObjectRemoved:Delete",
    ]
    first = records[0]
    assert (first["eventVersion"], first["eventSource"], first["awsRegion"]) == ("2.1", "aws:s3", "us-east-1")
    assert first["s3"]["configurationId"] == "watch"
    assert first["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket}"
    told = first["s3"]["object"]
    assert (told["key"], told["size"]) == ("a+b/%C3%BC%40", 9)
    assert told["eTag"] == "437b930db84b8079c2dd804a71936b5f"
    assert records[3]["eventVersion"] == "2.3"
    assert "size" not in records[5]["s3"]["object"]
    order = [record["s3"]["object"]["sequencer"] for record in records if "sequencer" in record["s3"]["object"]]
    assert order == sorted(order)


def test_filters_by_prefix_and_suffix(s3: Any, bucket: str, inbox: Inbox) -> None:
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".json"}]
    watch(s3, bucket, inbox.arn, "s3:ObjectCreated:Put", Filter={"Key": {"FilterRules": rules}})
    inbox.take()
    for key in ("in/a.json", "in/a.csv", "out/a.json"):
        s3.put_object(Bucket=bucket, Key=key)
    assert [message["Records"][0]["s3"]["object"]["key"] for message in inbox.take()] == ["in/a.json"]
    (kept,) = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert kept["Filter"]["Key"]["FilterRules"] == [
        {"Name": "Prefix", "Value": "in/"},
        {"Name": "Suffix", "Value": ".json"},
    ]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="in/b.json")
    assert inbox.take() == []


def test_a_refused_put_is_not_told(s3: Any, bucket: str, inbox: Inbox, refused: Refusal) -> None:
    watch(s3, bucket, inbox.arn, "s3:ObjectCreated:*")
    inbox.take()
    refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ChecksumCRC32="AAAAAA==")
    assert inbox.take() == []


def test_a_function_is_told(client: Client, s3: Any, bucket: str, unique: Unique) -> None:
    name = unique("told")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", HANDLER)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    functions = client("lambda")
    arn = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    wanted = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [wanted]}
    )
    s3.put_object(Bucket=bucket, Key="news")
    logs, lines = client("logs"), ""
    deadline = time.monotonic() + 20
    while "ObjectCreated:Put news" not in lines and time.monotonic() < deadline:
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        if f"/aws/lambda/{name}" in groups:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
            lines = "\n".join(event["message"] for event in found)
    assert "ObjectCreated:Put news" in lines


def test_what_is_refused(s3: Any, bucket: str, inbox: Inbox, refused: Refusal) -> None:
    def put(**configuration: Any) -> dict[str, Any]:
        put = s3.put_bucket_notification_configuration
        return refused(put, Bucket=bucket, NotificationConfiguration=configuration)

    events = ["s3:ObjectCreated:*"]
    error = put(QueueConfigurations=[{"QueueArn": "invalid-queue", "Events": events}])
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "The ARN could not be parsed")
    assert (error["ArgumentName"], error["ArgumentValue"]) == ("Queue", "invalid-queue")
    gone = "arn:aws:sqs:us-east-1:123456789012:no-such-queue"
    error = put(QueueConfigurations=[{"QueueArn": gone, "Events": events}])
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert (error["ArgumentName1"], error["ArgumentValue1"]) == (gone, "The destination queue does not exist")
    function = "arn:aws:lambda:us-east-1:123456789012:function:none"
    error = put(LambdaFunctionConfigurations=[{"LambdaFunctionArn": function, "Events": events}])
    assert error["ArgumentValue1"] == f"Not authorized to invoke function [{function}]"
    twice = [{"QueueArn": inbox.arn, "Events": events}, {"QueueArn": inbox.arn, "Events": ["s3:ObjectCreated:Put"]}]
    assert put(QueueConfigurations=twice)["Message"].startswith("Configurations overlap.")
    bad = {"Key": {"FilterRules": [{"Name": "prefix"}]}}
    error = put(QueueConfigurations=[{"QueueArn": inbox.arn, "Events": events, "Filter": bad}])
    assert error["Code"] == "MalformedXML"
    assert put(TopicConfigurations=[{"TopicArn": "arn:aws:sns:us-east-1:1:t", "Events": events}])["Status"] == 501
    assert put(EventBridgeConfiguration={})["Status"] == 501
    assert inbox.take() == []
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": gone, "Events": events}]},
        SkipDestinationValidation=True,
    )
    s3.put_object(Bucket=bucket, Key="k")
