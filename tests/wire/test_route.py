"""Which service, protocol and operation a request is for."""

import pytest

from tailrace.wire import route as routes
from tailrace.wire.claim import Claim
from tailrace.wire.message import Request
from tailrace.wire.model import model_of
from tailrace.wire.route import TARGETS, VERSIONS, Route, route_of
from tailrace.wire.s3_address import bucket_of
from wire.samples import SERVICES


def claim(service: str) -> Claim:
    return Claim("AK", "20260101", "us-east-1", service)


def where(method: str, target: str, service: str | None = None, body: bytes = b"", **headers: str) -> Route:
    path, _, query = target.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return route_of(Request(method, path, query, named, body), claim(service) if service else None)


def test_the_targets_and_versions_are_those_of_the_models() -> None:
    prefixes = {model_of(service).metadata.target_prefix: service for service in SERVICES}
    assert {prefix: service for prefix, service in prefixes.items() if prefix} == TARGETS
    for version, service in VERSIONS.items():
        assert model_of(service).metadata.api_version == version


S3 = [
    ("GET", "/", "ListBuckets", {}),
    ("PUT", "/bkt", "CreateBucket", {"Bucket": "bkt"}),
    ("PUT", "/bkt/", "CreateBucket", {"Bucket": "bkt"}),
    ("HEAD", "/bkt", "HeadBucket", {"Bucket": "bkt"}),
    ("GET", "/bkt", "ListObjects", {"Bucket": "bkt"}),
    ("GET", "/bkt?list-type=2&prefix=a", "ListObjectsV2", {"Bucket": "bkt"}),
    ("GET", "/bkt?list-type=1", "ListObjects", {"Bucket": "bkt"}),
    ("GET", "/bkt/?location", "GetBucketLocation", {"Bucket": "bkt"}),
    ("GET", "/bkt?lifecycle", "GetBucketLifecycleConfiguration", {"Bucket": "bkt"}),
    ("GET", "/bkt?notification", "GetBucketNotificationConfiguration", {"Bucket": "bkt"}),
    ("POST", "/bkt?delete", "DeleteObjects", {"Bucket": "bkt"}),
    ("GET", "/bkt?uploads", "ListMultipartUploads", {"Bucket": "bkt"}),
    ("PUT", "/bkt/k", "PutObject", {"Bucket": "bkt", "Key": "k"}),
    ("PUT", "/bkt/k?x-id=PutObject", "PutObject", {"Bucket": "bkt", "Key": "k"}),
    ("PUT", "/bkt/k?partNumber=1&uploadId=u", "UploadPart", {"Bucket": "bkt", "Key": "k"}),
    ("POST", "/bkt/k?uploads", "CreateMultipartUpload", {"Bucket": "bkt", "Key": "k"}),
    ("POST", "/bkt/k?uploadId=u", "CompleteMultipartUpload", {"Bucket": "bkt", "Key": "k"}),
    ("DELETE", "/bkt/k?uploadId=u", "AbortMultipartUpload", {"Bucket": "bkt", "Key": "k"}),
    ("GET", "/bkt/k?uploadId=u", "ListParts", {"Bucket": "bkt", "Key": "k"}),
    ("DELETE", "/bkt/k", "DeleteObject", {"Bucket": "bkt", "Key": "k"}),
    ("PUT", "/bkt/k?tagging", "PutObjectTagging", {"Bucket": "bkt", "Key": "k"}),
    ("GET", "/bkt/k?versionId=1&partNumber=2", "GetObject", {"Bucket": "bkt", "Key": "k"}),
    ("GET", "/bkt/a%20b/%C3%BC%2B%24.txt", "GetObject", {"Bucket": "bkt", "Key": "a b/ü+$.txt"}),
    ("GET", "/bkt//a//", "GetObject", {"Bucket": "bkt", "Key": "/a//"}),
    ("GET", "/bkt/a/../b", "GetObject", {"Bucket": "bkt", "Key": "a/../b"}),
    ("GET", "/bkt/a+b", "GetObject", {"Bucket": "bkt", "Key": "a+b"}),
]


@pytest.mark.parametrize(("method", "target", "operation", "labels"), S3)
@pytest.mark.parametrize("service", ["s3", None])
def test_s3(method: str, target: str, operation: str, labels: dict[str, str], service: str | None) -> None:
    found = where(method, target, service, host="127.0.0.1:4566")
    assert (found.service, found.operation, dict(found.labels)) == ("s3", operation, labels)


def test_copies_are_told_by_their_header() -> None:
    assert where("PUT", "/b/k", "s3", x_amz_copy_source="/c/d").operation == "CopyObject"
    assert where("PUT", "/b/k?partNumber=1&uploadId=u", "s3", x_amz_copy_source="/c/d").operation == "UploadPartCopy"


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("bkt.localhost:4566", "bkt"),
        ("my.dotted.bkt.localhost", "my.dotted.bkt"),
        ("bkt.s3.localhost:4566", "bkt"),
        ("bkt.s3.us-east-1.localhost:4566", "bkt"),
        ("bkt.s3.amazonaws.com", "bkt"),
        ("bkt.s3.eu-west-1.amazonaws.com", "bkt"),
        ("bkt.s3-eu-west-1.amazonaws.com", "bkt"),
        ("s3.localhost", None),
        ("s3.us-east-1.amazonaws.com", None),
        ("s3-eu-west-1.amazonaws.com", None),
        ("s3.amazonaws.com", None),
        ("sts.amazonaws.com", None),
        ("localhost:4566", None),
        ("127.0.0.1:4566", None),
        ("tailrace:4566", None),
        ("", None),
    ],
)
def test_buckets_in_hosts(host: str, bucket: str | None) -> None:
    assert bucket_of(host) == bucket


def test_a_bucket_in_the_host_leaves_the_path_to_the_key() -> None:
    found = where("GET", "/a/b", "s3", host="bkt.localhost:4566")
    assert (found.operation, dict(found.labels)) == ("GetObject", {"Bucket": "bkt", "Key": "a/b"})
    assert where("GET", "/", "s3", host="bkt.localhost:4566").operation == "ListObjects"


@pytest.mark.parametrize(("method", "target", "about"), [("POST", "/b/k", "OBJECT"), ("OPTIONS", "/b", "BUCKET")])
def test_methods_that_s3_has_not(method: str, target: str, about: str) -> None:
    error = where(method, target, "s3").error
    assert error is not None
    assert (error.code, error.status) == ("MethodNotAllowed", 405)
    assert error.members == {"Method": method, "ResourceType": about}


def test_keys_that_are_no_text() -> None:
    error = where("GET", "/b/%FF", "s3").error
    assert error is not None
    assert error.code == "InvalidURI"


REST = [
    ("lambda", "POST", "/2015-03-31/functions", "CreateFunction", {}),
    ("lambda", "GET", "/2015-03-31/functions/", "ListFunctions", {}),
    ("lambda", "GET", "/2015-03-31/functions/f", "GetFunction", {"FunctionName": "f"}),
    ("lambda", "POST", "/2015-03-31/functions/f/invocations?Qualifier=1", "Invoke", {"FunctionName": "f"}),
    ("lambda", "GET", "/2015-03-31/functions/arn%3Aaws%3Aa%2Fb", "GetFunction", {"FunctionName": "arn:aws:a/b"}),
    ("pipes", "POST", "/v1/pipes/p/start", "StartPipe", {"Name": "p"}),
    ("pipes", "GET", "/tags/arn%3Aaws%3Apipes%3A%3A%3Apipe%2Fp", "ListTagsForResource", None),
]


@pytest.mark.parametrize(("service", "method", "target", "operation", "labels"), REST)
def test_rest(service: str, method: str, target: str, operation: str, labels: dict[str, str] | None) -> None:
    found = where(method, target, service)
    assert (found.service, found.operation) == (service, operation)
    assert labels is None or found.labels == labels


def test_requests_without_a_signature_go_where_their_form_says() -> None:
    form = {"content_type": "application/x-www-form-urlencoded"}
    found = where("POST", "/", None, b"Action=GetCallerIdentity&Version=2011-06-15", **form)
    assert (found.service, found.operation) == ("sts", "GetCallerIdentity")
    assert where("GET", "/?Action=ListRoles&Version=2010-05-08").service == "iam"
    assert where("GET", "/2015-03-31/functions").service == "lambda"
    assert where("GET", "/v1/pipes").service == "pipes"
    invoked = where("POST", "/2015-03-31/functions/f/invocations", None, b"{}", **form)
    assert invoked.operation == "Invoke"


def test_one_target_and_three_protocols() -> None:
    target = "Kinesis_20131202.PutRecord"
    assert where("POST", "/", None, x_amz_target=target).codec is routes.JSON
    cbor = where("POST", "/", None, x_amz_target=target, content_type="application/x-amz-cbor-1.1")
    assert cbor.codec is routes.AMZ_CBOR
    rpc = where("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", smithy_protocol="rpc-v2-cbor")
    assert (rpc.codec, rpc.service, rpc.operation) == (routes.RPC_CBOR, "cloudwatch", "PutMetricData")
    old = where("POST", "/", "monitoring", b"Action=ListMetrics&Version=2010-08-01")
    assert (old.codec, old.service) == (routes.QUERY, "cloudwatch")


@pytest.mark.parametrize(
    "found",
    [
        where("POST", "/", "events", x_amz_target="AWSEvents.PutEvents"),
        where("POST", "/", "events"),
        where("POST", "/", "dynamodb"),
        where("GET", "/nowhere", "lambda"),
        where("POST", "/", "iam", b"Version=2010-05-08"),
        where("POST", "/", None, b"Action=Do&Version=1999", content_type="application/x-www-form-urlencoded"),
        where("POST", "/service/x", None, smithy_protocol="rpc-v2-cbor"),
    ],
)
def test_what_is_not_known_is_named(found: Route) -> None:
    assert found.operation is None
    assert found.error is not None and found.error.message
