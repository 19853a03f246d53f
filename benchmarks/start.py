"""Start to first answer and idle memory, against an empty Python process with the same imports.

python -m benchmarks.start
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READY_S_MAX = 1.0
IDLE_MB_MAX = 150.0
RUNS = 5
_IMPORTS = (
    "import uvloop, tailrace.runtime.running, tailrace.cli.up; from tailrace.runtime import services; "
    "list(services.load())"
)


def main() -> int:
    """Print the medians; status 1 when one is over its mark."""
    ready, idle = zip(*[server() for _ in range(RUNS)], strict=True)
    bare = statistics.median(imports() for _ in range(RUNS))
    ready_s, idle_mb = statistics.median(ready), statistics.median(idle)
    print(
        f"start: ready in {ready_s:.2f} s (mark {READY_S_MAX}), imports alone {bare:.2f} s, "
        f"ratio {ready_s / bare:.2f}; "
        f"idle {idle_mb:.0f} MB (mark {IDLE_MB_MAX:.0f})"
    )
    return int(ready_s > READY_S_MAX or idle_mb > IDLE_MB_MAX)


def server() -> tuple[float, float]:
    """Answer (seconds to the ready line, resident MB when idle) of a server without a template."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tailrace", "up", "--port", "0", "--data-dir", f"{folder}/data"]
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            seconds = time.perf_counter() - began
            time.sleep(0.3)
            status = Path(f"/proc/{process.pid}/status").read_text()
            process.terminate()
        return seconds, int(status.split("VmRSS:")[1].split()[0]) / 1024


def imports() -> float:
    """Answer the seconds that a Python process takes for the same imports."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
