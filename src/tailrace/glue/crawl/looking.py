"""Walking the objects of a target and looking into each, under the crawler's role and in worker processes.

A file that can't be read is noted and left out: AWS's crawlers go on without it.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from tailrace.engine.files import FileSlice
from tailrace.glue.crawl.grouping import Seen
from tailrace.glue.crawl.journal import Journal
from tailrace.glue.crawl.memory import Memory
from tailrace.glue.crawl.target import Listed, Target
from tailrace.glue.schema.shape import UNKNOWN, Shape
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.service.task import TaskError
from tailrace.wire.errors import AwsError

_TASK = "tailrace.glue.inference:infer"
_FILES_AT_ONCE = 32
_FILE_S = 30.0
_LISTED_AT_ONCE = 1000


UNREADABLE = object()


class Stopped(Exception):
    """The crawler was told to stop."""


class Object(NamedTuple):
    """An object to look into, and where its bytes lie."""

    listed: Listed
    path: str


class Looking:
    """Look at targets with a role's eyes; ``check`` is asked between steps and raises Stopped."""

    def __init__(
        self,
        cloud: Cloud,
        region: str,
        principal: Principal,
        classifiers: Sequence[dict[str, Any]],
        memory: Memory,
        journal: Journal,
        check: Callable[[], None],
    ) -> None:
        self._cloud = cloud
        self._region = region
        self._principal = principal
        self._classifiers = list(classifiers)
        self._memory = memory
        self._journal = journal
        self._check = check

    async def walk(self, target: Target) -> list[Listed]:
        """Answer the objects that a target includes. Raises AwsError when the role may not list."""
        found: list[Listed] = []
        params: dict[str, Any] = {"Bucket": target.bucket, "Prefix": target.prefix, "MaxKeys": _LISTED_AT_ONCE}
        while True:
            self._check()
            page = await self._s3("ListObjectsV2", params)
            found += target.included(
                Listed(each["Key"], each["Size"], each["ETag"]) for each in page.get("Contents", ())
            )
            if not page.get("IsTruncated"):
                return found
            params["ContinuationToken"] = page["NextContinuationToken"]
            await asyncio.sleep(0)  # a large lake isn't walked in one go: others have their turns

    async def look(self, target: Target, listed: Sequence[Listed]) -> list[Seen]:
        """Answer what is in the objects, from memory where they were looked into; unreadable ones are left out."""
        seen: list[Seen] = []
        for at in range(0, len(listed), _LISTED_AT_ONCE):
            transaction = self._cloud.store.begin()
            page = listed[at : at + _LISTED_AT_ONCE]
            recalled = [self._memory.recall(transaction, target.bucket, each) for each in page]
            seen += [each for each in recalled if each is not None]
            new = [each for each, known in zip(page, recalled, strict=True) if known is None]
            for start in range(0, len(new), _FILES_AT_ONCE):
                self._check()
                seen += await self._look_into(target, new[start : start + _FILES_AT_ONCE])
            await asyncio.sleep(0)
        return seen

    async def _look_into(self, target: Target, listed: Sequence[Listed]) -> list[Seen]:
        opened = [await self._opened(target, each) for each in listed]
        objects = [each for each in opened if each is not None]
        shapes = await self._shapes(target, objects)
        transaction = self._cloud.store.begin()
        seen = []
        for each, shape in zip(objects, shapes, strict=True):
            if isinstance(shape, Shape):
                bare = msgspec.structs.replace(shape, records=0)
                seen.append(self._memory.keep(transaction, target.bucket, each.listed, bare, shape.records))
            elif shape is UNREADABLE:
                seen.append(Seen(each.listed.key, each.listed.size, Shape(classification=UNKNOWN)))
        self._cloud.store.commit(transaction)
        return seen

    async def _opened(self, target: Target, listed: Listed) -> Object | None:
        try:
            body = (await self._s3("GetObject", {"Bucket": target.bucket, "Key": listed.key}))["Body"]
        except AwsError as error:
            self._journal.error(
                f"Error {error.message} (Service: Amazon S3; Status Code: {error.status}; Error Code: {error.code}) "
                f"retrieving file at s3://{target.bucket}/{listed.key}. Tables created did not infer schemas from this "
                "file."
            )
            return None
        return Object(listed, body.path) if isinstance(body, FileSlice) else None

    async def _shapes(self, target: Target, objects: Sequence[Object]) -> list[Shape | object | None]:
        """Answer a shape for each object; None for one that is gone, UNREADABLE for one that killed its worker."""
        if not objects:
            return []
        payload = {"paths": [each.path for each in objects], "classifiers": self._classifiers}
        try:
            answer = await self._cloud.tasks.run(_TASK, payload, timeout_s=_FILE_S * len(objects))
        except TaskError as error:
            if len(objects) > 1:
                return [shape for each in objects for shape in await self._shapes(target, [each])]
            self._journal.error(f"{error} looking into s3://{target.bucket}/{objects[0].listed.key}")
            return [UNREADABLE]
        return [None if shape is None else msgspec.convert(shape, Shape) for shape in answer["shapes"]]

    def _s3(self, operation: str, params: dict[str, Any]) -> Awaitable[dict[str, Any]]:
        return self._cloud.request("s3", operation, params, self._principal, region=self._region)


def folder_of(key: str) -> str:
    """Answer the folder of a key, with its slash; '' for the bucket."""
    return key[: key.rfind("/") + 1]


def in_new_folders(listed: Sequence[Listed], known: Collection[str]) -> list[Listed]:
    """Answer the objects whose folders haven't been crawled."""
    return [each for each in listed if folder_of(each.key) not in known]


def sampled(listed: Sequence[Listed], size: int | None, dice: random.Random) -> list[Listed]:
    """Answer the objects to look into: so many of each folder, or all when no size is given."""
    if size is None:
        return list(listed)
    folders: dict[str, list[Listed]] = defaultdict(list)
    for each in listed:
        folders[folder_of(each.key)].append(each)
    return [each for found in folders.values() for each in sorted(dice.sample(found, min(size, len(found))))]
