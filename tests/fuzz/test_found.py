"""Requests that were failures of the server once, each with what it is answered now."""

import http.client
import json
from typing import Any

import pytest

from fuzz.furniture import PIPE, QUEUE, STREAM, filled
from fuzz.operations import ask, in_cbor, parsed, subjects
from fuzz.storm import Storm
from fuzz.target import Target

DEEP = "[" * 3000
FOUND: dict[str, tuple[str, dict[str, Any], str]] = {
    "a tag without a key": (
        "athena TagResource",
        {"ResourceARN": "arn:aws:athena:us-east-1:123456789012:workgroup/group", "Tags": [{}]},
        "InvalidRequestException",
    ),
    "a filter without a field": ("glue ListCrawls", {"CrawlerName": "crawler", "Filters": [{}]}, "ValidationException"),
    "a filter by a time that is none": (
        "glue ListCrawls",
        {
            "CrawlerName": "crawler",
            "Filters": [{"FieldName": "START_TIME", "FilterOperator": "GT", "FieldValue": "yesterday"}],
        },
        "InvalidInputException",
    ),
    "a sample of less than nothing": (
        "glue CreateCrawler",
        {
            "Name": "odd",
            "Role": "role",
            "DatabaseName": "database",
            "Targets": {"S3Targets": [{"Path": "s3://bucket/", "SampleSize": -1}]},
        },
        "InvalidInputException",
    ),
    "a system attribute without a value": (
        "sqs SendMessage",
        {
            "QueueUrl": "<sqs QueueUrl>",
            "MessageBody": "a",
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String"}},
        },
        "InvalidParameterValue",
    ),
    "a deep policy": ("s3 PutBucketPolicy", {"Bucket": "bucket", "Policy": DEEP}, "MalformedPolicy"),
    "attributes without saying which": (
        "s3 GetObjectAttributes",
        {"Bucket": "bucket", "Key": "key", "ObjectAttributes": []},
        "InvalidRequest",
    ),
}


HOPELESS = "(a+)+$"
FOUND |= {
    "a pattern of tables that takes for ever": (
        "athena ListTableMetadata",
        {"CatalogName": "AwsDataCatalog", "DatabaseName": "database", "Expression": HOPELESS.replace("$", "b")},
        "InvalidRequestException",
    ),
    "a pattern of a parameter that takes for ever": (
        "cloudformation CreateStack",
        {
            "StackName": "hopeless",
            "TemplateBody": json.dumps(
                {
                    "Parameters": {"P": {"Type": "String", "AllowedPattern": HOPELESS, "Default": "a" * 60 + "!"}},
                    "Resources": {"Q": {"Type": "AWS::SQS::Queue"}},
                }
            ),
        },
        "ValidationError",
    ),
    "an exclusion that is none": (
        "glue CreateCrawler",
        {
            "Name": "odd",
            "Role": "role",
            "DatabaseName": "database",
            "Targets": {"S3Targets": [{"Path": "s3://bucket/", "Exclusions": ["[z-a]"]}]},
        },
        "InvalidInputException",
    ),
    "a redrive policy without end": (
        "sqs CreateQueue",
        {"QueueName": "odd", "Attributes": {"RedrivePolicy": DEEP}},
        "InvalidParameterValue",
    ),
}

FOUND |= {
    "a handler with a zero": (
        "lambda UpdateFunctionConfiguration",
        {"FunctionName": "function", "Handler": "app.\x00handler"},
        "InvalidParameterValueException",
    ),
    "a variable with a zero": (
        "lambda UpdateFunctionConfiguration",
        {"FunctionName": "function", "Environment": {"Variables": {"KEY": "a\x00b"}}},
        "InvalidParameterValueException",
    ),
    "a metric of no values": (
        "cloudwatch PutMetricData",
        {"Namespace": "own", "MetricData": [{"MetricName": "m", "Values": []}]},
        "MissingParameter",
    ),
    "a checksum of nobody": (
        "s3 CopyObject",
        {"Bucket": "bucket", "Key": "copy", "CopySource": "bucket/key", "ChecksumAlgorithm": "XXHASH64"},
        "InvalidRequest",
    ),
    "hidden for less than nothing": (
        "sqs ReceiveMessage",
        {"QueueUrl": "<sqs QueueUrl>", "VisibilityTimeout": -(2**31)},
        "InvalidParameterValue",
    ),
    "a queue for batches that is none": (
        "lambda CreateEventSourceMapping",
        {
            "FunctionName": "function",
            "EventSourceArn": STREAM,
            "StartingPosition": "LATEST",
            "DestinationConfig": {"OnFailure": {"Destination": f"{QUEUE}:a:b"}},
        },
        "InvalidParameterValueException",
    ),
    "a queue for events that is none": (
        "lambda UpdateFunctionConfiguration",
        {"FunctionName": "function", "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:"}},
        "InvalidParameterValueException",
    ),
    "a header of spaces": (
        "pipes CreatePipe",
        {
            "Name": "odd",
            **PIPE,
            "TargetParameters": {"HttpParameters": {"HeaderParameters": {"a": " " * 500 + "\x00"}}},
        },
        "ValidationException",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_once_failed_is_refused(storm: Storm, target: Target, name: str) -> None:
    asked, params, code = FOUND[name]
    storm.furnish()
    target.client("glue").create_table(DatabaseName="database", TableInput={"Name": "a" * 60})
    subject = next(each for each in subjects() if each.known_as == asked)
    answer = ask(target, subject, filled(params, storm.names))
    target.client("glue").delete_table(DatabaseName="database", Name="a" * 60)
    assert (answer.status, parsed(subject, answer)["Error"]["Code"].rpartition(".")[2]) == (400, code)


@pytest.mark.parametrize("end", [10**400, -(10**400), float("inf"), float("nan"), 2**63, -1e300])
@pytest.mark.parametrize("rpc", [False, True])
def test_instants_in_cbor_that_are_none(target: Target, end: float, rpc: bool) -> None:
    subject = next(each for each in subjects() if each.known_as == "cloudwatch GetMetricStatistics")
    params = {
        "Namespace": "own",
        "MetricName": "m",
        "StartTime": 0,
        "EndTime": end,
        "Period": 60,
        "Statistics": ["Sum"],
    }
    assert target.ask(*in_cbor(subject, params, rpc=rpc)).status == 400


def test_a_table_without_storage_fails_its_query_only(storm: Storm, target: Target) -> None:
    storm.furnish()
    table = {"Name": "nowhere", "PartitionKeys": [{"Name": "day"}]}
    target.client("glue").create_table(DatabaseName="database", TableInput=table)
    query = target.query("SELECT * FROM nowhere")
    assert query["Status"]["State"] == "FAILED"
    assert query["Status"]["StateChangeReason"].startswith("HIVE_UNSUPPORTED_FORMAT: Table StorageDescriptor is null")


@pytest.mark.parametrize("pattern", ["(", "a{9", "[z-a]", "(a+)+b", "*" * 40 + "b"])
def test_odd_patterns_fail_their_statement_only(storm: Storm, target: Target, pattern: str) -> None:
    storm.furnish()
    target.client("glue").create_table(DatabaseName="database", TableInput={"Name": "a" * 60})
    state = target.query(f"SHOW TABLES IN database '{pattern}'")["Status"]["State"]
    target.client("glue").delete_table(DatabaseName="database", Name="a" * 60)
    assert state == ("SUCCEEDED" if pattern == "a{9" else "FAILED")


@pytest.mark.parametrize("advance", ['"inf"', '"nan"', "[]", "null", '{"a": 1}', "1e400", DEEP])
@pytest.mark.parametrize("path", ["clock", "faults", "settle", "status", "health", "none", ""])
def test_odd_wishes_of_the_user_are_refused(target: Target, path: str, advance: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=20)
    body = f'{{"advance_s": {advance}, "name": {advance}, "rate": {advance}}}'
    for method in ("GET", "POST"):
        connection.request(method, f"/_tailrace/{path}", body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 400, 404)
    connection.close()


def test_objects_that_expire_after_the_end_of_time(storm: Storm, target: Target) -> None:
    s3 = target.client("s3")
    s3.create_bucket(Bucket="eternal")
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2**31 - 1}}
    s3.put_bucket_lifecycle_configuration(Bucket="eternal", LifecycleConfiguration={"Rules": [rule]})
    told = s3.put_object(Bucket="eternal", Key="key", Body=b"x")["Expiration"]
    assert "9999" in told and s3.get_object(Bucket="eternal", Key="key")["Expiration"] == told
