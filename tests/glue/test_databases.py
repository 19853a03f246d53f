"""Databases, with boto3 over the wire."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def glue(client: Callable[..., Any]) -> Any:
    return client("glue")


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_database_comes_and_goes(glue: Any, unique: Callable[[str], str]) -> None:
    name = unique("Shop")
    glue.create_database(DatabaseInput={"Name": name, "Description": "orders", "Parameters": {"a": "1"}})
    found = glue.get_database(Name=name)["Database"]
    assert (found["Name"], found["Description"], found["Parameters"]) == (name.lower(), "orders", {"a": "1"})
    assert found["CatalogId"] == "123456789012"
    assert found["CreateTableDefaultPermissions"][0]["Permissions"] == ["ALL"]
    again = refusal(glue.create_database, DatabaseInput={"Name": name.upper()})
    assert again == ("AlreadyExistsException", "Database already exists.", 400)
    glue.update_database(Name=name, DatabaseInput={"Name": name, "LocationUri": "s3://lake/"})
    updated = glue.get_database(Name=name)["Database"]
    assert updated["LocationUri"] == "s3://lake/"
    assert "Description" not in updated
    assert updated["CreateTime"] == found["CreateTime"]
    glue.delete_database(Name=name)
    missing = ("EntityNotFoundException", f"Database {name.lower()} not found.", 400)
    assert refusal(glue.get_database, Name=name) == missing
    assert refusal(glue.delete_database, Name=name) == missing


def test_deleting_a_database_deletes_its_tables(glue: Any, unique: Callable[[str], str]) -> None:
    name = unique("shop")
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(
        DatabaseName=name, TableInput={"Name": "orders", "PartitionKeys": [{"Name": "day", "Type": "string"}]}
    )
    glue.create_partition(DatabaseName=name, TableName="orders", PartitionInput={"Values": ["1"]})
    glue.delete_database(Name=name)
    glue.create_database(DatabaseInput={"Name": name})
    assert glue.get_tables(DatabaseName=name)["TableList"] == []
    glue.create_table(
        DatabaseName=name, TableInput={"Name": "orders", "PartitionKeys": [{"Name": "day", "Type": "string"}]}
    )
    assert glue.get_partitions(DatabaseName=name, TableName="orders")["Partitions"] == []


def test_pages(glue: Any, unique: Callable[[str], str]) -> None:
    names = {unique("paged") for _ in range(5)}
    for name in names:
        glue.create_database(DatabaseInput={"Name": name})
    pages = list(glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 2}))
    assert all(len(page["DatabaseList"]) <= 2 for page in pages)
    assert names <= {database["Name"] for page in pages for database in page["DatabaseList"]}
    assert refusal(glue.get_databases, NextToken="!")[0] == "InvalidInputException"


def test_another_accounts_catalog_is_not_here(glue: Any) -> None:
    found = refusal(glue.get_databases, CatalogId="210987654321")
    assert found == ("EntityNotFoundException", "Catalog 210987654321 not found.", 400)


def test_regions_are_apart(client: Callable[..., Any], glue: Any, unique: Callable[[str], str]) -> None:
    name = unique("shop")
    glue.create_database(DatabaseInput={"Name": name})
    assert refusal(client("glue", region_name="eu-west-1").get_database, Name=name)[0] == "EntityNotFoundException"
