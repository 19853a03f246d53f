"""Signatures: vectors captured from botocore with a frozen clock, its own signers as the client, and forgeries."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from tailrace.wire import sigv2, sigv4
from tailrace.wire.canonical import EMPTY_SHA256, path_of, query_of
from tailrace.wire.claim import Claim, claim_of
from tailrace.wire.distrust import Distrust, worded
from tailrace.wire.message import Request

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
JSON_TYPE = "application/x-amz-json-1.0"
FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


def look_up(access_key: str) -> tuple[str, str | None] | None:
    return {KEY: (SECRET, None), "ASIASESSION": (SECRET, "the-token")}.get(access_key)


VECTORS = [
    (
        "dynamodb",
        Request("POST", "/", "", {"content-type": JSON_TYPE, "x-amz-target": "DynamoDB_20120810.ListTables"}, b"{}"),
        "content-type;host;x-amz-date;x-amz-target",
        "260bcaba218695f3797b6dbb3c163e84102e00234a51e9b7eb818db0788853ad",
    ),
    (
        "dynamodb",
        Request(
            "POST", "/", "", {"content-type": JSON_TYPE, "x-amz-target": "DynamoDBStreams_20120810.ListStreams"}, b"{}"
        ),
        "content-type;host;x-amz-date;x-amz-target",
        "75128d21996fad59094d9ca4ade3ed9519d6e09ac1e9bf9ebb73ebf00a07a2b3",
    ),
    (
        "dynamodb",
        Request(
            "POST",
            "/",
            "",
            {"content-type": JSON_TYPE, "x-amz-target": "DynamoDB_20120810.PutItem"},
            b'{"TableName": "t", "Item": {"pk": {"S": "a"}}}',
        ),
        "content-type;host;x-amz-date;x-amz-target",
        "3dbe1893aafc12e83b6863d31b6d0a9c66106af11424751b124d679bedbb82bc",
    ),
    (
        "sts",
        Request("POST", "/", "", {"content-type": FORM_TYPE}, b"Action=GetCallerIdentity&Version=2011-06-15"),
        "content-type;host;x-amz-date",
        "2fc574afb89ee08bec12adbc40052c9cc23a4cd11193592aa18b198b7d7d22ae",
    ),
    (
        "lambda",
        Request(
            "GET",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af",
            "Qualifier=%24LATEST",
        ),
        "host;x-amz-date",
        "627ef3c3b60d50eb1e3c2ca7ec0d3f436206e5ef502e4bc7036aace8e9a41050",
    ),
    (
        "s3",
        Request(
            "GET",
            "/bkt/a%20b/%C3%BC%2B%24.txt",
            "",
            {"range": "bytes=0-1", "x-amz-checksum-mode": "ENABLED", "x-amz-content-sha256": EMPTY_SHA256},
        ),
        "host;range;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date",
        "d2093dfdc4a86c759f6b0e2a1f595bb444621439e0e835662ceac69651f5a673",
    ),
]


def signed(service: str, request: Request, names: str, signature: str, key: str = KEY) -> Request:
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={key}/20260102/us-east-1/{service}/aws4_request, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    own = {"host": "localhost:4566", "x-amz-date": "20260102T030405Z", "authorization": authorization}
    return Request(request.method, request.path, request.query, {**own, **request.headers}, request.body)


@pytest.mark.parametrize(("service", "request_", "names", "signature"), VECTORS)
def test_captured_signatures_are_believed(service: str, request_: Request, names: str, signature: str) -> None:
    found = sigv4.verify(signed(service, request_, names, signature), look_up, NOW)
    assert found.claim == Claim(KEY, "20260102", "us-east-1", service)


@pytest.mark.parametrize(("service", "request_", "names", "signature"), VECTORS)
def test_blanks_after_commas_may_be_missing(service: str, request_: Request, names: str, signature: str) -> None:
    request = signed(service, request_, names, signature)
    request.headers = {**request.headers, "authorization": request.headers["authorization"].replace(", ", ",")}
    sigv4.verify(request, look_up, NOW)


def test_the_query_is_sorted_by_encoded_name_and_value() -> None:
    assert query_of("tagKeys=b%20b&tagKeys=a") == "tagKeys=a&tagKeys=b%20b"
    assert query_of("uploads&b=&a=1") == "a=1&b=&uploads="
    assert query_of("a=~-._%2F+") == "a=~-._%2F%20"


def test_paths_are_signed_as_sent_by_s3_and_normalised_by_the_others() -> None:
    assert path_of("/bkt/f//x/../y", is_s3=True) == "/bkt/f//x/../y"
    assert path_of("/a/./b/../c//d/", is_s3=False) == "/a/c/d/"
    assert path_of("/a%20b", is_s3=False) == "/a%2520b"
    assert path_of("", is_s3=False) == "/"


class _Frozen:
    """botocore signs at this moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        monkeypatch.setattr(
            botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment.replace(tzinfo=None)
        )
        monkeypatch.setattr(botocore.auth.time, "time", moment.timestamp)


def sent(request: Any) -> Request:
    """Answer a request of botocore as the server sees it."""
    prepared = request.prepare()
    rest = prepared.url.split("//", 1)[1]
    host, _, target = rest.partition("/")
    path, _, query = f"/{target}".partition("?")
    headers = {name.lower(): _text(value) for name, value in prepared.headers.items()}
    return Request(prepared.method, path, query, {"host": host, **headers}, prepared.body or b"")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> _Frozen:
    return _Frozen(monkeypatch)


def credentials(session: bool = False) -> Any:
    if session:
        return botocore.credentials.Credentials("ASIASESSION", SECRET, "the-token")
    return botocore.credentials.Credentials(KEY, SECRET)


URLS = [
    ("PUT", "http://localhost:4566/bkt/f//x/../y?partNumber=1&uploadId=u%2F%2B%3D", b"hello"),
    ("GET", "http://bkt.localhost:4566/a%20b.txt?response-content-type=text%2Fplain", b""),
    ("POST", "http://localhost:4566/bkt?delete", b"<Delete/>"),
]


@pytest.mark.parametrize("session", [False, True])
@pytest.mark.parametrize(("method", "url", "body"), URLS)
def test_what_botocore_signs_for_s3_is_believed(
    frozen: _Frozen, method: str, url: str, body: bytes, session: bool
) -> None:
    request = botocore.awsrequest.AWSRequest(method, url, data=body, headers={"X-Amz-Meta-A": "  two   blanks "})
    botocore.auth.S3SigV4Auth(credentials(session), "s3", "eu-west-1").add_auth(request)
    found = sigv4.verify(sent(request), look_up, NOW)
    assert found.payload_hash == hashlib.sha256(body).hexdigest()
    assert found.claim.region == "eu-west-1"


@pytest.mark.parametrize("session", [False, True])
@pytest.mark.parametrize(("method", "url", "body"), URLS)
def test_urls_that_botocore_presigns_are_believed_until_they_expire(
    frozen: _Frozen, method: str, url: str, body: bytes, session: bool
) -> None:
    request = botocore.awsrequest.AWSRequest(method, url)
    botocore.auth.S3SigV4QueryAuth(credentials(session), "s3", "us-east-1", expires=60).add_auth(request)
    found = sigv4.verify(sent(request), look_up, NOW + 59)
    assert found.payload_hash == sigv4.UNSIGNED
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(sent(request), look_up, NOW + 61)
    error = worded(distrust.value, "s3")
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.members == {
        "X-Amz-Expires": 60,
        "Expires": "2026-01-02T03:05:05Z",
        "ServerTime": "2026-01-02T03:05:06Z",
    }


def test_the_captured_presigned_url_is_believed() -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=5400dcd7072257cd4582eb8eb07118e3e81b8e4fe8b2f02c339a3fc8a6c325a8"
    )
    sigv4.verify(Request("GET", "/bkt/a%20b.txt", query, {"host": "localhost:4566"}), look_up, NOW)


@pytest.mark.parametrize("session", [False, True])
@pytest.mark.parametrize(("method", "url", "body"), URLS)
def test_urls_of_the_second_version_are_believed(
    frozen: _Frozen, method: str, url: str, body: bytes, session: bool
) -> None:
    request = botocore.awsrequest.AWSRequest(method, url, auth_path=auth_path_of(url))
    botocore.auth.HmacV1QueryAuth(credentials(session), expires=60).add_auth(request)
    seen = sent(request)
    assert sigv2.is_second_version(seen)
    assert claim_of(seen) == Claim("ASIASESSION" if session else KEY, "", "", "s3")
    sigv2.verify(seen, look_up, NOW + 59)
    with pytest.raises(Distrust) as expired:
        sigv2.verify(seen, look_up, NOW + 61)
    assert worded(expired.value, "s3").message == "Request has expired"
    seen.path += "x"
    with pytest.raises(Distrust) as forged:
        sigv2.verify(seen, look_up, NOW)
    assert worded(forged.value, "s3").code == "SignatureDoesNotMatch"


def auth_path_of(url: str) -> str | None:
    host, _, path = url.split("//", 1)[1].partition("/")
    bucket = host.split(".")[0] if host.startswith("bkt.") else None
    return f"/{bucket}/{path.split('?')[0]}" if bucket else None


def broken(request: Request, **headers: str | None) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in {**request.headers, **named}.items() if value is not None}
    return Request(request.method, request.path, request.query, kept, request.body)


GOOD = signed(*VECTORS[0])
AUTHORIZATION = GOOD.headers["authorization"]
DOUBTS: list[tuple[Request, float, str, str, int]] = [
    (Request(GOOD.method, "/", "", GOOD.headers, b"{ }"), NOW, "mismatch", "InvalidSignatureException", 400),
    (broken(GOOD, x_amz_target="DynamoDB_20120810.DeleteTable"), NOW, "mismatch", "InvalidSignatureException", 400),
    (broken(GOOD, authorization=None), NOW, "missing", "MissingAuthenticationTokenException", 400),
    (broken(GOOD, authorization="Basic abc"), NOW, "unsupported", "IncompleteSignatureException", 400),
    (broken(GOOD, authorization="AWS4-HMAC-SHA256 x"), NOW, "incomplete", "IncompleteSignatureException", 400),
    (broken(GOOD, x_amz_date=None), NOW, "incomplete", "IncompleteSignatureException", 400),
    (broken(GOOD, x_amz_date="today"), NOW, "bad_date", "IncompleteSignatureException", 400),
    (broken(GOOD, x_amz_date="20260103T000000Z"), NOW, "bad_scope", "InvalidSignatureException", 400),
    (
        broken(GOOD, authorization=AUTHORIZATION.replace("AKIDEXAMPLE", "AKIAOTHER")),
        NOW,
        "unknown_key",
        "UnrecognizedClientException",
        400,
    ),
    (
        broken(GOOD, authorization=AUTHORIZATION.replace("AKIDEXAMPLE", "ASIASESSION")),
        NOW,
        "bad_token",
        "UnrecognizedClientException",
        400,
    ),
    (
        broken(GOOD, authorization=AUTHORIZATION.replace("host;", "")),
        NOW,
        "unsigned_headers",
        "InvalidSignatureException",
        400,
    ),
    (GOOD, NOW + 901, "expired", "InvalidSignatureException", 400),
    (GOOD, NOW - 901, "not_yet", "InvalidSignatureException", 400),
]


@pytest.mark.parametrize(("request_", "now", "reason", "code", "status"), DOUBTS)
def test_what_is_not_believed(request_: Request, now: float, reason: str, code: str, status: int) -> None:
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(request_, look_up, now)
    error = worded(distrust.value, "dynamodb")
    assert (distrust.value.reason, error.code, error.status) == (reason, code, status)
    assert "{" not in error.message


def test_an_expired_signature_is_told_with_its_times() -> None:
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(GOOD, look_up, NOW + 901)
    text = "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T031906Z - 15 min.)"
    assert worded(distrust.value, "iam").message == text
    skewed = worded(distrust.value, "s3")
    assert skewed.code == "RequestTimeTooSkewed"
    assert skewed.members["MaxAllowedSkewMilliseconds"] == 900_000


def test_a_mismatch_shows_what_should_have_been_signed() -> None:
    forged = Request(GOOD.method, "/", "", GOOD.headers, b"{ }")
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(forged, look_up, NOW)
    assert (
        "The Canonical String for this request should have been\n'POST\n/" in worded(distrust.value, "kinesis").message
    )
    error = worded(distrust.value, "s3")
    assert error.code == "SignatureDoesNotMatch"
    assert {"AWSAccessKeyId", "StringToSign", "SignatureProvided", "CanonicalRequest"} <= set(error.members)


def test_a_presigned_url_carries_no_headers_that_were_not_signed(frozen: _Frozen) -> None:
    request = botocore.awsrequest.AWSRequest("PUT", "http://localhost:4566/bkt/k")
    botocore.auth.S3SigV4QueryAuth(credentials(), "s3", "us-east-1", expires=60).add_auth(request)
    seen = broken(sent(request), x_amz_acl="public-read")
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(seen, look_up, NOW)
    error = worded(distrust.value, "s3")
    assert error.message == "There were headers present in the request which were not signed"
    assert error.members == {"HeadersNotSigned": "x-amz-acl"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("X-Amz-Signature=a", "AuthorizationQueryParametersError"),
        (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20260102T030405Z&X-Amz-Expires=604801&X-Amz-SignedHeaders=host&X-Amz-Signature=a",
            "AuthorizationQueryParametersError",
        ),
    ],
)
def test_presigned_urls_that_are_not_whole(query: str, code: str) -> None:
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(Request("GET", "/b/k", query, {"host": "localhost"}), look_up, NOW)
    assert worded(distrust.value, "s3").code == code


def test_s3_wants_the_hash_of_the_body() -> None:
    with pytest.raises(Distrust) as distrust:
        sigv4.verify(signed("s3", Request("GET", "/b"), "host;x-amz-date", "a"), look_up, NOW)
    assert worded(distrust.value, "s3").message == "Missing required header for this request: x-amz-content-sha256"


@pytest.mark.parametrize("reason", ["missing", "unknown_key", "expired_token", "mismatch", "bad_token"])
@pytest.mark.parametrize("service", ["s3", "iam", "lambda", "kinesis", None])
def test_every_service_has_words_for_every_reason(service: str | None, reason: Any) -> None:
    error = worded(Distrust(reason), service)
    assert error.code and error.message and error.status in (400, 403)


def test_claims_are_taken_from_headers_and_urls() -> None:
    assert claim_of(GOOD) == Claim(KEY, "20260102", "us-east-1", "dynamodb")
    query = "X-Amz-Credential=AK%2F20260102%2Feu-west-1%2Fs3%2Faws4_request"
    assert claim_of(Request("GET", "/b/k", query)) == Claim("AK", "20260102", "eu-west-1", "s3")
    assert claim_of(Request("GET", "/", "", {"authorization": "AWS AK:sig"})) == Claim("AK", "", "", "s3")
    assert claim_of(Request("GET", "/", "", {"authorization": "AWS4-HMAC-SHA256 Credential=odd, x"})) is None
    assert claim_of(Request("GET", "/")) is None
