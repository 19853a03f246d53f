"""``tailrace verify``: the ledger's equation at every hop, and the lake's rows against the table's items."""

import sys
from dataclasses import asdict

import orjson
import typer

from tailrace.cli.connection import EndpointOption, JsonOption, RegionOption, connect
from tailrace.cli.verdict import Verdict, unbalanced, verdicts


def verify(endpoint: EndpointOption = None, region: RegionOption = None, as_json: JsonOption = False) -> None:
    """Account for every accepted change: at each hop, in S3, and against the table. Status 1 when anything is amiss.

    Example: tailrace verify && echo "nothing lost"
    """
    connection = connect(endpoint, region)
    hops = connection.ask("status")["hops"]
    broken = list(unbalanced(hops))
    judged = list(verdicts(connection, hops))
    holds = not broken and all(verdict.holds for verdict in judged)
    if as_json:
        report = {"holds": holds, "hops": hops, "unbalanced": broken, "verdicts": [asdict(each) for each in judged]}
        sys.stdout.buffer.write(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print(f"{len(hops) - len(broken)} of {len(hops)} hops balance")
        for line in broken:
            print(f"  {line}")
        for verdict in judged:
            show(verdict)
    raise typer.Exit(0 if holds else 1)


def show(verdict: Verdict) -> None:
    """Print a verdict and what speaks against it."""
    print(f"{verdict.table} -> {verdict.lake}: {verdict.text()}")
    for finding in verdict.findings:
        print(f"  {finding}")
