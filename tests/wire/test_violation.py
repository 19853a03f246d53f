"""Requests that break a model's constraints are refused in the service's own words."""

from typing import Any

import pytest

from tailrace.wire.errors import AwsError
from tailrace.wire.model import model_of


def refused(service: str, operation: str, params: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as error:
        model_of(service).validate(operation, params)
    return error.value


TEXTS = [
    (
        "kinesis",
        "CreateStream",
        {"StreamName": "s", "ShardCount": 0},
        "ValidationException",
        "1 validation error detected: Value '0' at 'shardCount' failed to satisfy constraint: Member must have value "
        "greater than or equal to 1",
    ),
    (
        "kinesis",
        "PutRecords",
        {"StreamName": "s", "Records": [{"Data": b"", "PartitionKey": ""}]},
        "ValidationException",
        "1 validation error detected: Value '' at 'records.1.member.partitionKey' failed to satisfy constraint: Member "
        "must have length greater than or equal to 1",
    ),
    (
        "kinesis",
        "PutRecords",
        {"StreamName": "s", "Records": [{"Data": b"x" * 10_485_761, "PartitionKey": "k"}]},
        "ValidationException",
        "1 validation error detected: Value at 'records.1.member.data' failed to satisfy constraint: Member must have "
        "length less than or equal to 10485760",
    ),
    (
        "kinesis",
        "AddTagsToStream",
        {"StreamName": "s", "Tags": {"": "v"}},
        "ValidationException",
        "1 validation error detected: Value '{=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy "
        "constraint: [Member must have length less than or equal to 128, Member must have length greater than or "
        "equal to 1]",
    ),
    (
        "dynamodb",
        "Scan",
        {"TableName": "t", "Limit": 0},
        "ValidationException",
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value "
        "greater than or equal to 1",
    ),
    (
        "dynamodb",
        "Query",
        {"TableName": "t", "Limit": 0},
        "ValidationException",
        "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater "
        "than or equal to 1",
    ),
    (
        "dynamodb",
        "GetItem",
        {"Key": {}},
        "ValidationException",
        "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
    ),
    (
        "dynamodb",
        "CreateTable",
        {},
        "ValidationException",
        "The parameter 'TableName' is required but was not present in the request",
    ),
    (
        "dynamodb",
        "CreateTable",
        {"TableName": "tab", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "Z"}]},
        "ValidationException",
        "1 validation error detected: Value 'Z' at 'attributeDefinitions.1.member.attributeType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [B, N, S]",
    ),
    (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {"t": []}},
        "ValidationException",
        "1 validation error detected: Value '{t=[]}' at 'requestItems' failed to satisfy constraint: Map value must "
        "satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than "
        "or equal to 1]",
    ),
    (
        "dynamodb",
        "BatchGetItem",
        {"RequestItems": {"t": {"Keys": [{}] * 101}}},
        "ValidationException",
        "1 validation error detected: Value at 'RequestItems.t.member.Keys' failed to satisfy constraint: Member must "
        "have length less than or equal to 100",
    ),
    (
        "dynamodb",
        "PutItem",
        {"TableName": "t", "Item": {}, "ReturnValues": "X", "ReturnConsumedCapacity": "Y"},
        "ValidationException",
        "2 validation errors detected: Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, "
        "UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]; Value 'Y' at 'returnConsumedCapacity' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
    ),
    (
        "iam",
        "GetRole",
        {"RoleName": ""},
        "ValidationError",
        "2 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [\\w+=,.@-]+; Value '' at 'roleName' failed to satisfy constraint: Member must "
        "have length greater than or equal to 1",
    ),
    (
        "pipes",
        "CreatePipe",
        {"Name": "p", "Source": "arn:aws:sqs:us-east-1:123456789012:q"},
        "ValidationException",
        '[object has missing required properties (["RoleArn","Target"])]',
    ),
    (
        "pipes",
        "ListPipes",
        {"Limit": 0},
        "ValidationException",
        "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
    ),
    ("sqs", "SendMessage", {"QueueUrl": "u"}, "MissingParameter", None),
    (
        "cloudwatch",
        "PutMetricData",
        {"Namespace": "n", "MetricData": [{}]},
        "MissingParameter",
        "The parameter MetricData.member.1.MetricName is required.",
    ),
    ("logs", "CreateLogGroup", {"logGroupName": ""}, "InvalidParameterException", None),
    ("athena", "StartQueryExecution", {"QueryString": ""}, "InvalidRequestException", None),
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "k", "StorageClass": "X"},
        "InvalidStorageClass",
        "The storage class you specified is not valid",
    ),
    ("s3", "DeleteObjects", {"Bucket": "b", "Delete": {}}, "MalformedXML", None),
]


@pytest.mark.parametrize(("service", "operation", "params", "code", "text"), TEXTS)
def test_each_service_has_its_words(
    service: str, operation: str, params: dict[str, Any], code: str, text: str | None
) -> None:
    error = refused(service, operation, params)
    assert error.code == code
    assert text is None or error.message == text


def test_at_most_ten_violations_are_listed() -> None:
    records = [{"Data": b"", "PartitionKey": ""}] * 12
    error = refused("kinesis", "PutRecords", {"StreamName": "s", "Records": records})
    assert error.message.startswith("12 validation errors detected: ")
    assert error.message.count("Member must have") == 10


def test_attribute_values_are_not_looked_into() -> None:
    model_of("dynamodb").validate("PutItem", {"TableName": "t", "Item": {"a": {"nonsense": 1}}})


def test_lambda_refuses_runtimes_itself() -> None:
    params = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": {}, "Runtime": "cobol"}
    model_of("lambda").validate("CreateFunction", params)


def test_callers_inside_the_cloud_that_mix_up_types_are_told_so() -> None:
    error = refused("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": "many"})
    assert error.code == "ValidationException"


@pytest.mark.parametrize(
    "service", ["dynamodb", "kinesis", "glue", "s3", "iam", "lambda", "logs", "cloudformation", "athena", "pipes"]
)
def test_all_patterns_compile_or_are_left_out_knowingly(service: str) -> None:
    from tailrace.wire.constraint import pattern_of

    patterns = {shape.pattern for shape in model_of(service).shapes.values() if shape.pattern}
    left_out = {pattern for pattern in patterns if pattern_of(pattern) is None}
    assert not left_out


def test_what_a_model_does_not_name_is_unknown() -> None:
    with pytest.raises(AwsError) as error:
        model_of("dynamodb").validate("MakeCoffee", {})
    assert error.value.code == "UnknownOperationException"
