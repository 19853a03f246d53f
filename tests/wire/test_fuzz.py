"""Whatever a client sends, it is no failure of the server: there is an answer, and it is never a 500."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.runtime.http_door import Door
from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request, Response
from tailrace.wire.model import model_of
from tailrace.wire.route import TARGETS, VERSIONS
from wire.endpoint import SmallCloud
from wire.samples import SERVICES

SCOPES = [
    "dynamodb",
    "kinesis",
    "s3",
    "iam",
    "sts",
    "cloudformation",
    "lambda",
    "pipes",
    "monitoring",
    "sqs",
    "odd",
    "",
]
TARGET = {service: prefix for prefix, service in TARGETS.items()}
ANY_TEXT = st.text(max_size=30)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(ANY_TEXT, inside, max_size=3),
    max_leaves=8,
)
PATHS = st.one_of(
    st.sampled_from(
        ["/", "/b", "/b/k", "/2015-03-31/functions/f", "/v1/pipes/p", "/service/x/operation/y", "//", "/%00"]
    ),
    st.text("/abc%20+?#~.ü\x00{}", max_size=20).map(lambda path: f"/{path}"),
)
QUERIES = st.one_of(
    st.sampled_from(
        ["", "acl", "uploads", "uploadId=u", "partNumber=x&uploadId=u", "list-type=2&max-keys=x", "delete"]
    ),
    st.text("ab=&%2+X-Amz-Credential/;", max_size=40),
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    async def admin(*request: Any) -> Response:
        return Response(200)

    return Door(SmallCloud(tmp_path_factory.mktemp("fuzz")), "none", admin)


def answered(door: Door, request: Request) -> Response:
    async def answer() -> Response:
        arrival, error = door.arrive(request, len(request.body))
        if error is not None:
            return door.refuse(error, arrival)
        if arrival.upload is not None:
            arrival.upload.feed(request.body)
            request.body = b""
        response, _ = await door.answer(arrival)
        return response

    return asyncio.run(answer())


few = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=PATHS,
    query=QUERIES,
    scope=st.sampled_from(SCOPES),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "host",
                "content-type",
                "x-amz-copy-source",
                "x-amz-meta-a",
                "range",
                "content-length",
                "if-modified-since",
                "content-encoding",
                "smithy-protocol",
                "x-amz-content-sha256",
                "x-amz-object-lock-retain-until-date",
            ]
        ),
        ANY_TEXT,
        max_size=4,
    ),
    body=st.binary(max_size=60),
)
@few
def test_requests_of_any_form(
    door: Door, method: str, path: str, query: str, scope: str, headers: dict[str, str], body: bytes
) -> None:
    if scope:
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/{scope}/aws4_request, x"
    response = answered(door, Request(method, path, query, {"content-length": str(len(body)), **headers}, body))
    assert response.status in range(200, 500) or response.status == 501


@given(data=st.data())
@few
def test_any_json_for_any_operation(door: Door, data: Any) -> None:
    service = data.draw(st.sampled_from(sorted(TARGET)))
    name = data.draw(st.sampled_from(sorted(model_of(service).operations)))
    members = sorted(model_of(service).input(name).members) or ["x"]
    params = data.draw(st.dictionaries(st.sampled_from(members), JSON_VALUES, max_size=3))
    headers = {"x-amz-target": f"{TARGET[service]}.{name}", "content-type": "application/x-amz-json-1.1"}
    body = json.dumps(params).encode("utf-8", "replace")
    assert answered(door, Request("POST", "/", "", headers, body)).status in (200, 400)


@given(data=st.data())
@few
def test_any_form_for_any_action(door: Door, data: Any) -> None:
    version = data.draw(st.sampled_from(sorted(VERSIONS)))
    name = data.draw(st.sampled_from(sorted(model_of(VERSIONS[version]).operations)))
    rest = data.draw(st.text("abMember.0123456789=&%+Tags.", max_size=80))
    body = f"Action={name}&Version={version}&{rest}".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert answered(door, Request("POST", "/", "", headers, body)).status in (200, 400)


@given(
    body=st.binary(max_size=100),
    target=st.sampled_from(["Kinesis_20131202.PutRecords", "Kinesis_20131202.CreateStream"]),
)
@few
def test_any_bytes_as_cbor(door: Door, body: bytes, target: str) -> None:
    headers = {"x-amz-target": target, "content-type": "application/x-amz-cbor-1.1"}
    assert answered(door, Request("POST", "/", "", headers, body)).status in (200, 400)


@given(data=st.data())
@few
def test_any_parameters_are_valid_or_refused(data: Any) -> None:
    service = data.draw(st.sampled_from(SERVICES))
    name = data.draw(st.sampled_from(sorted(model_of(service).operations)))
    members = sorted(model_of(service).input(name).members) or ["x"]
    params = data.draw(st.dictionaries(st.sampled_from(members), JSON_VALUES, max_size=4))
    try:
        model_of(service).validate(name, params)
    except AwsError as error:
        assert error.code and error.status == 400
