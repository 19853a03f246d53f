"""The endpoint against clients of all manners: patient, hasty, slow, broken, hostile, and gone."""

import asyncio
import gzip
import logging
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tailrace.engine.files import FileSlice
from tailrace.runtime import http_limits
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError
from wire.endpoint import Answer, Endpoint


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with Endpoint(tmp_path) as running:
        yield running


def post(target: str, body: bytes = b"{}", *more: str) -> bytes:
    head = [
        "POST / HTTP/1.1",
        "Host: localhost",
        f"X-Amz-Target: {target}",
        "Content-Type: application/x-amz-json-1.0",
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


LIST = post("DynamoDB_20120810.ListTables")


async def turns(count: int) -> None:
    """Take as many turns of the loop: an operation that waits."""
    for _ in range(count):
        await asyncio.sleep(0)


def error_of(answer: Answer) -> tuple[int, str]:
    return answer.status, str(orjson.loads(answer.body)["__type"]).split("#")[-1]


def test_an_answer_is_whole(endpoint: Endpoint) -> None:
    endpoint.cloud.handler = lambda *call: {"TableNames": ["a"]}
    answer = endpoint.exchange(LIST)
    assert (answer.status, answer.body) == (200, b'{"TableNames":["a"]}')
    assert answer.headers["content-type"] == "application/x-amz-json-1.0"
    assert answer.headers["x-amz-crc32"] == str(zlib.crc32(answer.body))
    assert len(answer.headers["x-amzn-requestid"]) == 52
    assert answer.headers["date"].endswith("GMT")


def test_the_region_is_that_of_the_scope(endpoint: Endpoint) -> None:
    scope = "Credential=AK/20260101/{}/dynamodb/aws4_request, SignedHeaders=host, Signature=x"
    for region, meant in (("eu-west-1", "eu-west-1"), ("", "us-east-1"), ("..", "us-east-1"), ("*", "us-east-1")):
        endpoint.exchange(post("DynamoDB_20120810.ListTables", b"{}", f"Authorization: {scope.format(region)}"))
        assert endpoint.cloud.calls[-1][3] == meant


def test_a_connection_is_kept_for_many_requests(endpoint: Endpoint) -> None:
    with endpoint.connect() as line:
        for _ in range(3):
            line.send(LIST)
            assert line.answer().status == 200


def test_pipelined_requests_are_answered_in_order(endpoint: Endpoint) -> None:
    async def slow_first(params: dict[str, Any]) -> dict[str, Any]:
        await turns(1000 // params["Limit"])
        return {"TableNames": [str(params["Limit"])]}

    endpoint.cloud.handler = lambda service, operation, params: slow_first(params)
    with endpoint.connect() as line:
        line.send(b"".join(post("DynamoDB_20120810.ListTables", b'{"Limit":%d}' % number) for number in range(1, 101)))
        for number in range(1, 101):
            assert line.answer().body == b'{"TableNames":["%d"]}' % number


def test_a_head_may_come_byte_by_byte(endpoint: Endpoint) -> None:
    with endpoint.connect() as line:
        for position in range(len(LIST)):
            line.send(LIST[position : position + 1])
        assert line.answer().status == 200


def test_the_client_may_ask_to_close(endpoint: Endpoint) -> None:
    with endpoint.connect() as line:
        line.send(post("DynamoDB_20120810.ListTables", b"{}", "Connection: close"))
        assert line.answer().headers["connection"] == "close"
        assert line.ended()


def test_a_client_that_half_closes_gets_its_answer(endpoint: Endpoint) -> None:
    with endpoint.connect() as line:
        line.send(LIST)
        line.socket.shutdown(1)
        assert line.answer().status == 200
        assert line.ended()


MALFORMED = [
    b"NONSENSE\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nBad Header: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n: a\r\n\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
]


@pytest.mark.parametrize("data", MALFORMED)
def test_what_is_not_http_gets_400_and_an_end(endpoint: Endpoint, data: bytes) -> None:
    with endpoint.connect() as line:
        line.send(data)
        answer = line.answer()
        assert 400 <= answer.status < 500
        assert b"<Error><Code>" in answer.body
        assert line.ended()
    assert not endpoint.cloud.calls


def test_what_was_asked_before_the_nonsense_is_answered(endpoint: Endpoint) -> None:
    with endpoint.connect() as line:
        line.send(LIST + LIST + b"\x00\x01nonsense\r\n\r\n" + LIST)
        assert [line.answer().status for _ in range(3)] == [200, 200, 400]
        assert line.ended()
    assert len(endpoint.cloud.calls) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 17_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % number for number in range(3000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000,
    ],
)
def test_heads_have_a_size(endpoint: Endpoint, data: bytes) -> None:
    with endpoint.connect() as line:
        line.send(data)
        answer = line.answer()
        assert (answer.status, b"RequestHeaderSectionTooLarge" in answer.body) == (400, True)


def test_bodies_have_a_size(endpoint: Endpoint) -> None:
    size = http_limits.BODY_BYTES_MAX + 1
    head = post("DynamoDB_20120810.PutItem", b"").replace(b"Length: 0", b"Length: %d" % size)
    with endpoint.connect() as line:
        line.send(head + b" " * size)
        assert error_of(line.answer()) == (413, "RequestEntityTooLargeException")
        line.send(LIST)  # the rest was read over, so the connection goes on
        assert line.answer().status == 200


def test_bodies_without_a_length_have_a_size_too(endpoint: Endpoint) -> None:
    head = post("DynamoDB_20120810.PutItem", b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with endpoint.connect() as line:
        line.send(head + b"100001\r\n" + b" " * 0x100001 + b"\r\n")
        for _ in range(15):
            line.send(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        line.send(b"0\r\n\r\n")
        assert error_of(line.answer()) == (413, "RequestEntityTooLargeException")


def test_a_body_far_too_large_is_not_waited_for(endpoint: Endpoint) -> None:
    with endpoint.connect() as line:
        line.send(post("DynamoDB_20120810.PutItem", b"").replace(b"Length: 0", b"Length: 99999999999"))
        assert line.answer().status == 413
        assert line.ended()


def test_all_bodies_together_have_a_size(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "BODIES_BYTES_MAX", 1000)
    endpoint.server.body_bytes = 1001
    assert error_of(endpoint.exchange(LIST)) == (503, "SlowDown")
    endpoint.server.body_bytes = 0
    assert endpoint.exchange(LIST).status == 200
    assert endpoint.settled(lambda: endpoint.server.body_bytes == 0)


def test_chunked_bodies_are_read(endpoint: Endpoint) -> None:
    head = post("DynamoDB_20120810.ListTables", b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    answer = endpoint.exchange(head + b'b\r\n{"Limit": 7\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n')
    assert answer.status == 200
    assert endpoint.cloud.calls[-1][2] == {"Limit": 7}


def test_compressed_bodies_are_unpacked(endpoint: Endpoint) -> None:
    packed = gzip.compress(b'{"Limit": 7}')
    endpoint.exchange(post("DynamoDB_20120810.ListTables", packed, "Content-Encoding: gzip"))
    assert endpoint.cloud.calls[-1][2] == {"Limit": 7}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"plain", (400, "SerializationException")),
        (gzip.compress(b"{}", mtime=0)[:-5], (400, "SerializationException")),
        (gzip.compress(b" " * (17 << 20)), (413, "RequestEntityTooLargeException")),
    ],
)
def test_compressed_bodies_that_are_none(endpoint: Endpoint, body: bytes, error: tuple[int, str]) -> None:
    sent = post("DynamoDB_20120810.ListTables", body, "Content-Encoding: gzip")
    assert error_of(endpoint.exchange(sent)) == error


def test_a_client_that_waits_is_told_to_continue(endpoint: Endpoint) -> None:
    sent = post("DynamoDB_20120810.ListTables", b"{}", "Expect: 100-continue")
    with endpoint.connect() as line:
        line.send(sent[:-2])
        assert line.answer().status == 100
        line.send(b"{}")
        assert line.answer().status == 200


def test_a_client_that_waits_in_vain_is_told_at_once(endpoint: Endpoint) -> None:
    sent = post("DynamoDB_20120810.PutItem", b"", "Expect: 100-continue").replace(b"Length: 0", b"Length: 999999999")
    with endpoint.connect() as line:
        line.send(sent)
        assert line.answer().status == 413
        assert line.ended()


@pytest.mark.parametrize(
    ("data", "after"),
    [(b"POST / HTTP/1.1\r\nHost: a\r\nX-", "HEAD_S"), (LIST[:-1], "BODY_GRACE_S"), (b"", "IDLE_S")],
)
def test_slow_clients_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, after: str
) -> None:
    monkeypatch.setattr(http_limits, after, 0.05)
    monkeypatch.setattr(http_limits, "SWEEP_S", 0.02)
    with Endpoint(tmp_path) as endpoint, endpoint.connect() as line:
        line.send(data)
        if data:
            answer = line.answer()
            assert answer.status == 400
            assert b"RequestTimeout" in answer.body
        assert line.ended()


def test_a_client_that_trickles_a_body_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "BODY_GRACE_S", 0.1)
    monkeypatch.setattr(http_limits, "SWEEP_S", 0.02)
    head = post("DynamoDB_20120810.ListTables", b"").replace(b"Length: 0", b"Length: 9999")
    with Endpoint(tmp_path) as endpoint, endpoint.connect() as line:
        line.send(head)
        line.socket.settimeout(0.01)
        for _ in range(1000):
            try:
                line.send(b" ")
                line.socket.recv(1, 2)  # MSG_PEEK
                break
            except TimeoutError:
                continue
        line.socket.settimeout(10)
        assert line.answer().status == 400


def test_a_client_that_does_not_read_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "WRITE_S", 0.1)
    monkeypatch.setattr(http_limits, "SWEEP_S", 0.02)
    with Endpoint(tmp_path) as endpoint:
        endpoint.cloud.handler = lambda *call: {"TableNames": ["x" * (30 << 20)]}
        with endpoint.connect() as line:
            line.send(LIST)
            assert endpoint.settled(lambda: bool(endpoint.cloud.calls))
            assert endpoint.settled(lambda: not endpoint.server.connections)


def test_there_are_only_so_many_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "CONNECTIONS_MAX", 2)
    with Endpoint(tmp_path) as endpoint, endpoint.connect() as first, endpoint.connect() as second:
        for line in (first, second):
            line.send(LIST)
            assert line.answer().status == 200
        with endpoint.connect() as third:
            assert third.answer().status == 503
            assert third.ended()
        first.send(LIST)
        assert first.answer().status == 200


@pytest.mark.parametrize("cut", [5, len(LIST) - 1, len(LIST)])
def test_a_client_that_goes_away_costs_nothing(endpoint: Endpoint, cut: int) -> None:
    async def slow() -> dict[str, Any]:
        await turns(1000)
        return {}

    endpoint.cloud.handler = lambda *call: slow()
    for _ in range(20):
        with endpoint.connect() as line:
            line.send(LIST[:cut])
    assert endpoint.settled(lambda: not endpoint.server.connections and endpoint.server.body_bytes == 0)
    assert endpoint.exchange(LIST).status == 200


def test_unforeseen_failures_are_logged_and_answered_in_form(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.cloud.handler = lambda *call: 1 / 0
    with caplog.at_level(logging.ERROR):
        assert error_of(endpoint.exchange(LIST)) == (500, "InternalServerError")
        answer = endpoint.exchange(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (answer.status, b"<Code>InternalError</Code>" in answer.body) == (500, True)
    assert "ZeroDivisionError" in caplog.text
    assert "dynamodb ListTables failed" in caplog.text


def test_a_result_that_can_not_be_written_is_a_failure_too(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.cloud.handler = lambda *call: {"TableNames": {1, 2}}
    assert error_of(endpoint.exchange(LIST)) == (500, "InternalServerError")


def test_operations_that_are_not_there_are_named(endpoint: Endpoint) -> None:
    def refuse(service: str, operation: str, params: dict[str, Any]) -> Any:
        text = f"Tailrace does not carry out {service} {operation} yet."
        raise AwsError("UnknownOperationException", text, status=501)

    endpoint.cloud.handler = refuse
    answer = endpoint.exchange(LIST)
    assert orjson.loads(answer.body) == {
        "__type": "com.amazon.coral.service#UnknownOperationException",
        "Message": "Tailrace does not carry out dynamodb ListTables yet.",
    }
    assert answer.status == 400
    assert error_of(endpoint.exchange(post("DynamoDB_20120810.MakeCoffee"))) == (400, "UnknownOperationException")
    s3 = endpoint.exchange(b"GET /b?acl HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (s3.status, b"<Code>NotImplemented</Code>" in s3.body, b"s3 GetBucketAcl" in s3.body) == (501, True, True)
    form = b"Action=ListUsers&Version=2010-05-08"
    head = (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    )
    query = endpoint.exchange(head % len(form) + form)
    assert (query.status, b"<Code>InvalidAction</Code>" in query.body) == (400, True)


def test_what_is_tailraces_own(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    answer = endpoint.exchange(b"GET /_tailrace/x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (answer.status, answer.body) == (200, b"GET /_tailrace/x y=1 0")
    assert endpoint.exchange(b"GET /_tailrace/broken HTTP/1.1\r\nHost: a\r\n\r\n").status == 500


@pytest.mark.parametrize("mark", ["Origin: https://example.com", "Sec-Fetch-Site: cross-site"])
def test_pages_in_a_browser_can_not_act(endpoint: Endpoint, mark: str) -> None:
    assert error_of(endpoint.exchange(post("DynamoDB_20120810.ListTables", b"{}", mark))) == (
        403,
        "AccessDeniedException",
    )
    for line in ("POST /b?delete", "GET /?Action=DeleteStack&Version=2010-05-15", "PUT /b/k", "POST /_tailrace/clock"):
        sent = f"{line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n{mark}\r\n\r\n".encode()
        assert endpoint.exchange(sent).status == 403
    assert not endpoint.cloud.calls
    assert endpoint.exchange(f"GET /b/k HTTP/1.1\r\nHost: a\r\n{mark}\r\n\r\n".encode()).status == 200


def test_temporary_keys_act_as_their_role_and_all_others_as_the_root(endpoint: Endpoint) -> None:
    role = Principal("role", "arn:aws:sts::123456789012:assumed-role/r/s", "AROA:s", "123456789012")
    endpoint.cloud.keys["ASIAROLE"] = ("secret", "token", role)
    for key, kind in (("ASIAROLE", "role"), ("ASIAOTHER", "root"), ("AKIAANY", "root")):
        scope = f"Authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/dynamodb/aws4_request, x"
        assert endpoint.exchange(post("DynamoDB_20120810.ListTables", b"{}", scope)).status == 200
        assert endpoint.cloud.principals[-1].kind == kind


def test_a_target_may_name_a_host(endpoint: Endpoint) -> None:
    answer = endpoint.exchange(b"GET http://tailrace/_tailrace/x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.body.startswith(b"GET /_tailrace/x")


def test_headers_that_come_twice_are_one_list(endpoint: Endpoint) -> None:
    head = b"HEAD /b/k HTTP/1.1\r\nHost: a\r\nIf-Match: 1\r\nIf-Match: 2\r\nX-Amz-Meta-A: \xfc\r\n\r\n"
    with endpoint.connect() as line:
        line.send(head)
        assert line.answer(head_only=True).status == 200
    assert endpoint.cloud.calls[-1][2]["IfMatch"] == "1,2"


def sliced(path: Path, start: int, length: int) -> dict[str, Any]:
    return {"Body": FileSlice(path, start, length), "ContentType": "text/plain"}


GET = b"GET /b/k HTTP/1.1\r\nHost: a\r\n\r\n"


def test_files_are_streamed(endpoint: Endpoint, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000
    (tmp_path / "file").write_bytes(content)
    endpoint.cloud.handler = lambda *call: sliced(tmp_path / "file", 3, len(content) - 10)
    with endpoint.connect() as line:
        for _ in range(2):
            line.send(GET)
            assert line.answer().body == content[3:-7]
    endpoint.cloud.handler = lambda *call: {**sliced(tmp_path / "file", 0, 5), "ContentRange": "bytes 0-4/9"}
    answer = endpoint.exchange(GET)
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, content[:5], "bytes 0-4/9")


def test_a_client_that_leaves_within_a_file_costs_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * (20 << 20))
    endpoint.cloud.handler = lambda *call: sliced(tmp_path / "file", 0, 20 << 20)
    for _ in range(5):
        with endpoint.connect() as line:
            line.send(GET)
            line.socket.recv(1000)
    assert endpoint.settled(lambda: not endpoint.server.connections)


def test_an_object_replaced_at_the_last_moment_is_asked_for_again(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    answers = iter([sliced(tmp_path / "gone", 0, 3), sliced(tmp_path / "new", 0, 3)])
    endpoint.cloud.handler = lambda *call: next(answers)
    assert endpoint.exchange(GET).body == b"new"


def test_a_file_that_is_shorter_than_it_should_be_ends_the_connection(
    endpoint: Endpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    endpoint.cloud.handler = lambda *call: sliced(tmp_path / "file", 0, 30_000_000)
    with endpoint.connect() as line:
        line.send(GET)
        assert line.ended()
    assert "a body can't be read" in caplog.text


def test_answers_to_head_have_no_body(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.cloud.handler = lambda *call: {"ContentLength": 1234, "ETag": '"e"'}
    with endpoint.connect() as line:
        line.send(b"HEAD /b/k HTTP/1.1\r\nHost: a\r\n\r\n" + LIST)
        answer = line.answer(head_only=True)
        assert (answer.headers["content-length"], answer.headers["etag"]) == ("1234", '"e"')
        assert line.answer().status == 200


def test_stopping_lets_what_is_being_done_end(tmp_path: Path) -> None:
    async def slow() -> dict[str, Any]:
        await turns(5000)
        return {"TableNames": []}

    endpoint = Endpoint(tmp_path)
    with endpoint:
        endpoint.cloud.handler = lambda *call: slow()
        line, idle = endpoint.connect(), endpoint.connect()
        line.send(LIST)
        assert endpoint.settled(lambda: bool(endpoint.cloud.calls))
    with line, idle:
        assert line.answer().status == 200
        assert line.ended()
        assert idle.ended()
