"""Results put into S3, as the caller: the bytes are on disk before the object's row names them.

The row itself isn't waited for: the query's end is, which is committed after it.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.catalog.caller import Caller
from tailrace.engine.errors import EngineError
from tailrace.engine.files import Staged
from tailrace.wire.errors import AwsError

_COPY_BYTES = 1 << 20


class _Sink:
    """A staged body as a file to copy into."""

    def __init__(self, staged: Staged) -> None:
        self.write = staged.write


async def put_file(caller: Caller, bucket: str, key: str, path: Path) -> int:
    """Put a file's bytes as an object and remove the file; answer its size."""
    staged = caller.cloud.files.create(f"s3/{bucket}/{key}")
    try:
        with path.open("rb") as source:
            if path.stat().st_size > _COPY_BYTES:
                await asyncio.to_thread(shutil.copyfileobj, source, _Sink(staged), _COPY_BYTES)
            else:
                staged.write(source.read())
    except BaseException:
        staged.discard()
        raise
    finally:
        path.unlink(missing_ok=True)
    return await _put(caller, bucket, key, staged)


async def put_bytes(caller: Caller, bucket: str, key: str, data: bytes) -> int:
    """Put bytes as an object; answer their size."""
    staged = caller.cloud.files.create(f"s3/{bucket}/{key}")
    staged.write(data)
    return await _put(caller, bucket, key, staged)


async def _put(caller: Caller, bucket: str, key: str, staged: Staged) -> int:
    try:
        await staged.seal()
        caller.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": staged})
    except (AwsError, EngineError) as error:
        staged.discard()
        raise _refusal(error, f"s3://{bucket}/{key}") from error
    except BaseException:
        staged.discard()
        raise
    return staged.size


def _refusal(error: AwsError | EngineError, uri: str) -> AnalysisProblem:
    text = error.message if isinstance(error, AwsError) else str(error)
    if isinstance(error, AwsError) and error.code in ("AccessDenied", "AccessDeniedException"):
        denied = (
            f"Access denied when writing output to url: {uri} . Please ensure you are allowed to access the S3 bucket."
        )
        return AnalysisProblem("PERMISSION_DENIED", None, f"{denied} {text}")
    return AnalysisProblem("HIVE_WRITER_CLOSE_ERROR", None, f"{uri}: {text}")
