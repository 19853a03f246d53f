"""Objects on their way into files: plain, chunked, with trailers, and everything that can be wrong with them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tailrace.engine.errors import StoreFull
from tailrace.engine.files import Staged
from tailrace.runtime import http_limits
from tailrace.wire.errors import AwsError
from wire.endpoint import Answer, Endpoint


class Kept:
    """What the cloud was given."""

    def __init__(self, endpoint: Endpoint, root: Path) -> None:
        self.params: dict[str, Any] = {}
        self.body: bytes | None = None
        self._root = root
        endpoint.cloud.handler = self._take

    def _take(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        body = params["Body"]
        self.params = params
        if isinstance(body, Staged):
            assert body.sealed
            self.body = (self._root / body.path).read_bytes()
        else:
            self.body = body
        return {"ETag": '"e"'}


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with Endpoint(tmp_path) as running:
        yield running


@pytest.fixture
def kept(endpoint: Endpoint, tmp_path: Path) -> Kept:
    return Kept(endpoint, tmp_path)


def put(body: bytes, *headers: str, length: int | None = None) -> bytes:
    size = f"Content-Length: {len(body) if length is None else length}"
    return "\r\n".join(["PUT /bkt/a/k.txt HTTP/1.1", "Host: a", size, *headers, "", ""]).encode() + body


def code_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.decode().split("<Code>")[1].split("<")[0]


def files_in(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def test_a_body_is_a_file_before_its_operation(endpoint: Endpoint, kept: Kept, tmp_path: Path) -> None:
    body = bytes(range(256)) * 10_000
    assert endpoint.exchange(put(body, "Content-Encoding: gzip", "x-amz-meta-A: b")).status == 200
    assert kept.body == body
    assert kept.params["ContentLength"] == len(body)
    assert kept.params["ContentEncoding"] == "gzip"
    assert kept.params["Metadata"] == {"a": "b"}
    assert [name.startswith("s3/bkt/a/k.txt~") for name in files_in(tmp_path)] == [True]


def test_an_empty_body_needs_no_file(endpoint: Endpoint, kept: Kept, tmp_path: Path) -> None:
    assert endpoint.exchange(put(b"")).status == 200
    assert kept.body == b""
    assert not files_in(tmp_path)


CHUNKED = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
TRAILING = (
    "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length: 5",
    "x-amz-trailer: x-amz-checksum-crc32",
)


@pytest.mark.parametrize(("encoding", "kept_encoding"), [("aws-chunked", None), ("aws-chunked,gzip", "gzip")])
def test_chunked_bodies_arrive_decoded(
    endpoint: Endpoint, kept: Kept, encoding: str, kept_encoding: str | None
) -> None:
    sent = put(CHUNKED, f"Content-Encoding: {encoding}", *TRAILING)
    assert endpoint.exchange(sent).status == 200
    assert kept.body == b"hello"
    assert kept.params["ContentLength"] == 5
    assert kept.params.get("ContentEncoding") == kept_encoding
    assert kept.params["ChecksumCRC32"] == "NhCmhg=="


def test_chunks_within_chunks(endpoint: Endpoint, kept: Kept) -> None:
    outer = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (CHUNKED[:7], CHUNKED[7:])) + b"0\r\n\r\n"
    sent = put(outer, "Content-Encoding: aws-chunked", *TRAILING)
    sent = sent.replace(b"Content-Length: %d" % len(outer), b"Transfer-Encoding: chunked")
    assert endpoint.exchange(sent).status == 200
    assert kept.body == b"hello"


HASH = hashlib.sha256(b"hello").hexdigest()
REFUSED = [
    (put(b"hallo", f"x-amz-content-sha256: {HASH}"), (400, "XAmzContentSHA256Mismatch")),
    (put(CHUNKED[:-2], "Content-Encoding: aws-chunked", *TRAILING), (400, "IncompleteBody")),
    (put(b"5\r\nhello\r\n0\r\n\r\n", "Content-Encoding: aws-chunked", *TRAILING), (400, "MalformedTrailerError")),
    (put(b"zz\r\nhello\r\n0\r\n\r\n", "Content-Encoding: aws-chunked", *TRAILING), (400, "MalformedTrailerError")),
    (put(CHUNKED.replace(b"5", b"4", 1).replace(b"hello", b"hell"), *TRAILING), (400, "IncompleteBody")),
    (put(b"a", "x-amz-decoded-content-length: 6000000000"), (400, "EntityTooLarge")),
    (put(b"a", "x-amz-decoded-content-length: many"), (400, "InvalidArgument")),
    (
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        (501, "NotImplemented"),
    ),
    (b"PUT /b/k HTTP/1.1\r\nHost: a\r\n\r\n", (411, "MissingContentLength")),
]


@pytest.mark.parametrize(("sent", "error"), REFUSED)
def test_what_is_not_as_it_was_said_leaves_nothing(
    endpoint: Endpoint, kept: Kept, tmp_path: Path, sent: bytes, error: tuple[int, str]
) -> None:
    with endpoint.connect() as line:
        line.send(sent)
        assert code_of(line.answer()) == error
        line.send(put(b"next"))  # the connection goes on
        assert line.answer().status == 200
    assert kept.body == b"next"
    assert len(files_in(tmp_path)) == 1


def test_what_the_service_refuses_leaves_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    def refuse(*call: Any) -> dict[str, Any]:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName="bkt")

    endpoint.cloud.handler = refuse
    answer = endpoint.exchange(put(b"hello"))
    assert code_of(answer) == (404, "NoSuchBucket")
    assert b"<BucketName>bkt</BucketName>" in answer.body
    assert not files_in(tmp_path)


@pytest.mark.parametrize("sent", [put(b"hel", length=5), put(b"x" * 1_000_000, length=2_000_000), put(b"", length=9)])
def test_a_client_that_leaves_within_a_body_leaves_nothing(endpoint: Endpoint, tmp_path: Path, sent: bytes) -> None:
    with endpoint.connect() as line:
        line.send(sent)
        assert endpoint.settled(lambda: bool(files_in(tmp_path)))
    assert endpoint.settled(lambda: not files_in(tmp_path))
    assert not endpoint.cloud.calls


def test_a_client_that_stops_within_a_body_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "BODY_GRACE_S", 0.05)
    monkeypatch.setattr(http_limits, "SWEEP_S", 0.02)
    with Endpoint(tmp_path) as endpoint, endpoint.connect() as line:
        line.send(put(b"hel", length=5))
        assert code_of(line.answer()) == (400, "RequestTimeout")
        assert line.ended()
        assert not files_in(tmp_path)


def test_a_full_disk_is_told_clearly(endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(staged: Staged, data: bytes) -> None:
        raise StoreFull("the disk is full: free some space and send the request again")

    monkeypatch.setattr(Staged, "write", full)
    answer = endpoint.exchange(put(b"hello"))
    assert code_of(answer) == (503, "ServiceUnavailable")
    assert b"free some space" in answer.body
    assert not files_in(tmp_path)


def test_many_uploads_at_once(endpoint: Endpoint, tmp_path: Path) -> None:
    lines = [endpoint.connect() for _ in range(20)]
    body = b"x" * 300_000
    for line in lines:
        line.send(put(body)[:1000])
    for line in lines:
        line.send(put(body)[1000:])
    for line in lines:
        with line:
            assert line.answer().status == 200
    assert len(files_in(tmp_path)) == 20


def test_documents_may_be_chunked_too(endpoint: Endpoint) -> None:
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(document), document)
    head = b"POST /b?delete HTTP/1.1\r\nHost: a\r\nContent-Encoding: aws-chunked\r\nContent-Length: %d\r\n\r\n"
    assert endpoint.exchange(head % len(body) + body).status == 200
    assert endpoint.cloud.calls[-1][2]["Delete"] == {"Objects": [{"Key": "k"}]}
