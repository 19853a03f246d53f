"""Local code of a template to S3: folders zipped, files sent under their hash, the template's text made to name them.

The text is changed where a path stands and nowhere else, so comments and order stay as they were written.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import yaml

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_SKIPPED = {"__pycache__", ".DS_Store"}
# type, the property that may name a local path, and how it names S3
_PROPERTIES: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "AWS::Serverless::Function": ("CodeUri", lambda bucket, key: f"s3://{bucket}/{key}"),
    "AWS::Serverless::LayerVersion": ("ContentUri", lambda bucket, key: f"s3://{bucket}/{key}"),
    "AWS::Lambda::Function": ("Code", lambda bucket, key: {"S3Bucket": bucket, "S3Key": key}),
    "AWS::Lambda::LayerVersion": ("Content", lambda bucket, key: {"S3Bucket": bucket, "S3Key": key}),
}
_ELSEWHERE = ("s3://", "http://", "https://")


class PackagingError(Exception):
    """A template whose local code can't be packaged; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """What is sent to S3: its key is its content's hash."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a local path stands in a template's text."""

    logical_id: str
    property: str
    path: str
    start: int
    end: int
    name: Callable[[str, str], object]


def package(text: str, folder: Path, bucket: Callable[[], str]) -> tuple[str, list[Artefact]]:
    """Answer a template's text that names S3 instead of paths below its folder, and what has to be sent there.

    ``bucket`` is asked for the bucket's name when there is something to send. Raises PackagingError.
    """
    artefacts: dict[str, Artefact] = {}
    places = sorted(_places(text), key=lambda place: place.start, reverse=True)
    for place in places:
        artefact = _artefact(place, folder)
        artefacts[artefact.key] = artefact
        # JSON is YAML as well, so this fits in both.
        named = orjson.dumps(place.name(bucket(), artefact.key)).decode()
        text = f"{text[: place.start]}{named}{text[place.end :]}"
    return text, list(artefacts.values())


def hashed(body: bytes, suffix: str = "") -> Artefact:
    """Answer an artefact under the MD5 of its content, as the AWS CLI names them."""
    return Artefact(hashlib.md5(body, usedforsecurity=False).hexdigest() + suffix, body)


def _places(text: str) -> Iterator[_Place]:
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise PackagingError(f"the template is not well-formed: {error}") from error
    for logical_id, resource in _members(_member(root, "Resources")):
        kind = _member(resource, "Type")
        declared = _PROPERTIES.get(kind.value) if isinstance(kind, yaml.ScalarNode) else None
        if declared is None:
            continue
        name, naming = declared
        value = _member(_member(resource, "Properties"), name)
        if isinstance(value, yaml.ScalarNode) and not value.value.startswith(_ELSEWHERE):
            start, end = value.start_mark.index, value.end_mark.index
            yield _Place(logical_id, name, value.value, start, end, naming)


def _members(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)


def _member(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _members(node) if key == name), None)


def _artefact(place: _Place, folder: Path) -> Artefact:
    path = folder / place.path
    if path.is_dir():
        return hashed(zipped(path))
    if path.is_file():
        return hashed(path.read_bytes() if path.suffix in (".zip", ".jar") else _archive({path.name: path}))
    raise PackagingError(f"{place.logical_id}: {place.property} {place.path} is no file or folder in {folder}")


def zipped(folder: Path) -> bytes:
    """Answer a folder as a zip: the same content makes the same bytes."""
    paths = {
        str(path.relative_to(folder)): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _SKIPPED.intersection(path.parts)
    }
    return _archive(paths)


def _archive(paths: dict[str, Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in paths.items():
            entry = zipfile.ZipInfo(name.replace("\\", "/"), _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            executable = path.stat().st_mode & 0o100
            entry.external_attr = (0o755 if executable else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    return packed.getvalue()
