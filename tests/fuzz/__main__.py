"""``python -m fuzz --seed 1 --examples 100``: ask for every operation, so many times, and say what goes wrong."""

import random
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fuzz.operations import FORMS, Subject, subjects
from fuzz.storm import Finding, Storm
from fuzz.target import Target


def main(
    seed: Annotated[int, typer.Option(help="The first seed.")] = int(time.time()),
    examples: Annotated[int, typer.Option(min=1, help="How often each operation is asked for.")] = 100,
    only: Annotated[str, typer.Option(help="A service, or 'service Operation'.")] = "",
) -> None:
    """Ask for every operation in every odd way. Status 1 when the server failed, hung or complained."""
    chosen = [each for each in subjects() if not only or only in (each.service, each.known_as)]
    print(f"{len(chosen)} operations, seeds {seed} to {seed + examples - 1}", flush=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, disable=None) as progress:
        target = Target(Path(folder), durability="os")  # on disk, so that its memory is its own
        try:
            storm, causes, memory = Storm(target), set[str](), [0.0, 0.0]
            task = progress.add_task("asking", total=examples)
            for number in range(seed, seed + examples):
                storm.furnish()
                for finding in _rage(storm, chosen, number):
                    if finding.cause not in causes:
                        print(f"\nseed {number}, {finding.cause}\n  {finding.told}", flush=True)
                    causes.add(finding.cause)
                memory = [memory[0] or target.memory_mb(), target.memory_mb()]
                progress.update(task, advance=1, description=f"asking, {len(causes)} defects")
            target.assert_serves()
            failures = target.failures()
        finally:
            target.close()
    never = sorted({each.known_as for each in chosen} - set(storm.carried_out))
    print(
        f"{storm.sent:,} requests, {len(causes)} defects; {memory[0]:.0f} MB after the first seed, then {memory[1]:.0f}"
    )
    print(f"never carried out: {', '.join(never) or 'none'}")
    if causes or failures:
        print("\n".join(failures))
        raise typer.Exit(1)


def _rage(storm: Storm, chosen: list[Subject], seed: int) -> list[Finding]:
    """Ask for each operation as botocore does, and now and then in another form that some clients speak."""
    wrong = seed % 2 == 1
    findings = storm.rage(chosen, random.Random(seed), wrong=wrong)
    write, speakers = list(FORMS.values())[seed % len(FORMS)]
    others = [each for each in speakers if each in chosen]
    return findings + storm.rage(others, random.Random(seed), wrong=wrong, write=write)


typer.run(main)
