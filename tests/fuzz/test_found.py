"""Requests that were failures of the server once, each with what it is answered now."""

import http.client
from typing import Any

import pytest

from fuzz.furniture import filled
from fuzz.operations import ask, parsed, subjects
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


@pytest.mark.parametrize("name", FOUND)
def test_what_once_failed_is_refused(storm: Storm, target: Target, name: str) -> None:
    asked, params, code = FOUND[name]
    storm.furnish()
    subject = next(each for each in subjects() if each.known_as == asked)
    answer = ask(target, subject, filled(params, storm.names))
    assert (answer.status, parsed(subject, answer)["Error"]["Code"].rpartition(".")[2]) == (400, code)


def test_a_table_without_storage_fails_its_query_only(storm: Storm, target: Target) -> None:
    storm.furnish()
    table = {"Name": "nowhere", "PartitionKeys": [{"Name": "day"}]}
    target.client("glue").create_table(DatabaseName="database", TableInput=table)
    query = target.query("SELECT * FROM nowhere")
    assert query["Status"]["State"] == "FAILED"
    assert query["Status"]["StateChangeReason"].startswith("HIVE_UNSUPPORTED_FORMAT: Table StorageDescriptor is null")


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
