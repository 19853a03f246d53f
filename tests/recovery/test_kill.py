"""The real server is killed with SIGKILL while orders are written; then every acknowledged change is accounted for."""

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from pipeline.orders import Orders, tailrace

KILLS = 4
WRITERS = 3
ALIVE_S = 1.5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A real server on one data directory and port that can be killed and started again."""

    def __init__(self, data_dir: Path) -> None:
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "tailrace", "up", "--port", str(self.port), "--data-dir", str(data_dir)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert "ready" in self._process.stdout.readline()

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            assert self._process.wait(20) == 0

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", config=config, **keys)


class Writer(threading.Thread):
    """Puts, updates and deletes orders of its own, and remembers what was acknowledged and what may have been done."""

    def __init__(self, server: Server, table: str, name: str) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.acknowledged: dict[str, int | None] = {}  # order -> its value, None when deleted
        self.unknown: dict[str, int | None] = {}  # the same for a change whose answer never came
        self.changes = 0
        self._server, self._table, self._name = server, table, name

    def run(self) -> None:
        dynamodb = self._server.client("dynamodb")
        number = 0
        while not self.ended.is_set():
            number += 1
            order = f"{self._name}-{number if number % 4 else number - 2}"
            value = None if number % 12 == 0 else number
            if order in self.unknown:
                continue
            self.unknown[order] = value
            try:
                self._change(dynamodb, order, value)
            except Exception:
                # Killed in between: the change happened, or it did not.
                time.sleep(0.02)
                continue
            self.acknowledged[order] = self.unknown.pop(order)
            self.changes += 1

    def _change(self, dynamodb: Any, order: str, value: int | None) -> None:
        if value is None:
            dynamodb.delete_item(TableName=self._table, Key={"order_id": {"S": order}})
            return
        item = {"order_id": {"S": order}, "quantity": {"N": str(value)}, "status": {"S": "NEW"}}
        dynamodb.put_item(TableName=self._table, Item=item)


@pytest.fixture
def server(tmp_path: Path) -> Any:
    server = Server(tmp_path / "data")
    server.start()
    yield server
    server.stop()


def test_no_acknowledged_change_is_lost_doubled_or_invented(server: Server) -> None:
    orders = Orders(server.endpoint, server.client, "orders")
    orders.deploy()
    writers = [Writer(server, "orders", f"w{number}") for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        time.sleep(ALIVE_S)
        server.kill()
        server.start()
    time.sleep(ALIVE_S)
    for writer in writers:
        writer.ended.set()
    for writer in writers:
        writer.join()
    orders.settle(sum(writer.changes for writer in writers))

    rows = orders.lake()
    assert len({row["event_id"] for row in rows}) == len(rows), "a change reached S3 twice"
    items = orders.items()
    for writer in writers:
        assert writer.changes > 100
        check(writer, items, rows)
    verdict = tailrace("verify", endpoint=server.endpoint, check=False)
    assert verdict.returncode == 0, verdict.stdout


def check(writer: Writer, items: dict[str, dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Compare what one writer knows with the table's items and with the last row of each of its orders."""
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["sequence_number"])):
        last[row["order_id"]] = row
    for order, value in writer.acknowledged.items():
        possible = {value, writer.unknown[order]} if order in writer.unknown else {value}
        stored = int(items[order]["quantity"]["N"]) if order in items else None
        assert stored in possible, f"{order}: acknowledged {value}, stored {stored}"
        row = last[order]
        assert (None if row["event_name"] == "REMOVE" else row["quantity"]) == stored


def test_a_second_process_on_the_same_data_is_refused(server: Server, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "tailrace", "up", "--port", "0", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 1
    assert "is in use by process" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_port_in_use_ends_with_one_clear_line(server: Server, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "tailrace", "up", "--port", str(server.port), "--data-dir", str(tmp_path / "other")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 1
    assert len(second.stderr.splitlines()) == 1
    assert str(server.port) in second.stderr
