"""Tables, their versions and partition indexes, with boto3 over the wire."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

STORAGE = {
    "Columns": [{"Name": "Id", "Type": "int"}, {"Name": "note", "Type": "string", "Comment": "free"}],
    "Location": "s3://lake/orders/",
    "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {"paths": "Id,note"}},
}
TABLE = {
    "Name": "Orders",
    "StorageDescriptor": STORAGE,
    "PartitionKeys": [{"Name": "Day", "Type": "string"}],
    "TableType": "EXTERNAL_TABLE",
    "Parameters": {"classification": "json"},
}


@pytest.fixture
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


@pytest.fixture
def database(glue: Any, unique: Callable[[str], str]) -> str:
    name = unique("db")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput=TABLE)
    return name


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_table_comes_back_in_lower_case(glue: Any, database: str) -> None:
    found = glue.get_table(DatabaseName=database, Name="ORDERS")["Table"]
    assert (found["Name"], found["DatabaseName"], found["VersionId"]) == ("orders", database, "0")
    assert found["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "int"},
        {"Name": "note", "Type": "string", "Comment": "free"},
    ]
    assert found["StorageDescriptor"]["NumberOfBuckets"] == 0
    assert found["StorageDescriptor"]["StoredAsSubDirectories"] is False
    assert found["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert (found["Retention"], found["IsRegisteredWithLakeFormation"]) == (0, False)
    assert found["CreatedBy"] == "arn:aws:iam::123456789012:root"


def test_refusals(glue: Any, database: str) -> None:
    found = refusal(glue.create_table, DatabaseName=database, TableInput={"Name": "orders"})
    assert found == ("AlreadyExistsException", "Table already exists.", 400)
    found = refusal(glue.get_table, DatabaseName=database, Name="None")
    assert found == ("EntityNotFoundException", "Table none not found.", 400)
    found = refusal(glue.create_table, DatabaseName="nowhere", TableInput={"Name": "orders"})
    assert found == ("EntityNotFoundException", "Database nowhere not found.", 400)
    assert refusal(glue.delete_table, DatabaseName=database, Name="none")[0] == "EntityNotFoundException"
    for expression in ("(", "(a+)+", ".*a.*b.*c.*d"):
        assert refusal(glue.get_tables, DatabaseName=database, Expression=expression)[0] == "InvalidInputException"


def test_updates_make_versions(glue: Any, database: str) -> None:
    for number in (1, 2):
        glue.update_table(DatabaseName=database, TableInput={**TABLE, "Description": f"v{number}"})
    found = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    assert (found["VersionId"], found["Description"]) == ("2", "v2")
    versions = glue.get_table_versions(DatabaseName=database, TableName="orders")["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["2", "1", "0"]
    assert "Description" not in versions[2]["Table"]
    first = glue.get_table_version(DatabaseName=database, TableName="orders", VersionId="1")["TableVersion"]
    assert first["Table"]["Description"] == "v1"
    glue.update_table(DatabaseName=database, TableInput={**TABLE, "Description": "v3"}, SkipArchive=True)
    versions = glue.get_table_versions(DatabaseName=database, TableName="orders")["TableVersions"]
    assert [version["VersionId"] for version in versions] == ["3", "1", "0"]
    glue.delete_table_version(DatabaseName=database, TableName="orders", VersionId="0")
    found = refusal(glue.delete_table_version, DatabaseName=database, TableName="orders", VersionId="3")
    assert found[0] == "InvalidInputException"
    answer = glue.batch_delete_table_version(DatabaseName=database, TableName="orders", VersionIds=["1", "7"])
    assert [each["VersionId"] for each in answer["Errors"]] == ["7"]


def test_an_update_may_name_the_version_it_knows(glue: Any, database: str) -> None:
    glue.update_table(DatabaseName=database, TableInput=TABLE, VersionId="0")
    found = refusal(glue.update_table, DatabaseName=database, TableInput=TABLE, VersionId="0")
    text = "Update table failed due to concurrent modifications."
    assert found == ("ConcurrentModificationException", text, 400)


def test_tables_are_listed_by_pattern_and_page(glue: Any, database: str) -> None:
    for name in ("orders_old", "customers", "Products"):
        glue.create_table(DatabaseName=database, TableInput={"Name": name})

    def names(**params: Any) -> list[str]:
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database, **params)
        return [table["Name"] for page in pages for table in page["TableList"]]

    assert names() == ["customers", "orders", "orders_old", "products"]
    assert names(PaginationConfig={"PageSize": 1}) == names()
    assert names(Expression="orders.*") == ["orders", "orders_old"]
    assert names(Expression="orders") == ["orders"]


def test_tables_are_deleted_with_their_partitions(glue: Any, database: str) -> None:
    glue.create_partition(DatabaseName=database, TableName="orders", PartitionInput={"Values": ["1"]})
    answer = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["Orders", "none"])
    detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Table none not found."}
    assert answer["Errors"] == [{"TableName": "none", "ErrorDetail": detail}]
    glue.create_table(DatabaseName=database, TableInput=TABLE)
    assert glue.get_partitions(DatabaseName=database, TableName="orders")["Partitions"] == []
    assert glue.get_table(DatabaseName=database, Name="orders")["Table"]["VersionId"] == "0"


def test_partition_indexes(glue: Any, database: str) -> None:
    index = {"IndexName": "by_day", "Keys": ["day"]}
    glue.create_partition_index(DatabaseName=database, TableName="orders", PartitionIndex=index)
    found = glue.get_partition_indexes(DatabaseName=database, TableName="orders")["PartitionIndexDescriptorList"]
    assert found == [{"IndexName": "by_day", "Keys": [{"Name": "day", "Type": "string"}], "IndexStatus": "ACTIVE"}]
    again = refusal(glue.create_partition_index, DatabaseName=database, TableName="orders", PartitionIndex=index)
    assert again[0] == "AlreadyExistsException"
    bad = {"IndexName": "bad", "Keys": ["note"]}
    found = refusal(glue.create_partition_index, DatabaseName=database, TableName="orders", PartitionIndex=bad)
    assert found[0] == "InvalidInputException"
    glue.delete_partition_index(DatabaseName=database, TableName="orders", IndexName="by_day")
    gone = refusal(glue.delete_partition_index, DatabaseName=database, TableName="orders", IndexName="by_day")
    assert gone[0] == "EntityNotFoundException"


def test_what_a_table_says_goes_back_in(glue: Any, database: str) -> None:
    found = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    read_only = (
        "DatabaseName",
        "CreateTime",
        "UpdateTime",
        "CreatedBy",
        "IsRegisteredWithLakeFormation",
        "CatalogId",
        "VersionId",
    )
    given = {member: value for member, value in found.items() if member not in read_only}
    glue.update_table(DatabaseName=database, TableInput=given)
    again = glue.get_table(DatabaseName=database, Name="orders")["Table"]
    assert {member: again[member] for member in given} == given
