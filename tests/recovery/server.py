"""A real server in a process of its own, on one data directory and port, that can be killed and started again."""

import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

READY_S_MAX = 60.0


def free_port() -> int:
    """Answer a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*arguments: str | Path, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run the tailrace command to its end."""
    command = [sys.executable, "-m", "tailrace", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)


class Server:
    """Start, kill and stop ``tailrace up`` on one data directory."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        place = ("--port", str(self.port), "--data-dir", str(data_dir))
        self._command = [sys.executable, "-m", "tailrace", "up", *place, *options]
        self._process: subprocess.Popen[str] | None = None
        self.kills = 0

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._spawn()
        assert self._process is not None and self._process.stdout is not None
        assert "ready" in self._process.stdout.readline()

    def start_and_kill(self, after_s: float) -> None:
        """Start it and kill it after that long, whatever it is doing then."""
        self._spawn()
        time.sleep(after_s)
        self.kill()

    def kill(self) -> None:
        """Kill it."""
        assert self._process is not None
        self.kills += 1
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            assert self._process.wait(30) == 0

    def end(self) -> None:
        """Make sure that it is gone, whatever happened before."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def client(self, service: str) -> Any:
        """Make a client that asks once and does not wait for long."""
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20, max_pool_connections=4)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", config=config, **keys)

    def _spawn(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)


def moments(seed: int, count: int, low_s: float, high_s: float) -> list[float]:
    """Answer how long each of many lives lasts."""
    dice = random.Random(seed)
    return [dice.uniform(low_s, high_s) for _ in range(count)]
