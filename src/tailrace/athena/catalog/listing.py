"""The objects of a folder and where their bytes lie."""

from __future__ import annotations

from typing import Any

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.caller import Caller
from tailrace.athena.catalog.glue_catalog import denied
from tailrace.athena.catalog.location import Location
from tailrace.athena.worker.scan_plan import FileToRead
from tailrace.wire.errors import AwsError

_BODIES_MAX = 200  # of one call; then others get their turn


class Listing:
    """Lists folders as the caller."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def files(self, location: Location, partition: int) -> list[FileToRead]:
        """Answer the objects under a folder that hold data, recursively. AnalysisProblem when it can't be read."""
        entries = [
            entry
            for entry in await self.entries(location)
            if entry["Size"] and not _is_hidden(entry["Key"][len(location.prefix) :])
        ]
        found: list[FileToRead] = []
        for first in range(0, len(entries), _BODIES_MAX):
            some = entries[first : first + _BODIES_MAX]
            params = {"Bucket": location.bucket, "Keys": [entry["Key"] for entry in some]}
            bodies = (await self._call("GetBodies", params, location))["Bodies"]
            found += [
                FileToRead(
                    body.path,
                    location.uri(entry["Key"]),
                    body.length,
                    round(entry["LastModified"] * 1000),
                    partition,
                )
                for entry, body in zip(some, bodies, strict=True)
                if body  # one that was replaced meanwhile may be empty
            ]
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

    async def _call(self, operation: str, params: dict[str, Any], location: Location) -> dict[str, Any]:
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
