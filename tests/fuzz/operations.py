"""Every operation that is carried out, how botocore writes a request for it, and how it reads the answer."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import botocore.session
import cbor2
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from fuzz.target import Answer, Target
from tailrace.runtime import services

_SESSION = botocore.session.get_session()
Request = tuple[str, str, dict[str, str], bytes]  # method, path, headers, body
_SCOPES = {"cloudwatch": "monitoring", "dynamodbstreams": "dynamodb"}


@dataclass(frozen=True)
class Subject:
    """One operation and how it is asked for."""

    service: str
    name: str
    model: OperationModel
    serialize: Callable[[dict[str, Any], OperationModel], dict[str, Any]]
    parse: Callable[..., dict[str, Any]]

    @property
    def known_as(self) -> str:
        """Its name among all services."""
        return f"{self.service} {self.name}"


@cache
def subjects() -> tuple[Subject, ...]:
    """Answer every operation that a client can ask for."""
    return tuple(_subjects())


@cache
def strangers() -> tuple[Subject, ...]:
    """Answer every operation of the services' models that is not carried out."""
    known = {subject.known_as for subject in subjects()}
    return tuple(each for each in _subjects(of_models=True) if each.known_as not in known)


def _subjects(*, of_models: bool = False) -> Iterator[Subject]:
    for room in services.load():
        model = _SESSION.get_service_model(room.name)
        serialize = create_serializer(model.resolved_protocol, include_validation=False).serialize_to_request
        parse = create_parser(model.resolved_protocol).parse
        ours = [each.name for each in room.operations.values() if not each.internal]
        for name in model.operation_names if of_models else ours:
            yield Subject(room.name, name, model.operation_model(name), serialize, parse)


class Unwritable(Exception):
    """Parameters that no request can carry: a header of two lines, a path that isn't there."""


def written(subject: Subject, params: dict[str, Any]) -> Request:
    """Answer method, path, headers and body as botocore writes them, or by hand what it wouldn't write."""
    try:
        request = _serialized(subject, params)
        path, query = request["url_path"], _query(request["query_string"])
        path += f"{'&' if '?' in path else '?'}{query}" if query else ""
        headers = {name: str(value) for name, value in request["headers"].items() if name != "Content-Length"}
        headers["Authorization"] = authorization(subject.service)
        path.encode("ascii")
        for each in (*headers, *headers.values()):
            each.encode("latin-1")
    except Exception as error:
        raise Unwritable from error
    return request["method"], path, headers, _body(request["body"])


def ask(target: Target, subject: Subject, params: dict[str, Any], write: "Write | None" = None) -> Answer:
    """Send a request. Raises Unwritable when it can't be written, OSError when there is no answer."""
    try:
        return target.ask(*(write or written)(subject, params))
    except ValueError as error:
        raise Unwritable from error  # the client's library refuses it


def parsed(subject: Subject, answer: Answer) -> dict[str, Any]:
    """Read an answer as clients do."""
    response = {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": answer.body}
    shape = subject.model.output_shape
    if subject.model.has_streaming_output and answer.status < 300:
        response["body"] = b""
    found: dict[str, Any] = subject.parse(response, shape)
    return found


def authorization(service: str) -> str:
    """Answer a header that names a service."""
    scope = _SCOPES.get(service, service)
    credential = f"Credential=test/20260101/us-east-1/{scope}/aws4_request"
    return f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"


def _serialized(subject: Subject, params: dict[str, Any]) -> dict[str, Any]:
    try:
        return subject.serialize(params, subject.model)
    except Exception:
        if "json" not in subject.model.service_model.resolved_protocol or subject.model.http["requestUri"] != "/":
            raise
        # Its serializer can't write a value of another type; JSON can.
        request = subject.serialize({}, subject.model)
        request["body"] = json.dumps(params, default=_as_text).encode()
        return request


def _as_text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _body(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if body in ({}, None):
        return b""
    return urlencode(body).encode() if isinstance(body, dict) else str(body).encode()


def _query(query: Any) -> str:
    return query if isinstance(query, str) else urlencode(query, doseq=True)


def in_cbor(subject: Subject, params: dict[str, Any], *, rpc: bool) -> Request:
    """Answer a request of AWS JSON in one of the two forms of CBOR that some clients send. Raises Unwritable."""
    target = f"{subject.model.service_model.metadata['targetPrefix']}.{subject.name}"
    headers = {"Authorization": authorization(subject.service)}
    try:
        body = cbor2.dumps(params)
    except (cbor2.CBOREncodeError, OverflowError, ValueError) as error:
        raise Unwritable from error
    if rpc:
        service, _, operation = target.rpartition(".")
        headers |= {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
        return "POST", f"/service/{service}/operation/{operation}", headers, body
    headers |= {"X-Amz-Target": target, "Content-Type": "application/x-amz-cbor-1.1"}
    return "POST", "/", headers, body


def as_form(subject: Subject, params: dict[str, Any]) -> Request:
    """Answer a request as older clients of SQS and CloudWatch send it."""
    fields = {"Action": subject.name, "Version": subject.model.service_model.api_version, **dict(_flat("", params))}
    headers = {"Authorization": authorization(subject.service), "Content-Type": "application/x-www-form-urlencoded"}
    return "POST", "/", headers, urlencode(fields, errors="replace").encode()


def _speaking(protocol: str) -> tuple[Subject, ...]:
    return tuple(each for each in subjects() if each.model.service_model.resolved_protocol == protocol)


# Other ways to ask for the same: how a request is written, and what can be asked for so.
Write = Callable[[Subject, dict[str, Any]], Request]
FORMS: dict[str, tuple[Write, tuple[Subject, ...]]] = {
    "CBOR": (partial(in_cbor, rpc=False), _speaking("json")),
    "RPC in CBOR": (partial(in_cbor, rpc=True), _speaking("json")),
    "forms": (as_form, tuple(each for each in _speaking("json") if each.service in ("sqs", "cloudwatch"))),
}


def _flat(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(f"{place}.{name}" if place else str(name), each)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _flat(f"{place}.member.{at + 1}" if at % 2 else f"{place}.{at + 1}", each)
    else:
        yield place, str(value)
