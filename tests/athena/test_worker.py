"""The worker's process: what it loads before it can run a query."""

from __future__ import annotations

import subprocess
import sys

_LOADED = "import sys, tailrace.athena.worker.queries, tailrace.athena.worker.writing; print(*sorted(sys.modules))"


def test_the_worker_starts_without_what_few_queries_need() -> None:
    loaded = subprocess.run([sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True).stdout.split()
    assert "duckdb" in loaded
    assert {"numpy", "pandas", "pyarrow"}.isdisjoint(loaded)
