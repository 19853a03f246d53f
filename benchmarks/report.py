"""How every benchmark tells its figures: a line each as soon as it is there, and a file of them for programs.

A benchmark is a module with ``measure(*sizes)``, which yields figures, and ends with ``run(measure, *sizes)``.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure
from benchmarks.machine import machine

MISSED, BROKEN = 1, 2


def run(measure: Callable[..., Iterable[Figure]], *sizes: int) -> int:
    """Carry out the benchmark of the command line; status MISSED when a mark is missed, BROKEN when it breaks off.

    The sizes are those to measure when the command line names none; without any it may name none.
    """
    name = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="add the figures to this file, an object a line")
    if sizes:
        told = " ".join(map(str, sizes))
        parser.add_argument("sizes", nargs="*", type=int, default=list(sizes), help=f"what to measure ({told})")
    asked = parser.parse_args()
    status = 0
    try:
        for figure in measure(*getattr(asked, "sizes", ())):
            if asked.json:
                keep(asked.json, name, figure)
            print(f"{name} {figure.line()}", flush=True)
            if figure.met is False:
                status = MISSED
    except Exception:
        traceback.print_exc()
        return BROKEN
    return status


def note(text: str) -> None:
    """Tell how far a long measurement is; no figure."""
    print(text, file=sys.stderr, flush=True)


class Kept(NamedTuple):
    """A figure from a file, with the benchmark that it is of and what it was measured on."""

    benchmark: str
    machine: str
    figure: Figure


def keep(path: Path, benchmark: str, figure: Figure) -> None:
    """Add a figure to a file."""
    with path.open("a") as file:
        file.write(json.dumps({"benchmark": benchmark, **figure.record(), "machine": machine()}) + "\n")


def kept(path: Path) -> list[Kept]:
    """Answer the figures in a file; none if there is no file."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [Kept(record["benchmark"], record["machine"], Figure.of(record)) for record in records]
