"""Resource types: names, schemas, properties brought to an API's types, what a difference entails."""

import random
from typing import Any

import pytest

from tailrace.cloudformation.resources import shapes
from tailrace.cloudformation.resources.failure import ResourceFailure
from tailrace.cloudformation.resources.naming import Naming, generated
from tailrace.cloudformation.resources.registry import TYPES
from tailrace.wire.model import model_of

DICE = random.Random(1)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_schema_and_operations_that_there_are(name: str) -> None:
    kind = TYPES[name]
    schema = kind.schema
    assert {*schema["required"]} <= {*schema["properties"]}
    assert kind.unbuilt <= {*schema["properties"]} and kind.replaced_by <= {*schema["properties"]}
    operations = model_of(kind.service).operations
    for attribute in ("creates", "updates", "deletes"):
        operation = getattr(kind, attribute, None)
        assert operation is None or operation in operations
    if kind.tagging is not None:
        assert {kind.tagging.tag, kind.tagging.untag} <= operations


@pytest.mark.parametrize(
    ("stack", "logical", "naming", "pattern"),
    [
        ("orders", "Table", Naming("N", 255), r"orders-Table-[A-Z0-9]{12}"),
        ("Orders", "Lake", Naming("N", 63, lower=True), r"orders-lake-[a-z0-9]{12}"),
        ("my-stack", "Db", Naming("N", 255, lower=True, separator="_"), r"my_stack_db_[a-z0-9]{12}"),
        ("s" * 100, "L" * 100, Naming("N", 64), r"s+-L+-[A-Z0-9]{12}"),
        ("s" * 128, "Queue", Naming("N", 80), r"s+-Queue-[A-Z0-9]{12}"),
        ("s", "L" * 200, Naming("N", 64), r"s-L+-[A-Z0-9]{12}"),
    ],
)
def test_generated_names(stack: str, logical: str, naming: Naming, pattern: str) -> None:
    name = generated(stack, logical, DICE, naming)
    import re

    assert re.fullmatch(pattern, name), name
    assert len(name) <= naming.chars_max


def test_generated_names_may_end_with_a_suffix() -> None:
    assert generated("s", "Q", DICE, Naming("QueueName", 80), ".fifo").endswith(".fifo")


@pytest.mark.parametrize(
    ("service", "operation", "given", "fitted"),
    [
        ("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": "2"}, {"StreamName": "s", "ShardCount": 2}),
        ("kinesis", "CreateStream", {"StreamName": 5, "ShardCount": None}, {"StreamName": "5"}),
        ("glue", "CreateCrawler", {"Tags": {"a": 1}}, {"Tags": {"a": "1"}}),
        (
            "lambda",
            "CreateFunction",
            {"Publish": "true", "Code": {"ZipFile": b"x"}},
            {"Publish": True, "Code": {"ZipFile": b"x"}},
        ),
        ("athena", "DeleteWorkGroup", {"RecursiveDeleteOption": False}, {"RecursiveDeleteOption": False}),
    ],
)
def test_values_are_brought_to_the_types_of_the_api(service: str, operation: str, given: Any, fitted: Any) -> None:
    assert shapes.fit(service, operation, given) == fitted


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Nope": 1}, "#: extraneous key [Nope] is not permitted"),
        ({"ShardCount": "x"}, "#/ShardCount: expected type: Integer, found: String"),
        ({"StreamModeDetails": "x"}, "#/StreamModeDetails: expected type: JSONObject, found: String"),
        ({"StreamModeDetails": {"Nope": 1}}, "#/StreamModeDetails: extraneous key [Nope] is not permitted"),
        ({"Tags": ["x"]}, "#/Tags: expected type: JSONObject, found: JSONArray"),
        ({"StreamName": ["x"]}, "#/StreamName: expected type: String, found: JSONArray"),
    ],
)
def test_what_does_not_fit_says_where(given: Any, message: str) -> None:
    with pytest.raises(shapes.Mismatch) as caught:
        shapes.fit("kinesis", "CreateStream", given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("properties", "finding"),
    [
        ({}, "#: required key [AssumeRolePolicyDocument] not found"),
        ({"AssumeRolePolicyDocument": {}, "Nope": 1}, "#: extraneous key [Nope] is not permitted"),
    ],
)
def test_properties_are_checked_against_the_schema(properties: Any, finding: str) -> None:
    with pytest.raises(ResourceFailure) as caught:
        TYPES["AWS::IAM::Role"].check("R", properties)
    assert caught.value.message == f"Properties validation failed for resource R with message:\n{finding}"


def test_a_property_that_is_not_built_is_refused_and_named() -> None:
    with pytest.raises(ResourceFailure, match=r"Tailrace does not carry out \[ReplicationConfiguration\] yet"):
        TYPES["AWS::S3::Bucket"].check("B", {"ReplicationConfiguration": {}})


@pytest.mark.parametrize(
    ("kind", "before", "after", "replaced"),
    [
        ("AWS::Kinesis::Stream", {"ShardCount": 1}, {"ShardCount": 2}, False),
        ("AWS::Kinesis::Stream", {"Name": "a"}, {"Name": "b"}, True),
        ("AWS::DynamoDB::Table", {"KeySchema": [1]}, {"KeySchema": [2]}, True),
        (
            "AWS::Pipes::Pipe",
            {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST", "BatchSize": 1}}},
            {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST", "BatchSize": 2}}},
            False,
        ),
        (
            "AWS::Pipes::Pipe",
            {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}}},
            {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}}},
            True,
        ),
        ("AWS::Glue::Database", {"DatabaseInput": {"Name": "a"}}, {"DatabaseInput": {"Name": "b"}}, True),
        (
            "AWS::Glue::Database",
            {"DatabaseInput": {"Name": "a"}},
            {"DatabaseInput": {"Name": "a", "Description": "d"}},
            False,
        ),
        ("AWS::Glue::Table", {"TableInput": {"Name": "a"}}, {"TableInput": {"Name": "b"}}, True),
    ],
)
def test_what_needs_another_resource(kind: str, before: Any, after: Any, replaced: bool) -> None:
    (name,) = TYPES[kind].changes(before, after)
    assert TYPES[kind].replaces(name, before, after) is replaced
