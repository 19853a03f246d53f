"""The objects of a folder and where their bytes lie."""

from __future__ import annotations

from typing import Any

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.caller import Caller
from tailrace.athena.catalog.glue_catalog import denied
from tailrace.athena.catalog.location import Location
from tailrace.athena.worker.scan_plan import FileToRead
from tailrace.wire.errors import AwsError

_BREATH = 200  # calls after which others get their turn


class Listing:
    """Lists folders as the caller."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._calls = 0

    async def files(self, location: Location, partition: int) -> list[FileToRead]:
        """Answer the objects under a folder that hold data, recursively. AnalysisProblem when it can't be read."""
        found: list[FileToRead] = []
        for entry in await self.entries(location):
            if entry["Size"] and not _is_hidden(entry["Key"][len(location.prefix) :]):
                found.append(await self._file(location, entry, partition))
        return found

    async def entries(self, location: Location) -> list[dict[str, Any]]:
        """Answer what ListObjectsV2 says of a folder, all its pages."""
        params: dict[str, Any] = {"Bucket": location.bucket, "Prefix": location.prefix}
        found: list[dict[str, Any]] = []
        while True:
            answer = await self._call("ListObjectsV2", params, location)
            found += answer.get("Contents", [])
            if not answer.get("IsTruncated"):
                return found
            params["ContinuationToken"] = answer["NextContinuationToken"]

    async def _file(self, location: Location, entry: dict[str, Any], partition: int) -> FileToRead:
        key = entry["Key"]
        body = (await self._call("GetObject", {"Bucket": location.bucket, "Key": key}, location))["Body"]
        return FileToRead(
            str(body.path), location.uri(key), entry["Size"], round(entry["LastModified"] * 1000), partition
        )

    async def _call(self, operation: str, params: dict[str, Any], location: Location) -> dict[str, Any]:
        self._calls += 1
        if self._calls % _BREATH == 0:
            await self._caller.cloud.clock.sleep(0)
        try:
            return self._caller.call("s3", operation, params)
        except AwsError as error:
            if error.code in ("AccessDenied", "AccessDeniedException"):
                raise denied(error) from error
            text = f"Failed to list directory: {location}: {error.message}"
            raise AnalysisProblem("HIVE_FILESYSTEM_ERROR", None, text) from error


def _is_hidden(path: str) -> bool:
    """Folders and files whose names begin with _ or . hold no rows."""
    return any(part.startswith(("_", ".")) for part in path.split("/"))
