"""The real server is killed with SIGKILL again and again under load; then every acknowledged write is accounted for."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.orders import Orders, tailrace
from recovery.server import Server, moments, run
from recovery.writers import BatchWriter, ObjectWriter, OrderWriter, Writer, body

KILLS = 20
KILLS_AT_START = 4
BUCKET = "plain-objects"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    server.start()
    yield server
    server.end()


def test_no_acknowledged_write_is_lost_doubled_or_invented(server: Server) -> None:
    orders = Orders(server.endpoint, server.client, "orders")
    orders.deploy()
    server.client("s3").create_bucket(Bucket=BUCKET)
    tables: list[Writer] = [OrderWriter(server, "orders", f"w{number}") for number in range(2)]
    tables.append(BatchWriter(server, "orders", "batch"))
    objects = ObjectWriter(server, BUCKET, "object")
    under_fire(server, [*tables, objects])
    orders.settle(sum(writer.changes for writer in tables))

    rows, items = orders.lake(), orders.items()
    assert len({row["event_id"] for row in rows}) == len(rows), "a change reached S3 twice"
    assert len(rows) == sum(hop["received"] for hop in orders.hops() if hop["kind"] == "pipe")
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["sequence_number"])):
        last[row["order_id"]] = row
    assert last.keys() <= set().union(*(writer.names() for writer in tables)), "an order was invented"
    for writer in tables:
        assert writer.changes > 100
        check_orders(writer, items, last)
    check_objects(server, objects)
    verdict = tailrace("verify", endpoint=server.endpoint, check=False)
    assert verdict.returncode == 0, verdict.stdout
    check_directory(server)


def under_fire(server: Server, writers: list[Writer]) -> None:
    """Let them write while the server lives and dies."""
    for writer in writers:
        writer.start()
    starts = moments(1, KILLS_AT_START, 0.05, 1.2)
    for number, alive_s in enumerate(moments(2, KILLS - KILLS_AT_START, 0.1, 1.3)):
        time.sleep(alive_s)
        server.kill()
        if number % 4 == 0:
            server.start_and_kill(starts.pop())
        server.start()
    time.sleep(1.0)
    for writer in writers:
        writer.ended.set()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()


def check_orders(writer: Writer, items: dict[str, dict[str, Any]], last: dict[str, dict[str, Any]]) -> None:
    """Compare what one writer knows with the table's items and with the last row of each of its orders."""
    for order in writer.names():
        stored = int(items[order]["quantity"]["N"]) if order in items else None
        assert stored in writer.possible(order), f"{order}: {writer.possible(order)}, stored {stored}"
        if order in last:
            row = last[order]
            assert (None if row["event_name"] == "REMOVE" else row["quantity"]) == stored
        else:
            assert stored is None, f"{order} is in the table, not in the lake"


def check_objects(server: Server, writer: Writer) -> None:
    """Each object is one of those that its writer may have left there, byte by byte."""
    s3 = server.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    there = {found["Key"] for page in pages for found in page.get("Contents", ())}
    assert there <= writer.names()
    assert writer.changes > 50
    for name in writer.names():
        found = s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() if name in there else None
        expected = [None if value is None else body(*value) for value in writer.possible(name)]
        assert found in expected, f"{name} has other bytes than were put"


def check_directory(server: Server) -> None:
    """What is left is in order: ``tailrace check`` finds nothing, and what was interrupted can be removed."""
    refused = run("check", "--data-dir", server.data_dir)
    assert refused.returncode == 2
    assert "is in use by process" in refused.stderr
    server.stop()
    checked = run("check", "--data-dir", server.data_dir, "--json", "--repair")
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["findings"]) == (0, [])
    assert report["counts"]["bodies"] > 50
    assert report["removed"] == len(report["orphans"])
    again = json.loads(run("check", "--data-dir", server.data_dir, "--json").stdout)
    assert (again["findings"], again["orphans"]) == ([], [])
    server.start()
    verdict = tailrace("verify", endpoint=server.endpoint, check=False)
    assert verdict.returncode == 0, verdict.stdout
