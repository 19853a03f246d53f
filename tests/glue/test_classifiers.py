"""Classifiers, with boto3 over the wire."""

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


def test_a_json_classifier_comes_and_goes(glue: Any, unique: Callable[[str], str]) -> None:
    name = unique("json")
    glue.create_classifier(JsonClassifier={"Name": name, "JsonPath": "$"})
    found = glue.get_classifier(Name=name)["Classifier"]["JsonClassifier"]
    assert (found["Name"], found["JsonPath"], found["Version"]) == (name, "$", 1)
    assert found["CreationTime"] == found["LastUpdated"]
    again = refusal(glue.create_classifier, JsonClassifier={"Name": name, "JsonPath": "$"})
    assert again == ("AlreadyExistsException", f"Classifier with name {name} already exists", 400)
    glue.update_classifier(JsonClassifier={"Name": name, "JsonPath": "$.records[*]"})
    found = glue.get_classifier(Name=name)["Classifier"]["JsonClassifier"]
    assert (found["JsonPath"], found["Version"]) == ("$.records[*]", 2)
    assert name in [
        next(iter(each.values()))["Name"]
        for page in glue.get_paginator("get_classifiers").paginate(PaginationConfig={"PageSize": 1})
        for each in page["Classifiers"]
    ]
    glue.delete_classifier(Name=name)
    assert refusal(glue.get_classifier, Name=name)[0] == "EntityNotFoundException"


def test_a_csv_classifier_keeps_its_rules(glue: Any, unique: Callable[[str], str]) -> None:
    rules = {
        "Name": unique("csv"),
        "Delimiter": ";",
        "QuoteSymbol": '"',
        "ContainsHeader": "PRESENT",
        "Header": ["a", "b"],
        "AllowSingleColumn": False,
        "CustomDatatypeConfigured": True,
        "CustomDatatypes": ["INT", "DATE"],
        "Serde": "LazySimpleSerDe",
    }
    glue.create_classifier(CsvClassifier=rules)
    found = glue.get_classifier(Name=rules["Name"])["Classifier"]["CsvClassifier"]
    assert {member: found[member] for member in rules} == rules


def test_refusals(glue: Any, unique: Callable[[str], str]) -> None:
    assert refusal(glue.create_classifier)[0] == "InvalidInputException"
    code, message, _ = refusal(glue.create_classifier, JsonClassifier={"Name": unique("bad"), "JsonPath": "$..a"})
    assert (code, message) == ("InvalidInputException", "Invalid JSON path: not a JSON path: ..a")
    grok = {"Name": unique("grok"), "Classification": "log", "GrokPattern": "%{WORD:a}"}
    code, message, _ = refusal(glue.create_classifier, GrokClassifier=grok)
    assert code == "InvalidInputException"
    assert "GrokClassifier" in message
