"""All benchmarks, or those named, one after the other, each in a process of its own; at the end a table of all figures.

Status 1 when a mark is missed or a benchmark breaks.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from benchmarks.report import MISSED, kept
from benchmarks.summary import STYLES, WIDTH, measured_on, table

# Those of the whole path first, those that fill a disk last.
ALL = ("start", "end_to_end", "requests", "freshness", "hops", "dynamodb_items", "invocations", "query", "growth")
_TOLD_OF_BROKEN = 40


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to run; all without any: {', '.join(ALL)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="add the figures to this file, an object a line")
    asked = parser.parse_args()
    if strangers := set(asked.names) - set(ALL):
        parser.error(f"there is no benchmark {', '.join(sorted(strangers))}; there are {', '.join(ALL)}")
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=WIDTH, soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        path = asked.json or Path(folder) / "figures"
        before = len(kept(path))
        broken = run(asked.names or ALL, path, console)
        figures = kept(path)[before:]
    console.print(table(figures))
    if figures:
        console.print(measured_on(figures), highlight=False)
    if broken:
        console.print(f"broke off: {', '.join(broken)}", style=STYLES[False])
    return MISSED if broken or any(each.figure.met is False for each in figures) else 0


def run(names: Sequence[str], path: Path, console: Console) -> list[str]:
    """Run benchmarks that keep their figures in a file; answer the names of those that broke."""
    broken = []
    said = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    columns = (SpinnerColumn(), MofNCompleteColumn(), BarColumn(20), TimeElapsedColumn(), said)
    with Progress(*columns, console=console, expand=True) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:
            progress.update(task, description=name)
            before = told = len(kept(path))
            last = deque[str](maxlen=_TOLD_OF_BROKEN)
            process = start(name, path)
            for line in lines(process):
                last.append(line)
                progress.update(task, description=line if line.startswith(name) else f"{name}: {line}")
                for _, _, figure in kept(path)[told:]:
                    console.print(f"{name} {figure.line()}", style=STYLES[figure.met], markup=False, highlight=False)
                    told += 1
            if process.wait() not in (0, MISSED) or told == before:
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


if __name__ == "__main__":
    sys.exit(main())
