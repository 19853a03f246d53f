"""``tailrace check``: look through a stopped data directory, and say what to do about what is wrong."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tailrace.cli.connection import JsonOption, fail
from tailrace.engine.errors import EngineError
from tailrace.runtime.inspection import BYTES, ROWS, Finding, Inspection

UNSEEN = 2  # the status when nothing could be looked at
_SHOWN_MAX = 20


def check(
    data_dir: Annotated[Path, typer.Option(help="The data directory to look through; nothing may run on it.")] = Path(
        ".tailrace"
    ),
    as_json: JsonOption = False,
    repair: Annotated[bool, typer.Option("--repair", help="Remove the files that no row names; nothing else.")] = False,
) -> None:
    """Check a stopped data directory: its state, all logs and ledgers, all bodies. It changes nothing unless told to.

    Status 0: all is well. 1: something is wrong, and it says what to do. 2: it could not be looked at.

    Examples: tailrace check; tailrace check --data-dir backup/.tailrace --json; tailrace check --repair
    """
    try:
        inspection = Inspection(data_dir)
    except EngineError as error:
        fail(str(error), UNSEEN)
    try:
        findings = _looked_through(inspection, quiet=as_json)
        orphans = [str(path) for path in inspection.orphans]
        removed = inspection.remove_orphans() if repair else 0
    finally:
        inspection.close()
    report = {
        "holds": not findings,
        "data_dir": str(inspection.path),
        "counts": inspection.counts,
        "findings": [asdict(finding) for finding in findings],
        "orphans": orphans,
        "removed": removed,
    }
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        _show(inspection, findings, orphans, removed)
    raise typer.Exit(1 if findings else 0)


def _looked_through(inspection: Inspection, *, quiet: bool) -> list[Finding]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.completed:,.0f} {task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        tasks = {what: progress.add_task(what, total=None) for what in (ROWS, BYTES)}
        for what, size in inspection.sizes().items():
            progress.update(tasks[what], total=size)
        return list(inspection.findings(lambda what, count: progress.advance(tasks[what], count)))


def _show(inspection: Inspection, findings: list[Finding], orphans: list[str], removed: int) -> None:
    counted = ", ".join(f"{count:,} {what}" for what, count in inspection.counts.items())
    print(f"{inspection.path}: {counted}")
    for finding in findings[:_SHOWN_MAX]:
        print(f"  {finding.subject}: {finding.found}\n    {finding.advice}")
    if len(findings) > _SHOWN_MAX:
        print(f"  and {len(findings) - _SHOWN_MAX:,} more; --json has them all")
    if orphans:
        done = f"{removed:,} removed" if removed else "--repair removes them"
        print(f"  {len(orphans):,} files that no row names, left by what was interrupted: {done}")
        for path in orphans[:_SHOWN_MAX]:
            print(f"    {path}")
    print("all is well" if not findings else f"{len(findings):,} things are wrong")
