"""Raw bytes: broken, cut, huge, slow and deep requests of every protocol. Whatever comes, the next one is answered."""

import json
import random
import resource
import socket
import time
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.furniture import FURNITURE, filled
from fuzz.good import GOOD
from fuzz.maker import Maker
from fuzz.names import Names
from fuzz.operations import Unwritable, ask, authorization, strangers, subjects, written
from fuzz.storm import Storm
from fuzz.target import PATIENCE_S, Target
from sizes import size_of

MIB = 2**20
CONNECTIONS = 1000
DEEP = 100_000

# One operation of each service that speaks AWS JSON or forms; of the target or action, every body is sent to each.
JSON_TARGETS = {
    each.service: f"{each.model.service_model.metadata['targetPrefix']}.{each.name}"
    for each in subjects()
    if each.model.service_model.resolved_protocol == "json"
}
FORMS = {each.service: each.name for each in subjects() if each.model.service_model.resolved_protocol == "query"}
FORMS["cloudwatch"] = "PutMetricData"


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Answer a request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in {"Content-Length": str(len(body)), **headers}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def json_request(service: str, body: bytes, target: str | None = None) -> bytes:
    headers = {
        "X-Amz-Target": target or JSON_TARGETS[service],
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": authorization(service),
    }
    return request("POST", "/", headers, body)


def form_request(service: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": authorization(service)}
    return request("POST", "/", headers, body)


def cbor_request(body: bytes) -> bytes:
    headers = {
        "Smithy-Protocol": "rpc-v2-cbor",
        "Content-Type": "application/cbor",
        "Authorization": authorization("cloudwatch"),
    }
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    return request("POST", path, headers, body)


def xml_request(body: bytes, path: str = "/bucket?delete") -> bytes:
    return request("POST", path, {"Authorization": authorization("s3")}, body)


def rest_request(body: bytes, path: str = "/v1/pipes/other") -> bytes:
    headers = {"Content-Type": "application/json", "Authorization": authorization("pipes")}
    return request("POST", path, headers, body)


SERVICES = sorted({each.service for each in subjects()})
PUT = json_request("dynamodb", b'{"TableName":"table","Item":{"id":{"S":"a"}}}', "DynamoDB_20120810.PutItem")


def good_request(storm: Storm, service: str) -> bytes:
    """Answer the first good request of a service, as botocore writes it."""
    operation, params = next((name, params) for each, name, params in (*FURNITURE, *GOOD) if each == service)
    subject = next(each for each in subjects() if each.known_as == f"{service} {operation}")
    return request(*written(subject, filled(params, storm.names)))


DEEP_BODIES = {
    "json lists": b"[" * DEEP,
    "json objects": b'{"Item":' * DEEP,
    "json attribute values": b'{"TableName":"table","Item":{"id":{"S":"a"},"v":'
    + b'{"L":[' * 5000
    + b'{"S":"a"}'
    + b"]}" * 5000
    + b"}}",
    "xml": b"<Delete>" + b"<Object>" * DEEP,
    "cbor": b"\x81" * DEEP,
    "cbor without an end": b"\x9f" * DEEP,
    "form": b"Action=CreateRole&Version=2010-05-08&" + b"&".join(b"Tags.member.%d.Key=a" % at for at in range(20_000)),
    "form path": b"Action=PutMetricData&Version=2010-08-01&A" + b".member.1" * DEEP + b"=x",
}
HUGE_BODIES = {
    "a number that is none": b'{"TableName":"table","Limit":1e999999}',
    "a number of many digits": b'{"TableName":"table","Limit":' + b"9" * 100_000 + b"}",
    "a negative length": b'{"StreamName":"stream","Limit":-99999999999999999999999999}',
    "a text of 10 MB": b'{"TableName":"' + b"x" * 10 * MIB + b'"}',
    "invalid utf-8": b'{"TableName":"\xff\xfe\xc0\x80"}',
    "half a surrogate": b'{"TableName":"\\ud800"}',
    "a zero": b'{"TableName":"a\x00b"}',
    "names twice": b'{"TableName":"a","TableName":"table"}',
    "an entity bomb": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;">' % (98 + at, 97 + at, 97 + at, 97 + at) for at in range(20))
    + b"]><Delete><Object><Key>&u;</Key></Object></Delete>",
    "an entity of a file": b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&f;</Key></Object></Delete>',
}


def statuses(received: bytes) -> list[int]:
    """Answer the statuses of all responses that came back."""
    return [int(line.split()[1]) for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


def assert_no_failure(received: bytes) -> None:
    assert not [status for status in statuses(received) if status == 500 or status > 503], received[:500]


@pytest.mark.parametrize("name", DEEP_BODIES)
def test_depth_without_end(target: Target, name: str) -> None:
    body = DEEP_BODIES[name]
    for data in (json_request("dynamodb", body), form_request("iam", body), cbor_request(body), xml_request(body)):
        assert_no_failure(target.raw(data))
    for data in (rest_request(body), *(json_request(service, body) for service in JSON_TARGETS)):
        received = target.raw(data)
        assert_no_failure(received)
        assert statuses(received)


@pytest.mark.parametrize("name", HUGE_BODIES)
def test_values_out_of_bounds(target: Target, name: str) -> None:
    body = HUGE_BODIES[name]
    requests = [json_request(service, body) for service in JSON_TARGETS]
    requests += [form_request(service, body) for service in FORMS]
    requests += [cbor_request(body), xml_request(body), xml_request(body, "/bucket/key?uploadId=x"), rest_request(body)]
    for data in requests:
        received = target.raw(data)
        assert_no_failure(received)
        assert len(statuses(received)) == 1
        assert b"root:" not in received


HEADS = {
    "nothing": b"",
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50,
    "an older http": b"GET / HTTP/0.9\r\n\r\n",
    "a newer http": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no end": b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
    "a line without end": b"GET /" + b"a" * MIB,
    "a header without end": b"GET / HTTP/1.1\r\nX: " + b"a" * MIB,
    "headers without end": b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 50_000,
    "a header without a name": b"GET / HTTP/1.1\r\n: b\r\n\r\n",
    "zeros": b"\x00" * 10_000,
    "a zero in a header": b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "folded headers": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "a negative length": b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\nabc",
    "a length beyond all": b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\nabc",
    "a large length": b"PUT /bucket/k HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\nabc",
    "a length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks of no number": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n",
    "chunks beyond all": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n",
    "an unknown encoding": b"POST / HTTP/1.1\r\nTransfer-Encoding: sideways\r\n\r\nabc",
    "a target of everything": b"GET /%00%ff%2e%2e/../..//\\?a=%zz&%&=&&a=b#c HTTP/1.1\r\nHost: a\r\n\r\n",
    "a host of nothing": b"GET / HTTP/1.1\r\nHost: ..%2f..%2f\r\n\r\n",
    "a method of nobody": b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
    "an upgrade": b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "an expectation": b"PUT /bucket/k HTTP/1.1\r\nExpect: 200-maybe\r\nContent-Length: 1\r\n\r\n",
    "a signature of nothing": b"GET / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=////////\r\n\r\n",
    "compressed nonsense": request(
        "POST",
        "/",
        {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Encoding": "gzip"},
        b"\x1f\x8b\x08\x00nonsense",
    ),
    "other encodings": request(
        "PUT", "/bucket/k", {"Content-Encoding": "aws-chunked", "x-amz-decoded-content-length": "x"}, b"3\r\nabc\r\n"
    ),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads_that_are_none(target: Target, name: str) -> None:
    assert_no_failure(target.raw(HEADS[name]))


often = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@given(
    service=st.sampled_from(SERVICES),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12), st.integers(0, 40)), min_size=1, max_size=4),
)
@often
def test_good_requests_with_some_bytes_changed(
    storm: Storm, target: Target, service: str, cuts: list[tuple[float, bytes, int]]
) -> None:
    data = good_request(storm, service)
    for place, inserted, removed in cuts:
        at = int(place * len(data))
        data = data[:at] + inserted + data[at + removed :]
    assert_no_failure(target.raw(data))


@pytest.mark.parametrize("service", SERVICES)
def test_good_requests_that_end_too_soon(storm: Storm, target: Target, service: str) -> None:
    good = good_request(storm, service)
    for end in range(1, len(good), max(len(good) // 25, 1)):
        assert_no_failure(target.raw(good[:end]))
    assert statuses(target.raw(good))[0] < 500


def test_a_thousand_slow_clients_keep_nobody_waiting(target: Target) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    before = target.memory_mb()
    good = PUT
    with ExitStack() as stack:
        clients = []
        for number in range(CONNECTIONS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", target.port), timeout=PATIENCE_S))
            client.sendall(good[: 20 + number % (len(good) - 21)])
            clients.append((client, number))
        target.assert_serves()
        assert target.memory_mb() - before < 200
        for client, number in clients:
            client.sendall(good[20 + number % (len(good) - 21) :])
        for client, _ in clients:
            client.settimeout(PATIENCE_S)
            answer = client.recv(4096)
            # On the busiest machine the first ones have been slower than the server waits for.
            assert answer.startswith(b"HTTP/1.1 200 ") or b"RequestTimeout" in answer


def test_bodies_that_trickle_hold_no_memory(target: Target) -> None:
    before = target.memory_mb()
    head = b"PUT /bucket/slow HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000000\r\n\r\n"
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", target.port), timeout=PATIENCE_S))
            for _ in range(20)
        ]
        for client in clients:
            client.sendall(head + b"x" * MIB)
        target.assert_serves()
        assert target.memory_mb() - before < 100
    deadline = time.monotonic() + PATIENCE_S
    while any(size_of(path) >= MIB // 2 for path in (target.data_dir / "tmp").glob("*") if path.is_file()):
        assert time.monotonic() < deadline, "what nobody finishes is removed"
        time.sleep(0.02)


# Older forms and other kinds of buckets, at an address where something else answers.
SHARED = {
    f"s3 {name}"
    for name in (
        "GetBucketLifecycle",
        "GetBucketNotification",
        "ListDirectoryBuckets",
        "PutBucketLifecycle",
        "PutBucketNotification",
        "WriteGetObjectResponse",
    )
}


def test_operations_that_are_not_there_are_named(target: Target) -> None:
    """Each operation of the models that isn't carried out: a clear refusal, never done, never a failure."""
    for subject in strangers():
        try:
            answer = ask(target, subject, Maker(random.Random(0), Names({})).made(subject))
        except Unwritable:
            continue
        if subject.known_as not in SHARED:
            assert answer.status in (*range(400, 500), 501), (subject.known_as, answer)
            # A body that can't be read is refused before anybody asks what is to be done with it.
            assert subject.name.encode() in answer.body or answer.status == 400, (subject.known_as, answer)


UNKNOWN = {
    "a target": json_request("dynamodb", b"{}", "DynamoDB_20120810.MakeTea"),
    "a target of nobody": json_request("dynamodb", b"{}", "Tea_20120810.MakeTea"),
    "a target without a point": json_request("dynamodb", b"{}", "Tea"),
    "a long target": json_request("dynamodb", b"{}", "x" * 10_000),
    "an action": form_request("iam", b"Action=MakeTea&Version=2010-05-08"),
    "no action": form_request("iam", b"Version=2010-05-08"),
    "a version": request("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=A&Version=1"),
    "a path": rest_request(b"{}", "/v1/tea"),
    "a function's path": request("GET", "/2015-03-31/tea", {"Authorization": authorization("lambda")}),
    "a service": request("POST", "/", {"Authorization": authorization("tea")}),
    "an operation in CBOR": cbor_request(b"\xa0").replace(b"PutMetricData", b"MakeTea"),
    "a service in CBOR": cbor_request(b"\xa0").replace(b"GraniteServiceVersion20100801", b"Tea"),
    "a method of S3": request("PATCH", "/bucket/key", {"Authorization": authorization("s3")}),
    "a sub-resource": request("POST", "/bucket/key?tea", {"Authorization": authorization("s3")}),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_knows_is_refused(target: Target, name: str) -> None:
    (status,) = statuses(target.raw(UNKNOWN[name]))
    assert status in (*range(400, 500), 501)


def test_bodies_of_millions_of_parts_are_refused_before_they_are_read(target: Target) -> None:
    """Each would hold up everybody for a minute, or take gigabytes."""
    parts = 400_000
    records = b'{"StreamName":"stream","Records":[' + b"{}," * parts + b"{}]}"
    answer = target.raw(json_request("kinesis", records, "Kinesis_20131202.PutRecords"))
    assert statuses(answer) == [400] and b"Too many entries" in answer
    tags = b'{"ResourceArn":"a","TagsToAdd":{' + b",".join(b'"%d":""' % at for at in range(parts)) + b"}}"
    answer = target.raw(json_request("glue", tags, "AWSGlue.TagResource"))
    assert statuses(answer) == [400] and b"Too many entries" in answer
    code = b'{"FunctionName":"a","Code":[' + b"[]," * (6 * MIB) + b"1]}"
    answer = target.raw(request("POST", "/2015-03-31/functions", {"Authorization": authorization("lambda")}, code))
    assert statuses(answer) == [413]


def test_only_functions_come_in_bodies_of_their_size(target: Target) -> None:
    head = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Authorization": authorization("lambda")}
    for path in ("/", "/2015-03-31/functions"):
        answer = target.raw(request("POST", path, {**head, "Content-Length": str(65 * MIB)}))
        assert statuses(answer) == [413]


def test_what_is_wrong_far_behind_is_found(target: Target) -> None:
    entries = [{"timestamp": 1, "message": "a"}] * 3000 + [{"timestamp": 1}]
    body = json.dumps({"logGroupName": "group", "logStreamName": "stream", "logEvents": entries}).encode()
    answer = target.raw(json_request("logs", body, "Logs_20140328.PutLogEvents"))
    assert statuses(answer) == [400] and b"logEvents.3001.member.message" in answer
