"""Partitions, alone and in batches, with boto3 over the wire."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

KEYS = [{"Name": "year", "Type": "string"}, {"Name": "n", "Type": "int"}]
STORAGE = {"Columns": [{"Name": "Id", "Type": "int"}], "Location": "s3://lake/orders/2026/1/"}


@pytest.fixture
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


@pytest.fixture
def at(glue: Any, unique: Callable[[str], str]) -> dict[str, str]:
    name = unique("db")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput={"Name": "orders", "PartitionKeys": KEYS})
    return {"DatabaseName": name, "TableName": "orders"}


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def values(glue: Any, at: dict[str, str], **params: Any) -> list[list[str]]:
    pages = glue.get_paginator("get_partitions").paginate(**at, **params)
    return [partition["Values"] for page in pages for partition in page["Partitions"]]


def test_a_partition_comes_back(glue: Any, at: dict[str, str]) -> None:
    given = {"Values": ["2026", "1"], "StorageDescriptor": STORAGE, "Parameters": {"a": "b"}}
    glue.create_partition(**at, PartitionInput=given)
    found = glue.get_partition(**at, PartitionValues=["2026", "1"])["Partition"]
    assert (found["Values"], found["Parameters"], found["CatalogId"]) == (["2026", "1"], {"a": "b"}, "123456789012")
    assert found["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "int"}]
    assert found["CreationTime"]
    again = refusal(glue.create_partition, **at, PartitionInput=given)
    assert again == ("AlreadyExistsException", "Partition already exists.", 400)


def test_refusals(glue: Any, at: dict[str, str]) -> None:
    text = "The number of partition keys do not match the number of partition values"
    found = refusal(glue.create_partition, **at, PartitionInput={"Values": ["2026"]})
    assert found == ("InvalidInputException", text, 400)
    missing = ("EntityNotFoundException", "Cannot find partition.", 400)
    assert refusal(glue.get_partition, **at, PartitionValues=["2026", "1"]) == missing
    assert refusal(glue.delete_partition, **at, PartitionValues=["2026", "1"]) == missing
    nowhere = {**at, "TableName": "none"}
    assert refusal(glue.get_partitions, **nowhere) == ("EntityNotFoundException", "Table none not found.", 400)


def test_batches_tell_what_failed(glue: Any, at: dict[str, str]) -> None:
    inputs = [{"Values": ["2026", str(number)]} for number in range(3)]
    assert "Errors" not in glue.batch_create_partition(**at, PartitionInputList=inputs)
    answer = glue.batch_create_partition(**at, PartitionInputList=[{"Values": ["2026", "9"]}, inputs[0]])
    detail = {"ErrorCode": "AlreadyExistsException", "ErrorMessage": "Partition already exists."}
    assert answer["Errors"] == [{"PartitionValues": ["2026", "0"], "ErrorDetail": detail}]
    wanted = [{"Values": ["2026", "9"]}, {"Values": ["1", "1"]}]
    found = glue.batch_get_partition(**at, PartitionsToGet=wanted)
    assert [each["Values"] for each in found["Partitions"]] == [["2026", "9"]]
    assert found["UnprocessedKeys"] == []
    answer = glue.batch_delete_partition(**at, PartitionsToDelete=wanted)
    assert [each["PartitionValues"] for each in answer["Errors"]] == [["1", "1"]]
    entries = [
        {"PartitionValueList": ["2026", "1"], "PartitionInput": {"Values": ["2026", "1"], "Parameters": {"new": "1"}}},
        {"PartitionValueList": ["1", "1"], "PartitionInput": {"Values": ["1", "1"]}},
    ]
    answer = glue.batch_update_partition(**at, Entries=entries)
    assert [each["PartitionValueList"] for each in answer["Errors"]] == [["1", "1"]]
    assert glue.get_partition(**at, PartitionValues=["2026", "1"])["Partition"]["Parameters"] == {"new": "1"}


def test_a_partition_gets_other_values(glue: Any, at: dict[str, str]) -> None:
    for number in ("1", "2"):
        glue.create_partition(**at, PartitionInput={"Values": ["2026", number]})
    glue.update_partition(**at, PartitionValueList=["2026", "1"], PartitionInput={"Values": ["2026", "3"]})
    assert values(glue, at) == [["2026", "2"], ["2026", "3"]]
    found = refusal(
        glue.update_partition, **at, PartitionValueList=["2026", "2"], PartitionInput={"Values": ["2026", "3"]}
    )
    assert found[0] == "AlreadyExistsException"


def test_expressions_pages_and_segments(glue: Any, at: dict[str, str]) -> None:
    everything = [[str(year), str(number)] for year in (2025, 2026) for number in range(1, 13)]
    for year in (2025, 2026):
        inputs = [{"Values": [str(year), str(number)], "StorageDescriptor": STORAGE} for number in range(1, 13)]
        glue.batch_create_partition(**at, PartitionInputList=inputs)
    assert sorted(values(glue, at)) == sorted(everything)
    found = values(glue, at, Expression="year = '2026' AND n > 9", PaginationConfig={"PageSize": 2})
    assert sorted(found) == [["2026", "10"], ["2026", "11"], ["2026", "12"]]
    parts = [
        values(glue, at, Segment={"SegmentNumber": number, "TotalSegments": 3}, PaginationConfig={"PageSize": 3})
        for number in range(3)
    ]
    assert sorted(each for part in parts for each in part) == sorted(everything)
    assert all(parts)
    bare = glue.get_partitions(**at, ExcludeColumnSchema=True)["Partitions"][0]
    assert "Columns" not in bare["StorageDescriptor"]
    found = refusal(glue.get_partitions, **at, Expression="nobody = 1")
    assert found == ("InvalidInputException", "Unknown column 'nobody'", 400)


def test_values_may_hold_anything(glue: Any, at: dict[str, str]) -> None:
    odd = ["a/b c=d%2F'ü,", "1"]
    glue.create_partition(**at, PartitionInput={"Values": odd})
    assert values(glue, at, Expression="year = 'a/b c=d%2F''ü,'") == [odd]
    glue.delete_partition(**at, PartitionValues=odd)
    assert values(glue, at) == []
