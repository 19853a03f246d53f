"""A full disk under the real server: a clear error, reads go on, nothing is lost, and it goes on when there is room."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.orders import Orders, tailrace
from recovery.server import Server, run
from recovery.writers import item
from sizes import size_of

DISK_BYTES = 200 * 2**20
LARGE = {"S": "x" * 200_000}


class SmallDisk:
    """A disk that can be filled up and emptied again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "somebody-elses-file"

    def fill(self, left_bytes: int) -> None:
        """Fill it up until so much is left."""
        with self._filler.open("wb") as file:
            while (free := self._free()) > left_bytes:
                with suppress(OSError):  # the server writes meanwhile
                    os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size + free - left_bytes)

    def _free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def empty(self) -> None:
        """Make room again."""
        self._filler.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """Mount one; None where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk | None]:
    with small_disk(tmp_path / "disk") as found:
        yield found


@pytest.fixture
def server(disk: SmallDisk | None, tmp_path: Path) -> Iterator[Server]:
    server = Server((disk.folder if disk else tmp_path) / "data")
    server.start()
    yield server
    server.end()


def put(dynamodb: Any, name: str) -> None:
    dynamodb.put_item(TableName="orders", Item={**item(name, 1), "note": LARGE})


def fill_by_writing(dynamodb: Any) -> tuple[int, ClientError]:
    """Write until it is refused; answer how many were acknowledged, and the refusal."""
    for number in range(2000):
        try:
            put(dynamodb, f"full-{number}")
        except ClientError as refused:
            return number, refused
    raise AssertionError("the disk never became full")


def test_a_full_disk_refuses_writes_and_goes_on_when_there_is_room(disk: SmallDisk | None, server: Server) -> None:
    if disk is None:
        return  # without a disk of its own this is proved on the store: tests/engine/test_store.py
    orders = Orders(server.endpoint, server.client, "orders")
    orders.deploy()
    dynamodb, s3 = server.client("dynamodb"), server.client("s3")
    put(dynamodb, "first")
    disk.fill(left_bytes=20 * 2**20)

    count, refused = fill_by_writing(dynamodb)
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert "is full; free some space and send the request again" in str(refused)
    with pytest.raises(ClientError, match="is full"):
        s3.put_object(Bucket=orders.outputs["BucketName"], Key="too-large", Body=b"x" * 40 * 2**20)
    assert dynamodb.get_item(TableName="orders", Key={"order_id": {"S": "first"}})["Item"]["note"] == LARGE
    assert not [path for path in (server.data_dir / "tmp").iterdir() if size_of(path) > 10 * 2**20]

    disk.empty()
    put(dynamodb, "last")
    orders.settle(count + 2)
    rows = orders.lake()
    assert len({row["event_id"] for row in rows}) == len(rows) == len(orders.items()) == count + 2
    verdict = tailrace("verify", endpoint=server.endpoint, check=False)
    assert verdict.returncode == 0, verdict.stdout
    server.stop()


def test_a_disk_that_fills_up_from_one_moment_to_the_next_loses_nothing(disk: SmallDisk | None, server: Server) -> None:
    if disk is None:
        return
    orders = Orders(server.endpoint, server.client, "orders")
    orders.deploy()
    dynamodb = server.client("dynamodb")
    put(dynamodb, "first")
    disk.fill(left_bytes=0)
    count, refused = fill_by_writing(dynamodb)
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert "free some space" in str(refused)
    server.kill()

    unable = run("up", "--port", "0", "--data-dir", server.data_dir)
    assert unable.returncode == 1
    assert "full" in unable.stderr and len(unable.stderr.splitlines()) == 1, unable.stderr
    disk.empty()
    server.start()
    put(dynamodb, "last")
    stored = set(orders.items())
    assert {"first", "last", *(f"full-{number}" for number in range(count))} <= stored
    assert len(stored) <= count + 3, "only the write that was never answered may be there as well"
    orders.settle(len(stored))
    rows = orders.lake()
    assert len({row["event_id"] for row in rows}) == len(rows) == len(stored)
    server.stop()
    report = json.loads(run("check", "--data-dir", server.data_dir, "--json").stdout)
    assert report["findings"] == []
