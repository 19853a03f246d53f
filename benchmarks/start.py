"""Start to first answer and idle memory, against an empty Python process with the same imports.

python -m benchmarks.start

Memory under load is end_to_end's to tell.
"""

import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from benchmarks.figure import Figure, Mark
from benchmarks.report import run
from benchmarks.server import Server, memory_mb

READY_S_MAX = 1.0
IDLE_MB_MAX = 150.0
RUNS = 5
IDLE_AFTER_S = 0.3
_AGAINST = "the imports alone"
_IMPORTS = (
    "import uvloop, tailrace.runtime.running, tailrace.cli.up; from tailrace.runtime import services; "
    "list(services.load()); print('ready', flush=True); input()"
)


def measure() -> Iterator[Figure]:
    """Yield the medians of runs by turns."""
    runs = [(*server(), *imports()) for _ in range(RUNS)]
    ready_s, idle_mb, bare_s, bare_mb = (statistics.median(column) for column in zip(*runs, strict=True))
    yield Figure("start to first answer", ready_s, "s", _AGAINST, bare_s, Mark.value_max(READY_S_MAX))
    yield Figure("idle memory", idle_mb, "MB", _AGAINST, bare_mb, Mark.value_max(IDLE_MB_MAX))


def server() -> tuple[float, float]:
    """Answer (seconds to the first answer, resident MB when idle) of a server without a template."""
    began = time.perf_counter()
    with Server() as server:
        urllib.request.urlopen(f"{server.endpoint}/_tailrace/health").close()
        seconds = time.perf_counter() - began
        time.sleep(IDLE_AFTER_S)
        return seconds, server.memory_mb()[0]


def imports() -> tuple[float, float]:
    """Answer (seconds, resident MB) of a Python process with the same imports."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", _IMPORTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.perf_counter() - began
        megabytes = memory_mb(process.pid)[0]
        process.communicate(b"\n")
        return seconds, megabytes


if __name__ == "__main__":
    sys.exit(run(measure))
