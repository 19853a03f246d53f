"""botocore's service definitions, read as they lie in its package: the contract for every shape.

Documentation is skipped while reading, so a definition is small and its first use costs milliseconds.
"""

import gzip
import importlib.util
from functools import cache
from pathlib import Path

import msgspec


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """A place where a shape is used: a member of a structure, of a list or of a map."""

    shape: str
    location: str | None = None
    location_name: str | None = None
    flattened: bool = False
    streaming: bool = False
    xml_attribute: bool = False
    timestamp_format: str | None = None


class ErrorTrait(msgspec.Struct, frozen=True, rename="camel"):
    """How an error travels: its code when that isn't the shape's name, and its status."""

    code: str | None = None
    http_status_code: int | None = None


class XmlNamespace(msgspec.Struct, frozen=True):
    """An XML namespace of an element."""

    uri: str
    prefix: str | None = None


class Shape(msgspec.Struct, frozen=True, rename="camel"):
    """A type of AWS's API with its constraints."""

    type: str
    members: dict[str, Member] = {}
    required: tuple[str, ...] = ()
    member: Member | None = None
    key: Member | None = None
    value: Member | None = None
    min: float | int | None = None
    max: float | int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    sensitive: bool = False
    flattened: bool = False
    payload: str | None = None
    location_name: str | None = None
    timestamp_format: str | None = None
    document: bool = False
    eventstream: bool = False
    exception: bool = False
    fault: bool = False
    error: ErrorTrait | None = None
    xml_namespace: XmlNamespace | None = None


class Http(msgspec.Struct, frozen=True, rename="camel"):
    """An operation's method and URI template."""

    method: str = "POST"
    request_uri: str = "/"
    response_code: int = 200


class Use(msgspec.Struct, frozen=True, rename="camel"):
    """A shape as an operation's input or output."""

    shape: str
    result_wrapper: str | None = None
    location_name: str | None = None


class OperationDefinition(msgspec.Struct, frozen=True):
    """An operation as the definition writes it."""

    name: str
    http: Http = Http()
    input: Use | None = None
    output: Use | None = None


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What is true of the whole service."""

    api_version: str
    protocol: str
    json_version: str = "1.1"
    target_prefix: str = ""
    xml_namespace: str = ""
    aws_query_compatible: dict[str, str] | None = None


class Definition(msgspec.Struct, frozen=True):
    """A service's definition."""

    metadata: Metadata
    operations: dict[str, OperationDefinition]
    shapes: dict[str, Shape]


_READER = msgspec.json.Decoder(Definition)


@cache
def _data() -> Path:
    found = importlib.util.find_spec("botocore")
    assert found is not None and found.origin is not None, "botocore is a dependency"
    return Path(found.origin).parent / "data"


def read(service: str) -> Definition:
    """Read the newest definition of a service, named as botocore's directory. KeyError when there is none."""
    folder = _data() / service
    if not folder.is_dir():
        raise KeyError(service)
    newest = max(folder.iterdir())
    for name, reader in (("service-2.json.gz", gzip.open), ("service-2.json", open)):
        path = newest / name
        if path.is_file():
            with reader(path, "rb") as file:
                return _READER.decode(file.read())
    raise KeyError(service)
