"""Walking the objects of a target and looking into each, under the crawler's role and in worker processes.

A file that can't be read is noted and left out: AWS's crawlers go on without it.
"""

import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from tailrace.engine.files import FileSlice
from tailrace.glue.crawl.grouping import Seen
from tailrace.glue.crawl.journal import Journal
from tailrace.glue.crawl.target import Target
from tailrace.glue.schema.shape import UNKNOWN, Shape
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.service.task import TaskError
from tailrace.wire.errors import AwsError

_TASK = "tailrace.glue.inference:infer"
_FILES_AT_ONCE = 32
_FILE_S = 30.0
_LISTED_AT_ONCE = 1000


class Stopped(Exception):
    """The crawler was told to stop."""


class Object(NamedTuple):
    """An object to look into, and where its bytes lie."""

    key: str
    size: int
    path: str


class Looking:
    """Look at targets with a role's eyes; ``check`` is asked between steps and raises Stopped."""

    def __init__(
        self,
        cloud: Cloud,
        region: str,
        principal: Principal,
        classifiers: Sequence[dict[str, Any]],
        journal: Journal,
        check: Callable[[], None],
    ) -> None:
        self._cloud = cloud
        self._region = region
        self._principal = principal
        self._classifiers = list(classifiers)
        self._journal = journal
        self._check = check

    async def walk(self, target: Target) -> list[tuple[str, int]]:
        """Answer the (key, size) that a target includes. Raises AwsError when the role may not list."""
        keys: list[tuple[str, int]] = []
        params: dict[str, Any] = {"Bucket": target.bucket, "Prefix": target.prefix, "MaxKeys": _LISTED_AT_ONCE}
        while True:
            self._check()
            page = await self._s3("ListObjectsV2", params)
            keys += target.included([(each["Key"], each["Size"]) for each in page.get("Contents", ())])
            if not page.get("IsTruncated"):
                return keys
            params["ContinuationToken"] = page["NextContinuationToken"]

    async def look(self, target: Target, keys: Sequence[tuple[str, int]]) -> list[Seen]:
        """Answer what is in the objects; those that can't be read are left out."""
        seen: list[Seen] = []
        for at in range(0, len(keys), _FILES_AT_ONCE):
            self._check()
            objects = [await self._opened(target, key, size) for key, size in keys[at : at + _FILES_AT_ONCE]]
            readable = [each for each in objects if each is not None]
            for each, shape in zip(readable, await self._shapes(target, readable), strict=True):
                if shape is not None:
                    seen.append(Seen(each.key, each.size, shape))
        return seen

    async def _opened(self, target: Target, key: str, size: int) -> Object | None:
        try:
            body = (await self._s3("GetObject", {"Bucket": target.bucket, "Key": key}))["Body"]
        except AwsError as error:
            self._journal.error(
                f"Error {error.message} (Service: Amazon S3; Status Code: {error.status}; Error Code: {error.code}) "
                f"retrieving file at s3://{target.bucket}/{key}. Tables created did not infer schemas from this file."
            )
            return None
        return Object(key, size, str(body.path)) if isinstance(body, FileSlice) else None

    async def _shapes(self, target: Target, objects: Sequence[Object]) -> list[Shape | None]:
        if not objects:
            return []
        payload = {"paths": [each.path for each in objects], "classifiers": self._classifiers}
        try:
            answer = await self._cloud.tasks.run(_TASK, payload, timeout_s=_FILE_S * len(objects))
        except TaskError as error:
            if len(objects) > 1:
                return [shape for each in objects for shape in await self._shapes(target, [each])]
            self._journal.error(f"{error} looking into s3://{target.bucket}/{objects[0].key}")
            return [Shape(classification=UNKNOWN)]
        return [None if shape is None else msgspec.convert(shape, Shape) for shape in answer["shapes"]]

    def _s3(self, operation: str, params: dict[str, Any]) -> Awaitable[dict[str, Any]]:
        return self._cloud.request("s3", operation, params, self._principal, region=self._region)


def folder_of(key: str) -> str:
    """Answer the folder of a key, with its slash; '' for the bucket."""
    return key[: key.rfind("/") + 1]


def in_new_folders(keys: Sequence[tuple[str, int]], known: Collection[str]) -> list[tuple[str, int]]:
    """Answer the keys whose folders haven't been crawled."""
    return [(key, size) for key, size in keys if folder_of(key) not in known]


def sampled(keys: Sequence[tuple[str, int]], size: int | None, dice: random.Random) -> list[tuple[str, int]]:
    """Answer the keys to look into: so many of each folder, or all when no size is given."""
    if size is None:
        return list(keys)
    folders: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, length in keys:
        folders[folder_of(key)].append((key, length))
    return [each for found in folders.values() for each in sorted(dice.sample(found, min(size, len(found))))]
