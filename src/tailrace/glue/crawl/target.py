"""What a crawler crawls: a bucket, a folder or one object, without what is excluded."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tailrace.glue.crawl.exclusion import excluding
from tailrace.glue.entry import invalid

_PATH = re.compile(r"s3[an]?://(?P<bucket>[^/]+)(?:/(?P<prefix>.*))?", re.DOTALL)
_SAMPLE_MAX = 249  # files of a folder; Glue's API reference, S3Target


class Listed(NamedTuple):
    """An object as a listing shows it."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Target:
    """An include path. ``prefix`` has no slash at its end; '' is the whole bucket."""

    path: str
    bucket: str
    prefix: str
    exclusions: tuple[str, ...]
    sample_size: int | None

    @property
    def folder(self) -> str:
        """What the keys of the folder begin with."""
        return f"{self.prefix}/" if self.prefix else ""

    def included(self, listed: Iterable[Listed]) -> list[Listed]:
        """Answer the objects that are under the include path, hold something and aren't excluded."""
        excluded = excluding(self.exclusions)
        folder = self.folder
        return [
            each
            for each in listed
            if each.size > 0
            and not each.key.endswith("/")
            and (each.key == self.prefix or each.key.startswith(folder))
            and not excluded(each.key[len(folder) :] if each.key != self.prefix else each.key.rpartition("/")[2])
        ]


def parsed(given: dict[str, Any]) -> Target:
    """Answer the target that an S3Target describes. Raises InvalidInputException."""
    path = given.get("Path", "")
    found = _PATH.fullmatch(path)
    if found is None:
        raise invalid(f"Invalid S3 path: {path}. It must begin with s3:// and name a bucket.")
    sample_size = given.get("SampleSize")
    if sample_size is not None and not 1 <= sample_size <= _SAMPLE_MAX:
        raise invalid(f"Invalid SampleSize: {sample_size}. It must be between 1 and {_SAMPLE_MAX}.")
    excluding(given.get("Exclusions", ()))
    prefix = (found["prefix"] or "").strip("/")
    return Target(path, found["bucket"], prefix, tuple(given.get("Exclusions", ())), sample_size)
