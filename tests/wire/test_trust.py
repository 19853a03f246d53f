"""With --auth iam: real clients of every protocol are believed by their signatures, and nobody else is."""

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tailrace.service.principal import Principal
from wire.endpoint import Endpoint

KEY, SECRET = "AKIAEXAMPLE", "sekrit/with+signs"
SESSION_KEY, TOKEN = "ASIAEXAMPLE", "the/token=="
USER = Principal("user", "arn:aws:iam::123456789012:user/u", "AIDAEXAMPLE", "123456789012")

CALLS: dict[str, Callable[[Any], Any]] = {
    "dynamodb": lambda client: client.list_tables(),
    "dynamodbstreams": lambda client: client.list_streams(),
    "kinesis": lambda client: client.put_record(StreamName="s", Data=b"\x00\xff", PartitionKey="ü"),
    "firehose": lambda client: client.list_delivery_streams(),
    "glue": lambda client: client.get_databases(),
    "athena": lambda client: client.list_work_groups(),
    "sqs": lambda client: client.list_queues(),
    "logs": lambda client: client.describe_log_groups(),
    "cloudwatch": lambda client: client.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}]),
    "iam": lambda client: client.list_roles(PathPrefix="/a b/"),
    "sts": lambda client: client.get_caller_identity(),
    "cloudformation": lambda client: client.describe_stacks(StackName="s"),
    "lambda": lambda client: client.get_function(
        FunctionName="arn:aws:lambda:us-east-1:123456789012:function:f", Qualifier="$LATEST"
    ),
    "pipes": lambda client: client.untag_resource(
        resourceArn="arn:aws:pipes:us-east-1:123456789012:pipe/p", tagKeys=["b b", "a"]
    ),
    "s3": lambda client: client.put_object(Bucket="bkt", Key="a b//ü+$/../x", Body=b"hello", Metadata={"k": "v"}),
}
DENIALS = {
    "s3": ("SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken"),
    **dict.fromkeys(
        ("iam", "sts", "cloudformation"), ("SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredToken")
    ),
}
USUAL_DENIALS = ("InvalidSignatureException", "UnrecognizedClientException", "ExpiredTokenException")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with Endpoint(tmp_path_factory.mktemp("guarded"), auth="iam") as running:
        running.cloud.keys[KEY] = (SECRET, None, USER)
        running.cloud.keys[SESSION_KEY] = (SECRET, TOKEN, USER)
        yield running


def client_of(endpoint: Endpoint, service: str, key: str = KEY, secret: str = SECRET, token: str | None = None) -> Any:
    return boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=endpoint.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}),
    )


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize(("key", "token"), [(KEY, None), (SESSION_KEY, TOKEN)])
def test_signed_calls_arrive(guarded: Endpoint, service: str, key: str, token: str | None) -> None:
    CALLS[service](client_of(guarded, service, key, token=token))
    called, _, _, region = guarded.cloud.calls[-1]
    assert (called, region) == (service, "eu-west-1")


@pytest.mark.parametrize("service", CALLS)
def test_others_do_not(guarded: Endpoint, service: str) -> None:
    before = len(guarded.cloud.calls)
    mismatch, unknown, ended = DENIALS.get(service, USUAL_DENIALS)
    for key, secret, token, code in (
        (KEY, "another", None, mismatch),
        ("AKIAUNKNOWN", SECRET, None, unknown),
        ("ASIAENDED", SECRET, "t", ended),
        (SESSION_KEY, SECRET, "forged", "InvalidToken" if service == "s3" else unknown),
    ):
        with pytest.raises(ClientError) as refused:
            CALLS[service](client_of(guarded, service, key, secret, token))
        assert refused.value.response["Error"]["Code"] == code
    assert len(guarded.cloud.calls) == before


def get(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
    try:
        request = urllib.request.Request(url, body, {"Content-Type": ""} if body else {}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("token", [None, TOKEN])
def test_presigned_urls_open_what_they_were_made_for(guarded: Endpoint, version: str, token: str | None) -> None:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=guarded.url,
        aws_access_key_id=SESSION_KEY if token else KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(signature_version=version),
    )
    asked = {"Bucket": "bkt", "Key": "a b/ü+.txt", "ResponseContentType": "text/plain"}
    url = client.generate_presigned_url("get_object", asked)
    assert get(url)[0] == 200
    assert guarded.cloud.calls[-1][1:3] == ("GetObject", asked)
    assert get(url.replace("/bkt/", "/other/"))[0] == 403
    assert "SignatureDoesNotMatch" in get(url, "PUT", b"x")[1]
    if not token:
        put = client.generate_presigned_url("put_object", {"Bucket": "bkt", "Key": "k"})
        assert get(put, "PUT", b"hello") == (200, "")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (("/bkt/k", "GET"), "AccessDenied"),
        (("/?Action=ListRoles&Version=2010-05-08", "GET"), "MissingAuthenticationToken"),
        (("/2015-03-31/functions", "GET"), "Missing Authentication Token"),
        (("/bkt/k?X-Amz-Signature=x", "GET"), "AuthorizationQueryParametersError"),
        (("/bkt/k?AWSAccessKeyId=a", "GET"), "Query-string authentication requires"),
    ],
)
def test_nobody_is_nobody(guarded: Endpoint, request_: tuple[str, str], code: str) -> None:
    status, body = get(guarded.url + request_[0], request_[1])
    assert status in (400, 403)
    assert code in body


def test_a_signed_document_can_not_be_exchanged(guarded: Endpoint) -> None:
    client = client_of(guarded, "s3")
    client.meta.events.register("before-send.s3.DeleteObjects", _exchange_body)
    with pytest.raises(ClientError) as refused:
        client.delete_objects(Bucket="bkt", Delete={"Objects": [{"Key": "mine"}]})
    assert refused.value.response["Error"]["Code"] == "XAmzContentSHA256Mismatch"


def test_a_signed_object_can_not_be_exchanged(guarded: Endpoint) -> None:
    client = client_of(guarded, "s3")
    client.meta.events.register("before-send.s3.PutObject", _exchange_body)
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket="bkt", Key="k", Body=b"mine")
    assert refused.value.response["Error"]["Code"] == "XAmzContentSHA256Mismatch"


def _exchange_body(request: Any, **_: Any) -> None:
    body = request.body if isinstance(request.body, bytes) else request.body.read()
    request.body = body.replace(b"mine", b"your")


def test_an_upload_is_refused_before_its_body_is_read(guarded: Endpoint, tmp_path: Path) -> None:
    with guarded.connect() as line:
        line.send(b"PUT /bkt/k HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
        assert line.answer().status == 403
        assert line.ended()


def test_buckets_may_be_in_the_host(guarded: Endpoint) -> None:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=guarded.url.replace("127.0.0.1", "localhost"),
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "virtual"}),
    )
    url = client.generate_presigned_url("get_object", {"Bucket": "bkt", "Key": "a/k"})
    host = url.split("/")[2]
    assert host.startswith("bkt.localhost:")
    with guarded.connect() as line:
        line.send(f"GET {url.split(host)[1]} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert line.answer().status == 200
    assert guarded.cloud.calls[-1][2] == {"Bucket": "bkt", "Key": "a/k"}
