"""The real server is killed with SIGKILL again and again under load; then every acknowledged write is accounted for."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.orders import Orders, tailrace
from recovery.server import Server, moments, run
from recovery.writers import (
    BatchWriter,
    ObjectWriter,
    OrderWriter,
    Row,
    TransactionWriter,
    Writer,
    body,
    ends,
    explains,
)

KILLS = 21
KILLS_AT_START = 7
BUCKET = "plain-objects"
# No waiting, so that every life has objects on their way.
PARAMETERS = ("BufferSizeInMBs=1", "BufferIntervalInSeconds=0", "TransformBufferIntervalInSeconds=0")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    server.start()
    yield server
    server.end()


def test_no_acknowledged_write_is_lost_doubled_or_invented(server: Server) -> None:
    orders = Orders(server.endpoint, server.client, "orders")
    orders.deploy(PARAMETERS)
    server.client("s3").create_bucket(Bucket=BUCKET)
    transactions = TransactionWriter(server, "orders", "transaction")
    tables: list[Writer] = [OrderWriter(server, "orders", f"w{number}") for number in range(3)]
    tables += [BatchWriter(server, "orders", "batch"), transactions]
    objects = ObjectWriter(server, BUCKET, "object")
    under_fire(server, [*tables, objects])
    orders.settle(1)

    delivered = by_object(orders)
    check_rows(orders, [row for rows in delivered.values() for row in rows])
    for key, rows in delivered.items():
        for name, changes in by_order(rows).items():
            assert changes == sorted(changes, key=sequence), f"{key} has the changes of {name} out of order"
    changes = by_order([row for rows in delivered.values() for row in rows])
    check_orders(orders, tables, changes)
    for names in transactions.together:
        assert len({name in changes for name in names}) == 1, f"a transaction was done in part: {names}"
    check_objects(server, objects)
    verdict = tailrace("verify", endpoint=server.endpoint, check=False)
    assert verdict.returncode == 0, verdict.stdout
    check_directory(server)
    writers = [*tables, objects]
    print(
        f"{KILLS} kills: {sum(writer.changes for writer in writers):,} acknowledged writes, "
        f"{sum(writer.unanswered for writer in writers)} requests without an answer, "
        f"{sum(map(len, changes.values())):,} rows in {len(delivered)} objects; 0 lost, 0 duplicated, 0 invented"
    )


def under_fire(server: Server, writers: list[Writer]) -> None:
    """Let them write while the server lives and dies, also while it starts and recovers."""
    for writer in writers:
        writer.start()
    starts = moments(1, KILLS_AT_START, 0.05, 1.5)
    for number, alive_s in enumerate(moments(2, KILLS - KILLS_AT_START, 0.0, 1.3)):
        time.sleep(alive_s)
        server.kill()
        if number % 2 == 0:
            server.start_and_kill(starts.pop())
        server.start()
    assert server.kills == KILLS
    time.sleep(1.0)
    for writer in writers:
        writer.ended.set()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()
        assert not writer.refused, f"what was refused is no matter of a kill: {writer.refused}"
        assert writer.changes > 50
    assert sum(writer.unanswered for writer in writers) > KILLS, "the kills met no writes"


def by_object(orders: Orders) -> dict[str, list[Row]]:
    """Answer the rows of each object of the lake, in their order."""
    s3, bucket = orders.client("s3"), orders.outputs["BucketName"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="orders/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    assert all(body.endswith(b"}\n") for body in bodies.values())
    return {key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()}


def by_order(rows: list[Row]) -> dict[str, list[Row]]:
    """Answer the rows of each order, as they come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["order_id"], []).append(row)
    return found


def sequence(row: Row) -> int:
    """Answer where a change stands in the table's stream."""
    return int(row["sequence_number"])


def check_rows(orders: Orders, rows: list[Row]) -> None:
    """Every change that left the table is in the lake once."""
    assert len({row["event_id"] for row in rows}) == len(rows), "a change reached S3 twice"
    assert len({row["sequence_number"] for row in rows}) == len(rows)
    for hop in orders.hops():
        assert (hop["received"], hop["delivered"]) == (len(rows), len(rows)), hop


def check_orders(orders: Orders, writers: list[Writer], changes: dict[str, list[Row]]) -> None:
    """What each writer wished explains each item and each row; what was acknowledged is there, nothing else is."""
    items = orders.items()
    histories = {name: history for writer in writers for name, history in writer.histories.items()}
    assert changes.keys() | items.keys() <= histories.keys(), "an order was invented"
    for name, history in histories.items():
        stored = int(items[name]["quantity"]["N"]) if name in items else None
        rows = sorted(changes.get(name, ()), key=sequence)
        values = [None if row["event_name"] == "REMOVE" else row["quantity"] for row in rows]
        assert explains(history, values, stored), f"{name}: {history} does not explain {values} and {stored}"


def check_objects(server: Server, writer: Writer) -> None:
    """Each object is one of those that its writer may have left there, byte by byte."""
    s3 = server.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    there = {found["Key"] for page in pages for found in page.get("Contents", ())}
    assert there <= writer.histories.keys(), "an object was invented"
    for name, history in writer.histories.items():
        found = s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() if name in there else None
        expected = [None if value is None else body(*value) for value in ends(history)]
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
    assert report["counts"]["bodies"] > 20
    assert report["removed"] == len(report["orphans"])
    again = json.loads(run("check", "--data-dir", server.data_dir, "--json").stdout)
    assert (again["findings"], again["orphans"]) == ([], [])
    server.start()
    verdict = tailrace("verify", endpoint=server.endpoint, check=False)
    assert verdict.returncode == 0, verdict.stdout
