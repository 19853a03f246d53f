"""One run of the simulation: lives, one after the other, on what is on disk; then the verdict."""

import asyncio
import hashlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulation.disk import Doom
from simulation.evidence import evidence
from simulation.history import History
from simulation.life import Life
from simulation.plan import Plan, doom_of, plan_of
from simulation.verdict import verdict
from tailrace.engine.clock import ManualClock
from tailrace.runtime.inspection import Inspection

_SHARED_MEMORY = Path("/dev/shm")
_DOWN_S = (0.0, 0.0, 1.0, 300.0, -60.0)  # the last: a clock that was set back


@dataclass
class Report:
    """What came of a run."""

    plan: Plan
    findings: list[str] = field(default_factory=list)
    changes: int = 0
    rows: int = 0
    deaths: list[str] = field(default_factory=list)
    moments: Counter[str] = field(default_factory=Counter)
    trace: str = ""  # the same for the same seed, whatever the process


def simulate(seed: int, *, dooms: Sequence[Doom | None] | None = None, **chosen: Any) -> Report:
    """Run a seed in a folder of its own; what is chosen, and the deaths if given, are not drawn from it."""
    plan = plan_of(seed, **chosen)
    # Its files are on disk as far as the process can tell; memory makes them fast.
    place = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="tailrace-simulation-", dir=place))
    try:
        return asyncio.run(_run(plan, folder, dooms))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(plan: Plan, folder: Path, dooms: Sequence[Doom | None] | None) -> Report:
    report, history, placed = Report(plan), History(), []
    dice = random.Random(f"run/{plan.seed}")
    data, now = folder / "data0", ManualClock().now()
    for number in range(plan.lives + 1):
        life = Life(plan, number, data, ManualClock(now), placed)
        if number < plan.lives:
            doom = doom_of(dice) if dooms is None else dooms[number]
            await life.run(life.serve(history, doom, first=number == 0))
            report.moments += life.disk.seen
            if life.disk.dead and doom is not None:
                report.deaths.append(f"{doom.moment} {doom.occurrence}")
                shutil.rmtree(data)
                data = life.disk.copy_to
                report.findings += _inspected(data)
            now = life.clock.now() + dice.choice(_DOWN_S)
        else:
            await life.run(_judge(report, life, history, placed))
    report.findings += _inspected(data)
    told = repr((sorted(report.moments.items()), placed, report.findings, report.changes))
    report.trace = hashlib.sha256(told.encode()).hexdigest()
    return report


async def _judge(report: Report, life: Life, history: History, placed: list[str]) -> None:
    await life.settle()
    found = await evidence(life, placed)
    report.changes = len(found.events)
    report.rows = sum(len(each.rows) for each in found.rows)
    report.findings += verdict(report.plan, life, history, found)


def _inspected(data: Path) -> list[str]:
    """Answer what `tailrace check` finds: nothing, whatever the moment of death, but for what was not synced."""
    inspection = Inspection(data)
    try:
        found = list(inspection.findings())
        inspection.remove_orphans()
    finally:
        inspection.close()
    return [f"{each.subject}: {each.found}" for each in found if each.subject != "the write-ahead log"]
