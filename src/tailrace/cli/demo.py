"""``tailrace demo``: the whole path on the orders example, from PutItem to SQL, and the verdict on it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from tailrace.cli.connection import Connection, connect, fail
from tailrace.runtime.settings import PORT

_STACK = "orders"
# Firehose waits for 64 MB or 60 s unless told otherwise; a demo should not.
_PARAMETERS = ("BufferIntervalInSeconds=2", "TransformBufferIntervalInSeconds=1")
_ROWS_SHOWN_MAX = 10
_SETTLED_S_MAX = 120.0

EXAMPLE = Path("examples/orders")


def demo(
    port: Annotated[int, typer.Option(envvar="PORT", help="The port to serve on.")] = PORT,
    data_dir: Annotated[Path, typer.Option(help="Where all state is kept.")] = Path(".tailrace"),
    example: Annotated[Path, typer.Option(help="The folder of the orders example.")] = EXAMPLE,
    orders: Annotated[int, typer.Option(help="How many new orders to write.")] = 5000,
) -> None:
    """Start Tailrace, deploy the orders example, write orders, crawl, query, account for every change, and stop.

    The state stays: `tailrace up` goes on from it. Status 0 only if nothing is lost or duplicated.
    """
    if not (example / "template.yaml").is_file():
        fail(f"there is no {example / 'template.yaml'}; run it in a checkout of Tailrace, or name --example")
    started = time.monotonic()
    with _running(port, data_dir) as endpoint:
        connection = connect(endpoint, None)
        _deploy(example / "template.yaml", endpoint)
        outputs = _outputs(connection)
        accepted = _write(connection, example, outputs["TableName"], orders)
        _settle(connection)
        _crawl(connection, outputs["CrawlerName"])
        _ask(connection, example, outputs)
        holds = _judge(connection, accepted)
    _say(f"Done in {time.monotonic() - started:.0f} s. The state is in {data_dir}/. Next:")
    print(f"  tailrace up --port {port}                 go on from here; AWS_ENDPOINT_URL=http://127.0.0.1:{port}")
    print(f"  tailrace tail {outputs['StreamName']} --from-start     the change records, by shard and time")
    print(f"  tailrace query 'SELECT * FROM orders LIMIT 5' --database {outputs['DatabaseName']} --workgroup {_STACK}")
    print("  tailrace deploy examples/orders/template.yaml --aws    the same template on AWS")
    raise typer.Exit(0 if holds else 1)


@contextmanager
def _running(port: int, data_dir: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tailrace", "up", "--port", str(port), "--data-dir", str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().strip()
            if "ready" not in line:
                process.wait()
                raise typer.Exit(1)
            _say(line)
            yield line.split()[-1]
        finally:
            process.terminate()


def _deploy(template: Path, endpoint: str) -> None:
    _say(f"Deploying {template} as stack {_STACK}")
    command = [sys.executable, "-m", "tailrace", "deploy", str(template), "--stack", _STACK, "--endpoint", endpoint]
    for parameter in _PARAMETERS:
        command += ["--parameter", parameter]
    if subprocess.run(command, check=False).returncode != 0:
        fail(f"{template} was not deployed")


def _outputs(connection: Connection) -> dict[str, str]:
    stack = connection.client("cloudformation").describe_stacks(StackName=_STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _write(connection: Connection, example: Path, table: str, orders: int) -> int:
    """Run the example's own script beside a live picture of the hops; answer how many changes the table accepted."""
    from rich.live import Live

    from tailrace.cli.status import Sample

    _say(f"Writing {orders:,} orders with {example / 'generate_orders.py'}")
    command = [sys.executable, str(example / "generate_orders.py"), "--table", table, "--orders", str(orders)]
    credentials = {"AWS_ACCESS_KEY_ID": "tailrace", "AWS_SECRET_ACCESS_KEY": "tailrace"}
    environment = {**credentials, **os.environ, "AWS_ENDPOINT_URL": connection.endpoint or ""}
    sample = Sample(connection)
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as script,
        Live(sample.table(), refresh_per_second=4) as live,
    ):
        while script.poll() is None:
            time.sleep(0.25)
            live.update(sample.table())
        written, complaint = script.communicate()
    _end_picture()
    if script.returncode != 0:
        fail(f"generate_orders.py ended with status {script.returncode}: {complaint.strip()}")
    summary = json.loads(written)
    print(
        f"{summary['inserts']:,} inserts, {summary['updates']:,} updates, {summary['deletes']:,} deletes "
        f"in {summary['seconds']} s"
    )
    return int(summary["changes"])


def _settle(connection: Connection) -> None:
    """Wait, with a live picture, until no record is in flight."""
    from rich.live import Live

    from tailrace.cli.status import Sample

    _say("Waiting for the last row to land in S3")
    sample = Sample(connection)
    deadline = time.monotonic() + _SETTLED_S_MAX
    with Live(sample.table(), refresh_per_second=4) as live:
        while any(hop["in_flight"] for hop in sample.hops) and time.monotonic() < deadline:
            time.sleep(0.2)
            live.update(sample.table())
    _end_picture()


def _crawl(connection: Connection, crawler: str) -> None:
    _say(f"Running the crawler {crawler}")
    glue = connection.client("glue")
    glue.start_crawler(Name=crawler)
    while (found := glue.get_crawler(Name=crawler)["Crawler"])["State"] != "READY":
        time.sleep(0.1)
    last = found["LastCrawl"]
    if last["Status"] != "SUCCEEDED":
        fail(f"the crawl ended {last['Status']}: {last.get('ErrorMessage', 'no reason was given')}")
    for table in glue.get_tables(DatabaseName=found["DatabaseName"])["TableList"]:
        columns = ", ".join(f"{each['Name']} {each['Type']}" for each in table["StorageDescriptor"]["Columns"])
        keys = ", ".join(each["Name"] for each in table["PartitionKeys"])
        print(f"{found['DatabaseName']}.{table['Name']} ({columns}) partitioned by {keys}")


def _ask(connection: Connection, example: Path, outputs: dict[str, str]) -> None:
    from tailrace.cli.query import run, show

    athena = connection.client("athena")
    for path in sorted((example / "queries").glob("*.sql")):
        header, rows = run(athena, path.read_text(), outputs["DatabaseName"], outputs["WorkGroupName"])
        print()
        show(header, islice(rows, _ROWS_SHOWN_MAX), title=path.name)
        if left := sum(1 for _ in rows):
            print(f"and {left:,} more rows")


def _judge(connection: Connection, accepted: int) -> bool:
    from rich.console import Console

    from tailrace.cli.status import Sample
    from tailrace.cli.verdict import unbalanced, verdicts
    from tailrace.cli.verify import show

    _say("The ledger")
    sample = Sample(connection)
    Console().print(sample.table())
    amiss: list[str] = list(unbalanced(sample.hops))
    judged: list[Any] = list(verdicts(connection, sample.hops))
    if not any(verdict.accepted >= accepted for verdict in judged):
        amiss.append(f"the table accepted {accepted:,} changes that no pipe received")
    for line in amiss:
        print(line)
    print()
    for verdict in judged:
        show(verdict)
    return not amiss and all(verdict.holds for verdict in judged)


def _end_picture() -> None:
    """End the line of a live picture, which a pipe sees only as its last state."""
    if not sys.stdout.isatty():
        print()


def _say(text: str) -> None:
    from rich.console import Console

    Console().print(f"\n[bold]{text}[/bold]", highlight=False)
