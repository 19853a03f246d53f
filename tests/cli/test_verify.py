"""``tailrace verify``: what arrived twice and what could not be transformed is told, and counted once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tailrace.testing import Cloud

EXAMPLE = Path(__file__).parents[2] / "examples" / "orders"
ORDERS = 120
UNREADABLE = """

good = row


def row(change):
    if int(change["dynamodb"]["Keys"]["order_id"]["S"]) % 3 == 0:
        raise ValueError("every third order")
    return good(change)
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The orders example with a function that can't read every third order."""
    shutil.copytree(EXAMPLE, tmp_path / "orders", ignore=shutil.ignore_patterns("__pycache__"))
    app = tmp_path / "orders" / "transform" / "app.py"
    app.write_text(app.read_text() + UNREADABLE)
    return tmp_path / "orders"


def verdict(cloud: Cloud) -> tuple[int, dict[str, Any]]:
    """Answer the exit status and the one verdict."""
    done = subprocess.run(
        [sys.executable, "-m", "tailrace", "verify", "--json"],
        env={**os.environ, **cloud.environment},
        capture_output=True,
        text=True,
    )
    report = json.loads(done.stdout)
    assert not report["unbalanced"], done.stdout
    (only,) = report["verdicts"]
    return done.returncode, only


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_what_came_twice_and_what_failed_is_counted_once(example: Path, rate: float) -> None:
    with Cloud() as cloud:
        table = cloud.deploy(example / "template.yaml")["TableName"]
        cloud.faults.enable("duplicates", rate=rate, seed=5)
        for number in range(ORDERS):
            cloud.client("dynamodb").put_item(TableName=table, Item={"order_id": {"S": str(number)}})
        on_the_way = verdict(cloud)[1]
        cloud.settle()
        status, settled = verdict(cloud)
        _, delivery = cloud.ledger()
    assert on_the_way["accounted"] == on_the_way["accepted"] == ORDERS
    again = delivery["received"] - ORDERS
    assert bool(again) == bool(rate) and delivery["failed"] > ORDERS // 3 - 1
    assert {name: settled[name] for name in ("accepted", "accounted", "in_flight", "lost", "duplicated")} == {
        "accepted": ORDERS,
        "accounted": ORDERS,
        "in_flight": 0,
        "lost": 0,
        "duplicated": again,
    }
    assert (status, settled["findings"]) == (1 if again else 0, [])
