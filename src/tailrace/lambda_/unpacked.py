"""Where deployment packages lie unpacked: folders that are checked before each use, for a handler may write to them.

They lie among the temporary files of the data directory, so a restart begins without any.
"""

import asyncio
import io
import zipfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import rmtree

from tailrace.engine.files import escaped
from tailrace.lambda_.errors import broken
from tailrace.lambda_.function import FUNCTIONS
from tailrace.lambda_.package import is_small, kept, unpack
from tailrace.service.cloud import Cloud
from tailrace.service.task import TaskError

_UNPACK_S = 120.0
_SWEEP_EVERY = 32
_KEPT_PER_FUNCTION = 2  # the newest, and the one before it, which environments may still run on

Manifest = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class _Place:
    digest: str
    folder: Path
    manifest: Manifest


class Unpacked:
    """Unpack packages when they are needed and find them again."""

    def __init__(self) -> None:
        self._places: dict[str, list[_Place]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._numbers = count()

    async def folder(self, cloud: Cloud, key: str, digest: str) -> Path:
        """Answer the folder with a function's code as it was given. Raises ServiceException when it can't be had."""
        async with self._locks.setdefault(key, asyncio.Lock()):  # environments that start together share a folder
            places = self._places.setdefault(key, [])
            for place in places:
                if place.digest == digest and _manifest(place.folder) == place.manifest:
                    return place.folder
            folder = await self._unpack(cloud, key, digest)
            places.insert(0, _Place(digest, folder, _manifest(folder)))
            for old in places[_KEPT_PER_FUNCTION:]:
                rmtree(old.folder, ignore_errors=True)
            del places[_KEPT_PER_FUNCTION:]
            return folder

    async def _unpack(self, cloud: Cloud, key: str, digest: str) -> Path:
        number = next(self._numbers)
        if number % _SWEEP_EVERY == 0:
            self._sweep(cloud)
        folder = cloud.files.path(escaped(f"tmp/lambda/{key}/{number}"))
        folder.mkdir(parents=True, exist_ok=True)
        await _fill(cloud, folder, key, digest)
        return folder

    def _sweep(self, cloud: Cloud) -> None:
        """Remove what deleted functions have left."""
        transaction = cloud.store.begin()
        for key in [key for key in self._places if FUNCTIONS.get(transaction, key) is None]:
            self._locks.pop(key, None)
            for place in self._places.pop(key):
                rmtree(place.folder, ignore_errors=True)


async def _fill(cloud: Cloud, folder: Path, key: str, digest: str) -> None:
    pieces = list(kept(cloud.store.begin(), key, digest))
    if not pieces:
        raise broken("The function's code is not there any more.")
    try:
        if len(pieces) == 1 and _is_small(pieces[0]):
            unpack({"archive": io.BytesIO(pieces[0]), "folder": str(folder)})
            return
        archive = folder.with_name(f"{folder.name}.zip")
        with archive.open("wb") as file:
            file.writelines(pieces)
        payload = {"archive": str(archive), "folder": str(folder)}
        await cloud.tasks.run("tailrace.lambda_.package:unpack", payload, timeout_s=_UNPACK_S)
        archive.unlink()
    except (OSError, ValueError, RuntimeError, TaskError) as error:
        rmtree(folder, ignore_errors=True)
        raise broken(f"Lambda could not unzip the deployment package: {error}") from error


def _is_small(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return is_small(archive.infolist())


def _manifest(folder: Path) -> Manifest:
    """Answer names, sizes and times of all files; byte code that the interpreter adds doesn't count."""
    found = []
    for path in folder.rglob("*"):
        if "__pycache__" not in path.parts:
            facts = path.lstat()
            size, time = (0, 0) if path.is_dir() else (facts.st_size, facts.st_mtime_ns)
            found.append((str(path), size, time))
    return frozenset(found)
