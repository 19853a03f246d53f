"""Every operation that is carried out, and requests for it made from botocore's model: right in type, odd in value."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from botocore.serialize import create_serializer

from fuzz.target import Answer, Target
from tailrace.runtime import services

DEPTH_MAX = 5
_SESSION = botocore.session.get_session()
_SCOPES = {"cloudwatch": "monitoring", "dynamodbstreams": "dynamodb"}
_TEXTS = (
    "",
    " ",
    "a",
    "A-valid_name.1",
    "x" * 300,
    "日本🜁é",
    "\x00\x01\x7f\x1f",
    "../../../../etc/passwd",
    "..",
    "/",
    "a/../../b",
    "%2e%2e%2f%00",
    "null",
    "-1",
    "99999999999999999999",
    "1e400",
    "{}",
    "[]",
    '{"a":',
    "${a}!{timestamp:yyyy}",
    "arn:aws:s3:::x",
    "arn:aws:kinesis:us-east-1:123456789012:stream/none",
    "SELECT 1",
    "<xml/>",
    "$.a.b[0]",
    "(((((((((((((((((((((",
    "\u202e\ufeff\u2028",
    "'; DROP TABLE x; --",
)
_PLAUSIBLE = (
    "a",
    "name",
    "a-name",
    "a_name",
    "1",
    "id",
    "/",
    "/path/",
    "123456789012",
    "2026-01-01T00:00:00Z",
    "us-east-1",
    "text of some words",
    "{}",
    '{"a": 1}',
    '{"Version": "2012-10-17", "Statement": []}',
    "arn:aws:iam::123456789012:role/role",
    "arn:aws:lambda:us-east-1:123456789012:function:function",
    "arn:aws:sqs:us-east-1:123456789012:queue",
    "arn:aws:s3:::bucket",
    "0123456789abcdef0123456789abcdef",
    "00000000-0000-4000-8000-000000000000",
    "s3://bucket/key",
    "SELECT 1",
    "$.a",
    "cron(0 12 * * ? *)",
    "string",
    "array<struct<a:int>>",
)
_NUMBERS = (0, 1, -1, 2, 5, 100, 1000, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, 2**63, -(2**63), 10**30)
_FLOATS = (0.0, -0.0, 1.5, -1.0, 1e308, 1e-308, 2.0**53)
_INSTANTS = (0, 1, -1, 1_767_225_600, 1_767_225_600.123, 253_402_300_799, 253_402_300_800, -62_135_596_801, 10**15)
_VALUES: tuple[Any, ...] = (
    {"S": "a"},
    {"N": "1"},
    {"N": "1e999"},
    {"N": "NaN"},
    {"N": "1" * 200},
    {"B": "AAA="},
    {"B": "!"},
    {"SS": []},
    {"SS": ["a", "a"]},
    {"NS": ["1", "1.0"]},
    {"BS": ["AA==", "AA=="]},
    {"NULL": False},
    {"BOOL": "true"},
    {"L": [{"M": {"": {"L": [{}]}}}]},
    {"M": {"a": {"S": "b"}}},
    {},
    {"S": "a", "N": "1"},
    {"X": "a"},
    {"S": None},
    [],
)
_EXPRESSIONS = (
    "#a = :a",
    "attribute_exists(#a)",
    "SET #a = :a",
    "SET #a = list_append(#a, :a) REMOVE #b[0]",
    "ADD #a :a",
    "a = b AND",
    "size(a) > :a",
    "a.b[99999999999999999999].c",
    "id = :a",
    "NOT " * 400 + "a",
    "(" * 500,
)


_MAPS: dict[str, dict[str, Any]] = {
    "ExpressionAttributeNames": {"#a": "id", "#b": "other"},
    "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"N": "1"}},
}
_DESTRUCTIVE = ("Delete", "Stop", "Remove", "Detach", "Disable", "Deregister")


@dataclass(frozen=True)
class Subject:
    """One operation and how it is asked for."""

    service: str
    name: str
    model: OperationModel
    serialize: Callable[[dict[str, Any], OperationModel], dict[str, Any]]


@cache
def subjects() -> tuple[Subject, ...]:
    """Answer every operation that a client can ask for."""
    return tuple(_subjects())


def _subjects() -> Iterator[Subject]:
    for room in services.load():
        model = _SESSION.get_service_model(room.name)
        serializer = create_serializer(model.resolved_protocol, include_validation=False)
        for operation in room.operations.values():
            if not operation.internal:
                yield Subject(
                    room.name,
                    operation.name,
                    model.operation_model(operation.name),
                    serializer.serialize_to_request,
                )


class Maker:
    """Makes parameters for operations. ``known`` are names that exist, by the member that carries them.

    ``wrong`` mixes in values of other types. How odd the values are is drawn anew for each request: those that are
    all odd end at the first check, those with one odd value get far.
    """

    def __init__(self, dice: random.Random, known: dict[str, list[str]], *, wrong: bool = False) -> None:
        self._dice = dice
        self._known = known
        self._wrong = wrong
        self._names = known
        self._service = ""
        self._odd = self._optional = 0.0

    def params(self, subject: Subject) -> dict[str, Any]:
        """Answer the parameters of a request."""
        shape = subject.model.input_shape
        self._odd = self._dice.choice((0.0, 0.03, 0.15, 0.6))
        self._optional = self._dice.choice((0.05, 0.2, 0.5))
        self._service = subject.service
        self._names = {} if subject.name.startswith(_DESTRUCTIVE) else self._known  # what is there is still needed
        return self._structure(shape, 0) if shape is not None else {}

    def _value(self, name: str, shape: Shape, depth: int) -> Any:
        dice = self._dice
        if self._wrong and dice.random() < 0.15:
            return dice.choice((None, True, 1, -1.5, "text", b"bytes", [], [None], {}, {"a": [1]}, 10**400))
        if shape.name == "AttributeValue":
            return dice.choice(_VALUES)
        if isinstance(shape, StructureShape):
            return self._structure(shape, depth + 1)
        if isinstance(shape, ListShape):
            return [self._value(name, shape.member, depth + 1) for _ in range(self._length(shape, depth))]
        if isinstance(shape, MapShape):
            if name in _MAPS and dice.random() > self._odd:
                return dict(_MAPS[name])
            if shape.value.name == "AttributeValue" and dice.random() > self._odd:
                return {"id": {"S": dice.choice("abc")}, **({} if "Key" in name else {"v": dice.choice(_VALUES)})}
            entries = range(self._length(shape, depth))
            return {self._text("", shape.key): self._value(name, shape.value, depth + 1) for _ in entries}
        if isinstance(shape, StringShape) or shape.type_name in ("string", "character"):
            return self._text(name, shape)
        return self._scalar(shape)

    def _scalar(self, shape: Shape) -> Any:
        dice, odd = self._dice, self._dice.random() < self._odd
        match shape.type_name:
            case "boolean":
                return dice.random() < 0.5
            case "integer" | "long" | "short" | "byte":
                least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1000))
                return dice.choice((*_NUMBERS, least - 1, most + 1)) if odd else dice.randint(least, max(least, most))
            case "timestamp":
                return dice.choice(_INSTANTS) if odd else dice.choice((1_767_225_600, 1_795_000_000.5))
            case "blob":
                return dice.choice((b"", b"\xff\xfe", dice.randbytes(100), b"x" * 5000)) if odd else b"{}"
            case _:
                return dice.choice(_FLOATS) if odd else 1.5

    def _text(self, name: str, shape: Shape) -> str:
        dice, odd = self._dice, self._dice.random() < self._odd
        enum = getattr(shape, "enum", None)
        least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 2000))
        if odd:
            size = dice.choice((least, max(least - 1, 0), min(most, 70_000), min(most + 1, 70_000)))
            return "x" * size if dice.random() < 0.2 else dice.choice(_TEXTS)
        names = self._names
        known = names.get(f"{self._service} {name}") or names.get(name) or names.get(shape.name)
        if known and dice.random() < 0.9:
            return dice.choice(known)
        if enum:
            return str(dice.choice(enum))
        if "Expression" in name:
            return dice.choice(_EXPRESSIONS)
        fitting = _fitting(str(shape.metadata.get("pattern", "")), least, most)
        return dice.choice(fitting) if fitting else "x" * max(least, 1)

    def _length(self, shape: Shape, depth: int) -> int:
        least, most = int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 1000))
        if depth >= DEPTH_MAX:
            return least
        if self._dice.random() < self._odd:
            return self._dice.choice((0, max(least - 1, 0), min(most + 1, 150) if depth < 2 else 2))
        return min(max(self._dice.choice((0, 1, 1, 1, 2, 3)), least), max(most, least), 30)

    def _structure(self, shape: StructureShape, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        chosen = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            chosen = [self._dice.choice(chosen)]
        optional = self._optional if depth < DEPTH_MAX else 0.0
        for name in chosen:
            needed = name in shape.required_members or len(chosen) == 1
            if self._dice.random() < (1.0 - self._odd / 4 if needed else optional):
                made[name] = self._value(name, shape.members[name], depth)
        if "WaitTimeSeconds" in made:
            made["WaitTimeSeconds"] = self._dice.choice((0, -1, 10**6))  # waiting is what it is for
        return made


@cache
def _fitting(pattern: str, least: int, most: int) -> tuple[str, ...]:
    """Answer texts that a string's constraints allow."""
    try:
        fits = re.compile(pattern).fullmatch if pattern else re.compile(r"[\s\S]*").fullmatch
    except re.error:
        return ()
    return tuple(text for text in _PLAUSIBLE if least <= len(text) <= most and fits(text))


def ask(target: Target, subject: Subject, params: dict[str, Any]) -> Answer | None:
    """Send a request as botocore writes it; None when it can't be written at all."""
    try:
        request = subject.serialize(params, subject.model)
        body = request["body"]
        body = body if isinstance(body, bytes) else b"" if body in ({}, None) else _form(body)
        path = request["url_path"] + (f"?{_query(request['query_string'])}" if request["query_string"] else "")
        headers = {name: str(value) for name, value in request["headers"].items() if name != "Content-Length"}
        headers["Authorization"] = authorization(subject.service)
        path.encode("ascii")
        for each in (*headers, *headers.values()):
            each.encode("latin-1")
    except Exception:
        return None
    try:
        return target.ask(request["method"], path, headers, body)
    except ValueError:
        return None  # the client's library refuses it


def authorization(service: str) -> str:
    """Answer a header that names a service."""
    scope = _SCOPES.get(service, service)
    credential = f"Credential=test/20260101/us-east-1/{scope}/aws4_request"
    return f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"


def _form(body: Any) -> bytes:
    from urllib.parse import urlencode

    return urlencode(body).encode() if isinstance(body, dict) else str(body).encode()


def _query(query: Any) -> str:
    from urllib.parse import urlencode

    return query if isinstance(query, str) else urlencode(query, doseq=True)
