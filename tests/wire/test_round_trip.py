"""What botocore's serializers send is what services get, and what services answer is what botocore's parsers read."""

import random
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import cbor2
import pytest
from botocore.awsrequest import HeadersDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.wire.claim import Claim
from tailrace.wire.codec import Codec
from tailrace.wire.message import Request
from tailrace.wire.model import model_of
from tailrace.wire.route import AMZ_CBOR, JSON, QUERY, REST_JSON, REST_XML, RPC_CBOR, Route, route_of
from wire.samples import SERVICES, Sampler, has_events, parser, plain, serializer, service_model

PROTOCOLS = {
    **{service: ["json"] for service in ("dynamodb", "dynamodbstreams", "kinesis", "firehose", "glue", "athena")},
    "sqs": ["json"],
    "logs": ["json"],
    "cloudwatch": ["json", "query", "smithy-rpc-v2-cbor"],
    "pipes": ["rest-json"],
    "lambda": ["rest-json"],
    "s3": ["rest-xml"],
    "iam": ["query"],
    "sts": ["query"],
    "cloudformation": ["query"],
}
CODECS: dict[str, Codec] = {
    "json": JSON,
    "query": QUERY,
    "rest-json": REST_JSON,
    "rest-xml": REST_XML,
    "smithy-rpc-v2-cbor": RPC_CBOR,
}
CASES = [(service, protocol) for service in SERVICES for protocol in PROTOCOLS[service]]
SCOPES = {"dynamodbstreams": "dynamodb", "cloudwatch": "monitoring"}
# Operations that share their request with a newer one, or that live on hosts of their own.
NOT_ROUTED = {
    "GetBucketLifecycle",
    "GetBucketNotification",
    "ListDirectoryBuckets",
    "PutBucketLifecycle",
    "PutBucketNotification",
    "WriteGetObjectResponse",
}
READ_BY_HANDLERS = {"GetBucketLocation"}
HEADER_TYPES = {
    "query": "application/x-www-form-urlencoded; charset=utf-8",
    "json": "application/x-amz-json-1.0",
}
deep = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))


def request_of(sent: dict[str, Any], protocol: str) -> Request:
    """Answer the request that a client would send."""
    headers = {name.lower(): str(value) for name, value in sent["headers"].items()}
    body = sent["body"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True).encode()
        headers["content-type"] = HEADER_TYPES["query"]
    path, _, fixed = sent["url_path"].partition("?")
    query = sent["query_string"]
    asked = query if isinstance(query, str) else urlencode(list(_fields(query)))
    text = "&".join(each for each in (fixed, asked) if each)
    return Request(sent["method"], path, text, headers, body.encode() if isinstance(body, str) else body or b"")


def _fields(query: dict[str, Any]) -> Any:
    for name, value in query.items():
        for each in value if isinstance(value, list) else [value]:
            yield name, each


def operations(service: str) -> Any:
    """Answer the operations that a client can call without events and without a host of its own."""
    for name in service_model(service).operation_names:
        found = service_model(service).operation_model(name)
        if name not in NOT_ROUTED and not has_events(found.input_shape) and not has_events(found.output_shape):
            yield name, found


def route(request: Request, service: str) -> Route:
    """Answer where a request goes that was signed for a service."""
    return route_of(request, Claim("k", "20260101", "us-east-1", SCOPES.get(service, service)))


@pytest.mark.parametrize(("service", "protocol"), CASES, ids=[f"{each[0]}-{each[1]}" for each in CASES])
@given(seed=st.integers(0, 2**32))
@deep
def test_requests_are_read_as_they_were_meant(service: str, protocol: str, seed: int) -> None:
    sampler = Sampler(random.Random(seed))
    for name, found in operations(service):
        params = sampler.of(found.input_shape) if found.input_shape is not None else {}
        request = request_of(serializer(protocol).serialize_to_request(params, found), protocol)
        where = route(request, service)
        assert (where.service, where.operation) == (service, name), f"{request.method} {request.path}?{request.query}"
        request.labels = where.labels
        read = where.codec.read(model_of(service).operation(name), request)
        assert pruned(read) == pruned(expected(plain(params), read)), name


def pruned(value: Any) -> Any:
    """Answer a value without empty structures: not every protocol can say that there is one."""
    if isinstance(value, dict):
        return {key: kept for key, each in value.items() if (kept := pruned(each)) != {}}
    return [pruned(each) for each in value] if isinstance(value, list) else value


def expected(params: dict[str, Any], read: dict[str, Any]) -> dict[str, Any]:
    """A payload that isn't sent arrives as an empty one; S3 takes any text for Expires."""
    empty = {name: read[name] for name in read if read[name] in (b"", {}) and name not in params}
    expires = {"Expires": read["Expires"]} if isinstance(params.get("Expires"), float) else {}
    return params | empty | expires


@pytest.mark.parametrize(("service", "protocol"), CASES, ids=[f"{each[0]}-{each[1]}" for each in CASES])
@given(seed=st.integers(0, 2**32))
@deep
def test_answers_are_read_as_they_were_meant(service: str, protocol: str, seed: int) -> None:
    sampler = Sampler(random.Random(seed))
    for name, found in operations(service):
        if found.http["method"] == "HEAD" or name in READ_BY_HANDLERS:
            continue
        result = sampler.of(found.output_shape) if found.output_shape is not None else {}
        response = CODECS[protocol].write(model_of(service).operation(name), plain(result), "some-id")
        assert isinstance(response.body, bytes)
        reply = {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": Streamed(response.body) if found.has_streaming_output else response.body,
        }
        parsed = parser(protocol).parse(reply, found.output_shape)
        usual = {"StatusCode": response.status, "ContentType": "binary/octet-stream"}
        read = {key: each for key, each in pruned(comparable(parsed)).items() if each != b""}
        result.pop("ContentLength", None)  # the server says how long a body is
        assert read == {**{key: usual[key] for key in usual if key in read}, **pruned(comparable(result))}, name


class Streamed:
    """A streamed body, as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self.body = body


def comparable(value: Any) -> Any:
    """Answer a parsed value without what the parser adds."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items() if key not in ("ResponseMetadata",)}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, Streamed):
        return value.body
    return value.timestamp() if hasattr(value, "timestamp") else value


@given(seed=st.integers(0, 2**32))
@deep
def test_kinesis_speaks_cbor_with_instants_in_milliseconds(seed: int) -> None:
    sampler = Sampler(random.Random(seed))
    for name, found in operations("kinesis"):
        operation = model_of("kinesis").operation(name)
        params = sampler.of(found.input_shape) if found.input_shape is not None else {}
        body = cbor2.dumps(params, encoders={datetime: _milliseconds})
        headers = {"x-amz-target": f"Kinesis_20131202.{name}", "content-type": "application/x-amz-cbor-1.1"}
        request = Request("POST", "/", headers=headers, body=body)
        where = route(request, "kinesis")
        assert where.codec is AMZ_CBOR
        assert where.codec.read(operation, request) == plain(params), name
        result = sampler.of(found.output_shape) if found.output_shape is not None else {}
        written = where.codec.write(operation, plain(result), "some-id").body
        assert isinstance(written, bytes)
        tagged = cbor2.loads(written, semantic_decoders={1: _whole_milliseconds}) if written else {}
        assert tagged == plain(result), name


def _milliseconds(encoder: Any, value: datetime) -> None:
    encoder.encode(cbor2.CBORTag(1, int(value.timestamp() * 1000)))


def _whole_milliseconds(value: Any, immutable: bool) -> float:
    assert type(value) is int, "the SDKs for Java and JavaScript can't read fractions"
    return value / 1000
