"""A server in a process of its own for one benchmark, with its CPU and memory told by the operating system."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3

_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """Use it in a ``with``: a Tailrace on a fresh data directory, deployed with the orders example when asked."""

    def __init__(self, durability: str = "fsync") -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.data_dir = Path(self._folder.name) / "data"
        command = [sys.executable, "-m", "tailrace", "up", "--port", "0", "--durability", durability]
        self._process = subprocess.Popen(
            [*command, "--data-dir", str(self.data_dir)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.endpoint = self._process.stdout.readline().split()[-1]
        self.port = int(self.endpoint.rpartition(":")[2])

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._folder.cleanup()

    def client(self, service: str) -> Any:
        """Make a boto3 client."""
        keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", **keys)

    def deploy(self, **parameters: object) -> dict[str, str]:
        """Deploy the orders example and answer its outputs."""
        template = Path(__file__).parent.parent / "examples" / "orders" / "template.yaml"
        command = [sys.executable, "-m", "tailrace", "deploy", str(template), "--stack", "orders"]
        for name, value in parameters.items():
            command += ["--parameter", f"{name}={value}"]
        subprocess.run([*command, "--endpoint", self.endpoint], check=True, stdout=subprocess.DEVNULL)
        stack = self.client("cloudformation").describe_stacks(StackName="orders")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def cpu_s(self) -> float:
        """Answer the CPU seconds that the server process has used, its children's left out."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self) -> tuple[float, float]:
        """Answer (now, peak) of the server process's resident memory in MB."""
        return memory_mb(self._process.pid)

    def disk_mb(self) -> float:
        """Answer what the data directory takes on the disk in MB."""
        return sum(_blocks(path) for path in self.data_dir.rglob("*")) * 512 / 2**20


def _blocks(path: Path) -> int:
    try:
        return path.stat().st_blocks
    except FileNotFoundError:  # compacted away meanwhile
        return 0


def memory_mb(pid: int) -> tuple[float, float]:
    """Answer (now, peak) of a process's resident memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith("Vm")}
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024
