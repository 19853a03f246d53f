"""The whole pipeline in virtual time under faults and deaths: every accepted change arrives, once, in order.

More of it: ``make simulate SEED=… RUNS=…``. A seed that ever failed is a test of its own below.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulation.disk import Doom
from simulation.run import Report, simulate
from tailrace.engine.store import Durability

SEEDS = 64
AT_A_TIME = 8
ONCE_FAILED: list[tuple[int, dict[str, Any]]] = []  # seeds, and what was chosen with them
SMALL: dict[str, Any] = {
    "writes": 4,
    "clients": 2,
    "lives": 1,
    "faults": {},
    "disturbances": False,
    "huge": False,
    "batch_size": 3,
    "shards": 2,
    "buffer_s": 0,
    "transform_s": 0,
    "window_s": 0,
    "backup": False,
}


def assert_holds(report: Report) -> None:
    told = "\n  ".join(report.findings[:10])
    assert not report.findings, f"make simulate SEED={report.plan.seed} RUNS=1\n{report.deaths}\n  {told}"


@pytest.mark.parametrize("first", range(0, SEEDS, AT_A_TIME))
def test_nothing_is_lost_doubled_invented_or_reordered(first: int) -> None:
    for seed in range(first, first + AT_A_TIME):
        assert_holds(simulate(seed))


def test_what_once_failed_holds() -> None:
    for seed, chosen in ONCE_FAILED:
        assert_holds(simulate(seed, **chosen))


@pytest.mark.parametrize("durability", [Durability.OS, Durability.FSYNC])
def test_death_at_every_moment(durability: Durability) -> None:
    chosen = {**SMALL, "durability": durability, "power_cut": durability is Durability.FSYNC}
    moments = simulate(1, dooms=[None], **chosen).moments
    assert moments["commit: written"] > 15 and moments["body: in place"] > 2
    del moments["turn"]
    for moment, count in moments.items():
        for occurrence in range(1, count + 1):
            report = simulate(1, dooms=[Doom(moment, occurrence)], **chosen)
            assert report.deaths, f"it never came to {moment} {occurrence}"
            assert not report.findings, f"death at {moment} {occurrence}: {report.findings[:5]}"


def test_a_seed_does_the_same_in_every_process() -> None:
    program = "from simulation.run import simulate; print(*[simulate(seed).trace for seed in (7, 9, 20)])"
    said = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", program]
        said.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(said) == 1
