"""Errors as botocore's parsers read them, protocol by protocol, and as AWS writes them."""

from typing import Any

import cbor2
import orjson
import pytest
from botocore.awsrequest import HeadersDict

from tailrace.wire.codec import Codec
from tailrace.wire.errors import AwsError
from tailrace.wire.fault import internal
from tailrace.wire.message import Response
from tailrace.wire.model import model_of
from tailrace.wire.route import AMZ_CBOR, JSON, QUERY, REST_JSON, REST_XML, RPC_CBOR
from wire.samples import parser, service_model

CODECS: dict[str, Codec] = {
    "json": JSON,
    "query": QUERY,
    "rest-json": REST_JSON,
    "rest-xml": REST_XML,
    "smithy-rpc-v2-cbor": RPC_CBOR,
}


def refused(service: str, protocol: str, error: AwsError) -> Response:
    return CODECS[protocol].refuse(model_of(service), error, "some-id")


def parsed(service: str, protocol: str, error: AwsError) -> dict[str, Any]:
    response = refused(service, protocol, error)
    reply = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    shape = service_model(service).operation_model(service_model(service).operation_names[0]).output_shape
    found: dict[str, Any] = parser(protocol).parse(reply, shape)
    return found


CASES = [
    ("dynamodb", "json", AwsError("ResourceNotFoundException", "Requested resource not found"), 400),
    ("dynamodb", "json", AwsError("InternalServerError", "oh"), 500),
    ("kinesis", "json", AwsError("ResourceNotFoundException", "Stream x under account y not found."), 400),
    ("glue", "json", AwsError("EntityNotFoundException", "Database x not found."), 400),
    ("athena", "json", AwsError("InvalidRequestException", "line 1:1: no", AthenaErrorCode="INVALID_INPUT"), 400),
    ("lambda", "rest-json", AwsError("ResourceNotFoundException", "Function not found: x"), 404),
    ("lambda", "rest-json", AwsError("ResourceConflictException", "Function already exist: x"), 409),
    ("pipes", "rest-json", AwsError("NotFoundException", "Pipe x does not exist."), 404),
    ("pipes", "rest-json", AwsError("ServiceQuotaExceededException", "too many"), 402),
    ("iam", "query", AwsError("NoSuchEntity", "The role with name x cannot be found."), 404),
    ("iam", "query", AwsError("EntityAlreadyExists", "Role with name x already exists."), 409),
    ("cloudformation", "query", AwsError("ValidationError", "Stack with id x does not exist"), 400),
    ("cloudformation", "query", AwsError("ChangeSetNotFound", "ChangeSet [x] does not exist"), 404),
    ("s3", "rest-xml", AwsError("NoSuchKey", "The specified key does not exist.", 404, Key="k"), 404),
    ("s3", "rest-xml", AwsError("PreconditionFailed", "no", 412, Condition="If-Match"), 412),
    ("cloudwatch", "json", AwsError("InvalidNextToken", "no"), 400),
    ("cloudwatch", "smithy-rpc-v2-cbor", AwsError("ResourceNotFound", "no"), 404),
    ("logs", "json", AwsError("ResourceNotFoundException", "The specified log group does not exist."), 400),
]


@pytest.mark.parametrize(("service", "protocol", "error", "status"), CASES)
def test_clients_read_code_text_and_status(service: str, protocol: str, error: AwsError, status: int) -> None:
    found = parsed(service, protocol, error)
    assert (found["Error"]["Code"], found["Error"]["Message"]) == (error.code, error.message)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == status


def test_errors_of_dynamodb_name_their_origin_and_further_members() -> None:
    reasons = [{"Code": "None"}]
    error = AwsError("TransactionCanceledException", "Transaction cancelled", CancellationReasons=reasons)
    assert orjson.loads(refused("dynamodb", "json", error).body) == {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": reasons,
    }
    prefixes = {
        "ValidationException": "com.amazon.coral.validate#ValidationException",
        "SerializationException": "com.amazon.coral.service#SerializationException",
        "ConditionalCheckFailedException": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    }
    for code, written in prefixes.items():
        assert orjson.loads(refused("dynamodb", "json", AwsError(code, "x")).body)["__type"] == written


def test_broken_json_is_refused_without_a_text() -> None:
    body = orjson.loads(refused("dynamodb", "json", AwsError("SerializationException", "")).body)
    assert body == {"__type": "com.amazon.coral.service#SerializationException"}


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_sqs_keeps_its_older_codes_beside_the_new(code: str) -> None:
    response = refused("sqs", "json", AwsError(code, "The specified queue does not exist."))
    assert ("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender") in response.headers
    assert orjson.loads(response.body)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    old = refused("sqs", "query", AwsError(code, "x"))
    assert b"<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in old.body


@pytest.mark.parametrize("code", ["InvalidParameterValue", "InvalidParameterValueException"])
def test_cloudwatch_writes_names_in_json_and_codes_in_xml(code: str) -> None:
    response = refused("cloudwatch", "json", AwsError(code, "x"))
    assert orjson.loads(response.body)["__type"] == "InvalidParameterValueException"
    assert ("x-amzn-query-error", "InvalidParameterValue;Sender") in response.headers
    assert b"<Code>InvalidParameterValue</Code>" in refused("cloudwatch", "query", AwsError(code, "x")).body


def test_glue_and_lambda_write_message_with_a_capital_where_their_shapes_do() -> None:
    assert "Message" in orjson.loads(refused("glue", "json", AwsError("EntityNotFoundException", "x")).body)
    missing = orjson.loads(refused("lambda", "rest-json", AwsError("ResourceNotFoundException", "x")).body)
    assert missing == {"Message": "x", "Type": "User"}
    wrong = orjson.loads(refused("lambda", "rest-json", AwsError("InvalidParameterValueException", "x")).body)
    assert wrong == {"message": "x", "Type": "User"}


def test_members_that_are_headers_are_written_as_headers() -> None:
    error = AwsError("ThrottlingException", "slow", retryAfterSeconds=3)
    response = refused("pipes", "rest-json", error)
    assert response.status == 429
    assert ("Retry-After", "3") in response.headers
    assert b"retryAfter" not in response.body


def test_kinesis_refuses_in_cbor_what_was_asked_in_cbor() -> None:
    response = AMZ_CBOR.refuse(model_of("kinesis"), AwsError("ResourceNotFoundException", "gone"), "some-id")
    assert cbor2.loads(response.body) == {"__type": "ResourceNotFoundException", "message": "gone"}
    assert ("Content-Type", "application/x-amz-cbor-1.1") in response.headers


def test_errors_of_s3_are_documents_without_a_namespace() -> None:
    response = refused("s3", "rest-xml", AwsError("NoSuchKey", "The <key>", 404, Key='a&"b'))
    assert isinstance(response.body, bytes)
    assert response.body.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The &lt;key&gt;</Message>'
        b"<Key>a&amp;&quot;b</Key><RequestId>some-id</RequestId><HostId>"
    )
    assert {"x-amz-request-id", "x-amz-id-2", "Server"} <= {name for name, _ in response.headers}


def test_not_modified_has_no_body() -> None:
    assert refused("s3", "rest-xml", AwsError("NotModified", "", 304)).body == b""


@pytest.mark.parametrize(("service", "protocol"), [(each[0], each[1]) for each in CASES])
def test_unforeseen_failures_have_each_services_name(service: str, protocol: str) -> None:
    assert parsed(service, protocol, internal(service))["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.parametrize("codec", [JSON, QUERY, REST_JSON, REST_XML, AMZ_CBOR, RPC_CBOR])
def test_every_protocol_can_refuse_for_nobody(codec: Codec) -> None:
    response = codec.refuse(None, AwsError("UnknownOperationException", "what?"), "some-id")
    assert 400 <= response.status <= 501
    assert b"what?" in bytes(response.body)


def test_the_place_of_buckets_is_a_document_of_its_own() -> None:
    operation = model_of("s3").operation("GetBucketLocation")
    empty = REST_XML.write(operation, {}, "some-id").body
    assert b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>' in bytes(empty)
    assert b">eu-west-1<" in bytes(REST_XML.write(operation, {"LocationConstraint": "eu-west-1"}, "x").body)


def test_elements_come_in_the_order_of_the_result() -> None:
    result = {"Name": "b", "Prefix": "", "KeyCount": 1, "IsTruncated": False, "Contents": [{"Key": "k", "Size": 0}]}
    body = bytes(REST_XML.write(model_of("s3").operation("ListObjectsV2"), result, "x").body)
    assert body.endswith(
        b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>'
        b"<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>0</Size></Contents>"
        b"</ListBucketResult>"
    )


def test_older_clients_of_sqs_still_send_forms() -> None:
    from tailrace.wire.message import Request

    body = b"Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Tag.1.Key=k&Tag.1.Value=v"
    operation = model_of("sqs").operation("CreateQueue")
    read = QUERY.read(operation, Request("POST", "/", body=body))
    assert read == {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}, "tags": {"k": "v"}}
    received = {"Messages": [{"MessageId": "1", "Attributes": {"SentTimestamp": "2"}}]}
    written = bytes(QUERY.write(model_of("sqs").operation("ReceiveMessage"), received, "x").body)
    assert (
        b"<ReceiveMessageResult><Message><MessageId>1</MessageId><Attribute><Name>SentTimestamp</Name><Value>2</Value>"
        b"</Attribute></Message></ReceiveMessageResult>" in written
    )


def test_headers_stay_one_line_whatever_is_in_a_result() -> None:
    result = {"Body": b"", "ContentDisposition": "a\r\nSet-Cookie: b", "Metadata": {"k\n": "v\r\n\r\nx"}}
    headers = REST_XML.write(model_of("s3").operation("GetObject"), result, "x").headers
    assert not any(mark in text for name, value in headers for text in (name, value) for mark in "\r\n")
