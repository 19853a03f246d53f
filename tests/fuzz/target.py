"""The server under fire: a real one in a process of its own, in memory, whose memory and log are watched."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

PATIENCE_S = 20.0  # longer than anything may take; a request that isn't answered by then hangs
_PLACE = re.compile(r'tailrace/(\S+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Target:
    """One server. ``ask`` sends requests on a connection that is kept; ``raw`` sends bytes on one of their own."""

    def __init__(self, folder: Path, *, durability: str = "memory") -> None:
        self.data_dir = folder / "data"
        self._log = (folder / "log").open("w+")
        command = [sys.executable, "-m", "tailrace", "up", "--port", "0", "--durability", durability]
        self._process = subprocess.Popen(
            [*command, "--data-dir", str(self.data_dir)], stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "ready" in line
        self.endpoint = line.split()[-1]
        self.port = int(self.endpoint.rpartition(":")[2])
        self._connection = self._connect()
        self._clients: dict[str, Any] = {}

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send a request and answer what comes back. Raises when nothing does."""
        for fresh in (False, True):
            try:
                self._connection.request(method, path, body, headers)
                answer = self._connection.getresponse()
                return Answer(answer.status, dict(answer.getheaders()), answer.read())
            except (http.client.RemoteDisconnected, ConnectionError, http.client.CannotSendRequest):
                self._connection.close()
                self._connection = self._connect()
                if fresh:
                    raise
        raise AssertionError("never reached")

    def raw(self, data: bytes, *, end: bool = True) -> bytes:
        """Send bytes, and nothing more; answer everything that comes back until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as connection:
            received = b""
            try:
                connection.sendall(data)
                if end:
                    connection.shutdown(socket.SHUT_WR)
                while chunk := connection.recv(65536):
                    received += chunk
            except ConnectionError:
                pass
            return received

    def pipelined(self, requests: Iterable[bytes]) -> int:
        """Send requests on one connection, the next when one is answered; answer how many were. Bodies aren't kept."""
        answered = 0
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        with connection, connection.makefile("rb") as answers:
            for request in requests:
                connection.sendall(request)
                size = 0
                while (line := answers.readline()) not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    size = int(value) if name.lower() == b"content-length" else size
                assert line, "the server closed the connection"
                answers.read(size)
                answered += 1
        return answered

    def client(self, service: str) -> Any:
        """Answer a client of the usual kind."""
        if service in self._clients:
            return self._clients[service]
        config = Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE_S, max_pool_connections=64)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        place = {"endpoint_url": self.endpoint, "region_name": "us-east-1"}
        made = self._clients[service] = boto3.client(service, config=config, **place, **keys)
        return made

    def query(self, statement: str) -> dict[str, Any]:
        """Run a query to its end and answer its execution. Raises ClientError when it is refused at once."""
        athena = self.client("athena")
        execution = athena.start_query_execution(
            QueryString=statement,
            QueryExecutionContext={"Database": "database"},
            ResultConfiguration={"OutputLocation": "s3://bucket/results/"},
        )["QueryExecutionId"]
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return found
            assert time.monotonic() < deadline, statement[:100]
            time.sleep(0.01)

    def assert_serves(self) -> None:
        """The next good request is answered, and soon."""
        began = time.monotonic()
        assert "TableNames" in self.client("dynamodb").list_tables()
        assert time.monotonic() - began < PATIENCE_S

    def memory_mb(self) -> float:
        """Answer how much memory the server holds."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("the server is gone")

    def cpu_s(self) -> float:
        """Answer how long the server has computed: what takes long on a busy machine doesn't count."""
        _, _, after = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(") ")
        return sum(map(int, after.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def complaints(self) -> str:
        """Answer what the server has logged."""
        self._log.flush()
        return Path(self._log.name).read_text()

    def failures(self) -> list[str]:
        """Answer the errors of all tracebacks in its log and where they were raised, each once."""
        found: dict[str, None] = {}
        place = ""
        for line in self.complaints().splitlines():
            if at := _PLACE.search(line):
                place = "{}:{} {}".format(*at.groups())
            elif place and not line.startswith(" "):
                found[f"{line[:200]} at {place}"] = None
                place = ""
        return list(found)

    def close(self) -> None:
        """End it, in order: whatever it was sent, it still can."""
        self._connection.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            assert self._process.wait(30) == 0, self.complaints()[-3000:]
        finally:
            if self._process.poll() is None:
                os.kill(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
