"""All figures as one table: of the run that has ended, or of a file of figures, in Markdown, for docs/performance.md.

python -m benchmarks.summary FILE
"""

import sys
from pathlib import Path

from rich.box import MARKDOWN, SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table

from benchmarks.report import Kept, kept

WIDTH = 200  # in a file
STYLES = {None: "", True: "green", False: "bold red"}
_COLUMNS = ("benchmark", "figure", "value", "limit in the same run", "ratio", "mark", "")


def main() -> int:
    """Print the table of a file."""
    console = Console(width=WIDTH)
    figures = kept(Path(sys.argv[1]))
    console.print(table(figures, MARKDOWN))
    console.print(measured_on(figures), highlight=False)
    return 0


def table(figures: list[Kept], box: Box = SIMPLE_HEAD) -> Table:
    """Answer figures, a row each; a benchmark is named in its first row."""
    grid = Table(*_COLUMNS, box=box, padding=(0, 1, 0, 0))
    grid.columns[2].justify = grid.columns[4].justify = "right"
    last = ""
    for each in figures:
        if last not in ("", each.benchmark) and box is not MARKDOWN:
            grid.add_section()
        name = "" if each.benchmark == last else each.benchmark
        grid.add_row(name, *each.figure.cells(), style=STYLES[each.figure.met])
        last = each.benchmark
    return grid


def measured_on(figures: list[Kept]) -> str:
    """Answer the machines that figures were measured on in words."""
    return "Measured on " + " and on ".join(sorted({each.machine for each in figures}))


if __name__ == "__main__":
    sys.exit(main())
