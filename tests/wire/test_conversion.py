"""Values of the wrong type are refused in DynamoDB's words; the lenient ones are turned."""

from typing import Any

import orjson
import pytest

from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request
from tailrace.wire.model import model_of
from tailrace.wire.route import JSON, QUERY, REST_XML


def read(service: str, operation: str, value: Any) -> dict[str, Any]:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return JSON.read(model_of(service).operation(operation), Request("POST", "/", body=body))


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"TableName": 1}, "NUMBER_VALUE cannot be converted to String"),
        ({"TableName": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
        ({"TableName": True}, "TRUE_VALUE cannot be converted to String"),
        ({"TableName": False}, "FALSE_VALUE cannot be converted to String"),
        ({"TableName": {}}, "Start of structure or map found where not expected."),
        ({"TableName": []}, "Unrecognized collection type class java.lang.String"),
        ({"Limit": "ten"}, "STRING_VALUE cannot be converted to Integer"),
        ({"Limit": 2**40}, "NUMBER_VALUE cannot be converted to Integer"),
        ({"ConsistentRead": "maybe"}, "STRING_VALUE cannot be converted to Boolean"),
        ({"AttributesToGet": "a"}, "Unexpected field type"),
        ({"AttributesToGet": {}}, "Start of structure or map found where not expected."),
        ({"ExpressionAttributeNames": "a"}, "Unexpected field type"),
        ({"ScanFilter": {"a": "b"}}, "Unexpected value type in payload"),
    ],
)
def test_types_that_do_not_fit(params: dict[str, Any], text: str) -> None:
    with pytest.raises(AwsError) as error:
        read("dynamodb", "Scan", params)
    assert (error.value.code, error.value.message) == ("SerializationException", text)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("abc", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ("ab=c", "Invalid last non-pad Base64 character dectected"),
        (7, "NUMBER_VALUE cannot be converted to Blob"),
    ],
)
def test_blobs_that_are_not_base64(data: Any, text: str) -> None:
    with pytest.raises(AwsError) as error:
        read("kinesis", "PutRecord", {"Data": data})
    assert error.value.message == text


@pytest.mark.parametrize("body", [b"{", b"[]", b'"a"', b"null", b"\xff", b'{"a":1}x', b"[" * 5000])
def test_bodies_that_are_no_json_objects(body: bytes) -> None:
    with pytest.raises(AwsError) as error:
        read("dynamodb", "Scan", body)
    assert error.value.code == "SerializationException"


@pytest.mark.parametrize(("word", "meant"), [("TRUE", True), ("no", False), ("1", True), ("0", False), (True, True)])
def test_booleans_may_be_words(word: Any, meant: bool) -> None:
    assert read("dynamodb", "Scan", {"ConsistentRead": word}) == {"ConsistentRead": meant}


def test_nulls_and_strangers_are_left_out() -> None:
    params = {"TableName": "t", "Limit": None, "NotAMember": 1, "AttributesToGet": ["a", None]}
    assert read("dynamodb", "Scan", params) == {"TableName": "t", "AttributesToGet": ["a"]}


def test_attribute_values_pass_through_as_they_are() -> None:
    item = {"a": {"M": {"b": {"B": "aGk="}, "c": {"N": "1"}}}, "x": None}
    assert read("dynamodb", "PutItem", {"Item": item})["Item"] == item


@pytest.mark.parametrize(
    ("instant", "seconds"),
    [
        (1.5, 1.5),
        ("1970-01-01T00:00:10Z", 10),
        ("1970-01-01T01:00:10+01:00", 10),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 10),
        ("10", 10),
    ],
)
def test_instants_come_in_many_forms(instant: Any, seconds: float) -> None:
    assert read("kinesis", "GetShardIterator", {"Timestamp": instant})["Timestamp"] == seconds


@pytest.mark.parametrize("instant", ["yesterday", 1e300, -1e300, [], "", "2026-99-99T00:00:00Z"])
def test_instants_that_are_none(instant: Any) -> None:
    with pytest.raises(AwsError) as error:
        read("kinesis", "GetShardIterator", {"Timestamp": instant})
    assert error.value.code == "SerializationException"


@pytest.mark.parametrize(
    "body",
    [
        b"Action=CreateRole&Version=2010-05-08&MaxSessionDuration=long",
        b"Action=CreateRole&Version=2010-05-08&" + b".".join([b"a"] * 100) + b"=1",
        b"Action=CreateRole&" + b"&".join(b"Tags.member.%d.Key=a" % number for number in range(60_000)),
    ],
)
def test_forms_that_can_not_be_read(body: bytes) -> None:
    with pytest.raises(AwsError):
        QUERY.read(model_of("iam").operation("CreateRole"), Request("POST", "/", body=body))


def test_a_form_lists_by_number_whatever_their_order_and_gaps() -> None:
    body = b"Tags.member.10.Key=c&Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.x.Key=no"
    read = QUERY.read(model_of("iam").operation("CreateRole"), Request("POST", "/", body=body))
    assert [tag["Key"] for tag in read["Tags"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "body",
    [
        b"<Delete>",
        b"not xml",
        b"\xff\xfe",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>',
        b"<Delete><Object><Key><x/></Key></Object></Delete>",
        b"<Delete><Quiet>perhaps</Quiet></Delete>",
    ],
)
def test_documents_that_are_malformed(body: bytes) -> None:
    with pytest.raises(AwsError) as error:
        REST_XML.read(model_of("s3").operation("DeleteObjects"), Request("POST", "/b", "delete", body=body))
    assert error.value.code == "MalformedXML"


def test_documents_with_and_without_namespace_are_the_same() -> None:
    operation = model_of("s3").operation("DeleteObjects")
    plain = b"<Delete><Object><Key> a&amp;b </Key></Object><Quiet>true</Quiet></Delete>"
    named = plain.replace(b"<Delete>", b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">')
    for body in (plain, named):
        read = REST_XML.read(operation, Request("POST", "/b", "delete", body=body))
        assert read["Delete"] == {"Objects": [{"Key": " a&b "}], "Quiet": True}


def test_a_document_that_is_missing() -> None:
    with pytest.raises(AwsError) as error:
        REST_XML.read(model_of("s3").operation("DeleteObjects"), Request("POST", "/b", "delete"))
    assert error.value.code == "MissingRequestBodyError"
