"""``tailrace query``: Athena in the terminal."""

import csv
import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from tailrace.cli.connection import AwsOption, EndpointOption, RegionOption, connect, fail

Row = list[str | None]


def query(
    sql: Annotated[str, typer.Argument(help="The statement; - reads it from standard input.")],
    database: Annotated[str, typer.Option(help="The database that plain table names are looked up in.")] = "default",
    workgroup: Annotated[str, typer.Option(help="The workgroup to run it in.")] = "primary",
    output: Annotated[str | None, typer.Option(help="Where results go, when the workgroup names no place.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for other programs.")] = False,
    endpoint: EndpointOption = None,
    region: RegionOption = None,
    aws: AwsOption = False,
) -> None:
    """Run SQL and print its rows, as a table or with --csv.

    Example: tailrace query 'SELECT count(*) FROM orders' --database orders --workgroup orders
    """
    athena = connect(endpoint, region, aws=aws).client("athena")
    header, rows = run(athena, sys.stdin.read() if sql == "-" else sql, database, workgroup, output)
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    else:
        show(header, rows)


def run(
    athena: Any, sql: str, database: str, workgroup: str, output: str | None = None
) -> tuple[list[str], Iterator[Row]]:
    """Run a statement to its end and answer the names of its columns and its rows; a failed one ends the command."""
    from botocore.exceptions import BotoCoreError, ClientError

    location = {"ResultConfiguration": {"OutputLocation": output}} if output else {}
    try:
        execution_id = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": database}, WorkGroup=workgroup, **location
        )["QueryExecutionId"]
        wait_s = 0.02
        while True:
            execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            state = execution["Status"]["State"]
            if state not in ("QUEUED", "RUNNING"):
                break
            time.sleep(wait_s)
            wait_s = min(wait_s * 1.5, 1.0)
    except (ClientError, BotoCoreError) as error:
        hint = " Name one with --output s3://BUCKET/PREFIX/." if "No output location" in str(error) else ""
        fail(f"{error}{hint}")
    if state != "SUCCEEDED":
        fail(f"{state}: {execution['Status'].get('StateChangeReason', 'no reason was given')}")
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id)
    return _read(iter(pages), has_header=execution["StatementType"] == "DML")


def show(header: list[str], rows: Iterator[Row], title: str | None = None) -> None:
    """Print rows as a table: as many columns as fit, and the names of the others."""
    from rich.console import Console
    from rich.table import Table

    console, cells = Console(), [["" if value is None else value for value in row] for row in rows]
    shown = _fitting(header, cells, console.width)
    table = Table(*header[:shown], title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for row in cells:
        table.add_row(*row[:shown])
    console.print(table)
    if shown < len(header):
        print(f"and {len(header) - shown} more columns: {', '.join(header[shown:])}")


def _fitting(header: list[str], cells: list[list[str]], width: int) -> int:
    """Answer how many columns fit into a width, one at least."""
    used = 0
    for number, name in enumerate(header):
        used += max([len(name), *(len(row[number]) for row in cells)]) + 2
        if used > width + 2:
            return max(number, 1)
    return len(header)


def _read(pages: Iterator[Any], *, has_header: bool) -> tuple[list[str], Iterator[Row]]:
    first = next(pages)
    header = [column["Name"] for column in first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]

    def rows() -> Iterator[Row]:
        page, skip = first, int(has_header)
        while page is not None:
            for row in page["ResultSet"]["Rows"][skip:]:
                yield [cell.get("VarCharValue") for cell in row["Data"]]
            page, skip = next(pages, None), 0

    return header, rows()
