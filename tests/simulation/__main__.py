"""``python -m simulation --seed 1 --runs 1000``: run the simulation from a seed on and say which seeds fail."""

import logging
import sys
import time
import traceback
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from simulation.run import Report, simulate

_SHOWN_MAX = 10


def main(
    seed: Annotated[int, typer.Option(help="The first seed.")] = int(time.time()),
    runs: Annotated[int, typer.Option(min=1, help="How many seeds, one after the other.")] = 200,
) -> None:
    """Simulate the pipeline under faults and deaths. Status 1 when anything was lost, doubled or invented."""
    logging.getLogger("tailrace").setLevel(logging.ERROR)  # that a power cut cost the end of a log is no news here
    print(f"seeds {seed} to {seed + runs - 1}", flush=True)
    failed: list[int] = []
    changes = deaths = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("simulating", total=runs)
        for number in range(seed, seed + runs):
            report = _run(number)
            changes += report.changes if report else 0
            deaths += len(report.deaths) if report else 0
            if report is None or report.findings:
                failed.append(number)
            progress.update(task, advance=1, description=f"simulating, {len(failed)} failed")
    print(f"{runs} runs, {changes:,} changes, {deaths:,} deaths: {len(failed)} failed")
    if failed:
        print(f"again: make simulate SEED={failed[0]} RUNS=1   (all: {', '.join(map(str, failed))})")
        raise typer.Exit(1)


def _run(seed: int) -> Report | None:
    try:
        report = simulate(seed)
    except Exception:
        print(f"\nseed {seed} ended with an error", flush=True)
        traceback.print_exc(file=sys.stdout)
        return None
    if report.findings:
        print(f"\nseed {seed}, {report.plan}\ndied at {report.deaths}", flush=True)
        for finding in report.findings[:_SHOWN_MAX]:
            print(f"  {finding}")
    return report


typer.run(main)
