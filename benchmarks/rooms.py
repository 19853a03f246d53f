"""Where the time goes: a recording of py-spy, by who began the work and by the module that it was spent in.

Threads that wait are left out: stacks without Tailrace in them, and the one that waits for work for the disk.

py-spy record --format raw --output flame.raw --pid PID --duration 10 && python -m benchmarks.rooms flame.raw
"""

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

MODULES = 6
_IDLE = "Syncer._run"
_FRAME = re.compile(r"\(.*?tailrace/([a-z0-9_/]+)\.py:\d+\)")
# Whoever began the work is in the outermost room of a stack that isn't the house's own ground.
_GROUND = {"engine", "service", "cli", ""}
_BEGUN_BY = {"runtime": "requests", "firehose": "Firehose", "pipes": "the pipe", "": "the event loop and syncs"}


def main() -> int:
    """Print the table of one recording."""
    began, spent = shares(Path(sys.argv[1]).read_text().splitlines())
    total = sum(began.values())
    table = Table("begun by", "share", "spent in", "share", box=SIMPLE_HEAD)
    for hop, samples in began.most_common():
        table.add_row(hop, f"{samples / total:.1%}")
        for module, inside in spent[hop].most_common(MODULES):
            table.add_row("", "", module, f"{inside / total:.1%}")
        table.add_section()
    Console().print(table)
    return 0


def shares(stacks: list[str]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """Answer how many samples each beginner has, and in which modules."""
    began: Counter[str] = Counter()
    spent: dict[str, Counter[str]] = defaultdict(Counter)
    for stack in stacks:
        frames, _, count = stack.rpartition(" ")
        modules = _FRAME.findall(frames)
        if not modules or frames.rpartition(";")[2].startswith(_IDLE):
            continue
        rooms = [module.rpartition("/")[0].partition("/")[0] for module in modules]
        room = next((each for each in rooms if each not in _GROUND), "")
        hop = _BEGUN_BY.get(room, room)
        began[hop] += int(count)
        spent[hop][modules[-1]] += int(count)
    return began, spent


if __name__ == "__main__":
    sys.exit(main())
