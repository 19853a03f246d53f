"""What a crawler crawls: a bucket, a folder or one object, without what is excluded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tailrace.glue.crawl.exclusion import excluding
from tailrace.glue.entry import invalid

_PATH = re.compile(r"s3[an]?://(?P<bucket>[^/]+)(?:/(?P<prefix>.*))?", re.DOTALL)


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

    def included(self, keys: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Answer the (key, size) that are under the include path, hold something and aren't excluded."""
        excluded = excluding(self.exclusions)
        folder = self.folder
        return [
            (key, size)
            for key, size in keys
            if size > 0
            and not key.endswith("/")
            and (key == self.prefix or key.startswith(folder))
            and not excluded(key[len(folder) :] if key != self.prefix else key.rpartition("/")[2])
        ]


def parsed(given: dict[str, Any]) -> Target:
    """Answer the target that an S3Target describes. Raises InvalidInputException."""
    path = given.get("Path", "")
    found = _PATH.fullmatch(path)
    if found is None:
        raise invalid(f"Invalid S3 path: {path}. It must begin with s3:// and name a bucket.")
    prefix = (found["prefix"] or "").strip("/")
    return Target(path, found["bucket"], prefix, tuple(given.get("Exclusions", ())), given.get("SampleSize"))
