"""``tailrace status``: each hop with its rate, its lag and its ledger."""

import sys
import time
from typing import Annotated, Any

import orjson
import typer

from tailrace.cli.connection import Connection, EndpointOption, JsonOption, connect

_COUNTS = ("received", "delivered", "filtered", "dropped", "failed", "in_flight")
_ALWAYS = ("received", "delivered", "in_flight")  # the others are shown when there is something to show
_TEXTS = ("hop", "name", "note")


def status(
    endpoint: EndpointOption = None,
    as_json: JsonOption = False,
    watch: Annotated[bool, typer.Option(help="Go on showing it until interrupted.")] = False,
) -> None:
    """Show every hop: how many records it received and what became of each, its rate, its lag, and why it waits.

    Examples: tailrace status --watch; tailrace status --json
    """
    from rich.console import Console
    from rich.live import Live

    connection = connect(endpoint, None)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(connection.ask("status"), option=orjson.OPT_INDENT_2) + b"\n")
        return
    sample = Sample(connection)
    if not watch:
        time.sleep(0.5)
        Console().print(sample.table())
        return
    with Live(sample.table(), refresh_per_second=4) as live:
        try:
            while True:
                time.sleep(0.5)
                live.update(sample.table())
        except KeyboardInterrupt:
            return


class Sample:
    """Two looks at the hops, so that their rates can be told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before: dict[str, Any] = connection.ask("status")
        self.hops: list[dict[str, Any]] = self._before["hops"]

    def table(self) -> Any:
        """Look again and answer a table to print."""
        from rich.table import Table

        now = self._connection.ask("status")
        seconds = max((now["now_ms"] - self._before["now_ms"]) / 1000, 0.001)
        earlier = {hop["id"]: hop["received"] - hop["in_flight"] for hop in self._before["hops"]}
        table = Table(box=None, header_style="bold", pad_edge=False)
        counts = [count for count in _COUNTS if count in _ALWAYS or any(hop[count] for hop in now["hops"])]
        notes = ["note"] if any(hop["note"] for hop in now["hops"]) else []
        for heading in ("hop", "name", "a second", "lag", *(count.replace("_", " ") for count in counts), *notes):
            table.add_column(heading, justify="left" if heading in _TEXTS else "right", no_wrap=heading != "note")
        for hop in now["hops"]:
            done = hop["received"] - hop["in_flight"]
            rate = (done - earlier.get(hop["id"], done)) / seconds
            cells = [f"{hop[count]:,}" for count in counts] + [hop["note"] or "" for _ in notes]
            table.add_row(hop["kind"], hop["name"], f"{rate:,.0f}", lag_text(hop["lag_ms"]), *cells)
        self._before = now
        self.hops = now["hops"]
        return table


def lag_text(lag_ms: int) -> str:
    """Answer an age as a person reads it: 12 ms, 3.4 s, 5 min."""
    if lag_ms < 1000:
        return f"{lag_ms} ms"
    return f"{lag_ms / 1000:.1f} s" if lag_ms < 120_000 else f"{lag_ms // 60_000} min"
