"""What a query leaves in S3: when it can't be put there, the query says why, and nothing stays behind."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tailrace.athena.analysis.problem import AnalysisProblem
from tailrace.athena.execution.storing import put_bytes
from tailrace.engine.errors import StoreFull
from tailrace.engine.files import Files
from tailrace.wire.errors import AwsError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreFull("the disk is full"), "HIVE_WRITER_CLOSE_ERROR: s3://lake/key: the disk is full"),
        (AwsError("NoSuchBucket", "none"), "HIVE_WRITER_CLOSE_ERROR: s3://lake/key: none"),
        (AwsError("AccessDenied", "no"), "PERMISSION_DENIED: Access denied when writing output to url: s3://lake/key"),
    ],
)
def test_a_result_that_is_refused_is_told_and_removed(tmp_path: Path, error: Exception, told: str) -> None:
    def call(*request: Any) -> None:
        raise error

    caller: Any = SimpleNamespace(cloud=SimpleNamespace(files=Files(tmp_path, synced=True)), call=call)
    with pytest.raises(AnalysisProblem) as raised:
        asyncio.run(put_bytes(caller, "lake", "key", b"rows"))
    assert str(raised.value).startswith(told)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
