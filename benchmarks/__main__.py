"""All benchmarks, or those named, one after the other, each in a process of its own; at the end a table of all figures.

Status 1 when a mark is missed or a benchmark breaks.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from benchmarks.figure import Figure
from benchmarks.report import kept

# Those of the whole path first, those that fill a disk last.
ALL = ("start", "end_to_end", "requests", "freshness", "hops", "dynamodb_items", "invocations", "query", "growth")
_TOLD_OF_BROKEN = 15
_WIDTH = 160  # of the table in a file
_COLUMNS = ("benchmark", "figure", "value", "limit in the same run", "ratio", "mark", "")
_STYLES = {None: "", True: "green", False: "bold red"}


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to run; all without any: {', '.join(ALL)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="add the figures to this file, an object a line")
    asked = parser.parse_args()
    if strangers := set(asked.names) - set(ALL):
        parser.error(f"there is no benchmark {', '.join(sorted(strangers))}; there are {', '.join(ALL)}")
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=_WIDTH, soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures"
        broken = run(asked.names or ALL, path, console)
        figures = kept(path)
        if asked.json and figures:
            with asked.json.open("a") as file:
                file.write(path.read_text())
    console.print(table(figures))
    console.print(f"on {machine()}", highlight=False)
    if broken:
        console.print(f"broke off: {', '.join(broken)}", style=_STYLES[False])
    return int(bool(broken) or any(figure.met is False for _, figure in figures))


def run(names: Sequence[str], path: Path, console: Console) -> list[str]:
    """Run benchmarks that keep their figures in a file; answer the names of those that broke."""
    broken = []
    said = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    columns = (SpinnerColumn(), MofNCompleteColumn(), BarColumn(20), TimeElapsedColumn(), said)
    with Progress(*columns, console=console, expand=True) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:
            progress.update(task, description=name)
            told, last, missed = len(kept(path)), deque[str](maxlen=_TOLD_OF_BROKEN), False
            process = start(name, path)
            for line in lines(process):
                last.append(line)
                progress.update(task, description=line if line.startswith(name) else f"{name}: {line}")
                for _, figure in kept(path)[told:]:
                    console.print(f"{name} {figure.line()}", style=_STYLES[figure.met], markup=False, highlight=False)
                    missed |= figure.met is False
                    told += 1
            if process.wait() != int(missed):  # a missed mark is told by status 1, and so is a traceback
                broken.append(name)
                console.print(*last, sep="\n", markup=False, highlight=False)
            progress.advance(task)
    return broken


def start(name: str, path: Path) -> subprocess.Popen[str]:
    """Start one benchmark, which adds its figures to a file."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """Answer what a benchmark says, line by line."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line.rstrip()


def table(figures: list[tuple[str, Figure]]) -> Table:
    """Answer all figures, a row each."""
    grid = Table(*_COLUMNS, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    grid.columns[2].justify = grid.columns[4].justify = "right"
    last = None
    for name, figure in figures:
        if name != last and last:
            grid.add_section()
        grid.add_row("" if name == last else name, *figure.cells(), style=_STYLES[figure.met])
        last = name
    return grid


def machine() -> str:
    """Answer what the figures were measured on."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = {line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = (", ".join(models) or platform.machine(), f"{cores} cores", f"{memory_gb:.0f} GB", platform.system())
    return ", ".join((*parts, f"Python {platform.python_version()}"))


if __name__ == "__main__":
    sys.exit(main())
