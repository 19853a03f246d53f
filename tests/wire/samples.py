"""Sample parameters and results made from botocore's models, and its own serializers and parsers as the client."""

import random
import string
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize

SERVICES = (
    "dynamodb",
    "dynamodbstreams",
    "kinesis",
    "firehose",
    "pipes",
    "lambda",
    "s3",
    "glue",
    "athena",
    "iam",
    "sts",
    "cloudformation",
    "sqs",
    "cloudwatch",
    "logs",
)
_TEXT = string.ascii_letters + string.digits + " <>&\"'/+%=?#:;,.\\{}[]\t\nüß漢🎈"
_HEADER_TEXT = string.ascii_letters + string.digits + "-_./+="
_DEPTH_MAX = 5
_NAMES_MAX = 4


@cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """Answer botocore's own model of a service."""
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)


@cache
def serializer(protocol: str) -> Any:
    """Answer botocore's serializer of a protocol."""
    return botocore.serialize.create_serializer(protocol, include_validation=False)


@cache
def parser(protocol: str) -> Any:
    """Answer botocore's parser of a protocol."""
    return botocore.parsers.create_parser(protocol)


def has_events(shape: Any) -> bool:
    """Answer whether a shape is an event stream's."""
    return shape is not None and any(
        getattr(member, "is_eventstream", False) or member.serialization.get("eventstream")
        for member in shape.members.values()
    )


class Sampler:
    """Make values for shapes. None is empty: not every protocol can say so."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def of(self, shape: Any, depth: int = 0, *, in_header: bool = False) -> Any:
        """Answer a value for a shape."""
        if shape.name == "AttributeValue" and shape.type_name == "structure":  # services get it as it is sent
            return {"S": self.text()}
        if getattr(shape, "is_document_type", False):
            return {"a": [1, "b", None, {"c": True}]}
        made = getattr(self, f"_{shape.type_name}", None)
        if made is not None:
            return made(shape, depth, in_header)
        if shape.type_name in ("integer", "long"):
            return self._dice.randint(-(2**31), 2**31 - 1)
        if shape.type_name in ("float", "double"):
            return self._dice.choice([0.5, -3.25, 1e20, 12345.678])
        if shape.type_name == "boolean":
            return self._dice.random() < 0.5
        raise AssertionError(shape.type_name)

    def text(self, *, in_header: bool = False) -> str:
        """Answer a text."""
        letters = _HEADER_TEXT if in_header else _TEXT
        return "x" + "".join(self._dice.choice(letters) for _ in range(self._dice.randrange(8))) + "y"

    def _structure(self, shape: Any, depth: int, in_header: bool) -> dict[str, Any]:
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False) and names:
            chosen = [self._dice.choice(names)]
        else:
            optional = [name for name in names if name not in shape.required_members]
            few = optional if depth == 0 else self._dice.sample(optional, min(len(optional), _NAMES_MAX))
            odds = 0.6 if depth < _DEPTH_MAX else 0.0
            kept = {name for name in few if self._dice.random() < odds}
            chosen = [name for name in names if name in shape.required_members or name in kept]
        chosen = chosen or [name for name in names if not hasattr(shape.members[name], "members")][:1] or names[:1]
        return {name: self._member(shape.members[name], depth) for name in chosen}

    def _member(self, shape: Any, depth: int) -> Any:
        place = shape.serialization.get("location")
        if place == "headers":
            return {f"k{self._dice.randrange(9)}": self.text(in_header=True)}
        if place == "statusCode":
            return self._dice.choice([200, 202])
        return self.of(shape, depth + 1, in_header=place == "header")

    def _list(self, shape: Any, depth: int, in_header: bool) -> list[Any]:
        return [self.of(shape.member, depth + 1, in_header=in_header) for _ in range(self._dice.choice([1, 2, 3]))]

    def _map(self, shape: Any, depth: int, in_header: bool) -> dict[str, Any]:
        keys = [self.of(shape.key, depth + 1) for _ in range(self._dice.choice([1, 2]))]
        return {key: self.of(shape.value, depth + 1) for key in keys}

    def _string(self, shape: Any, depth: int, in_header: bool) -> str:
        if shape.enum:
            return str(self._dice.choice(shape.enum))
        return self.text(in_header=in_header)

    _character = _string

    def _blob(self, shape: Any, depth: int, in_header: bool) -> bytes:
        return self._dice.randbytes(self._dice.randrange(1, 9))

    def _timestamp(self, shape: Any, depth: int, in_header: bool) -> datetime:
        return datetime.fromtimestamp(self._dice.randrange(10**9, 2 * 10**9), UTC)


def plain(value: Any) -> Any:
    """Answer a value as services have it: instants are epoch seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
