"""Athena over 1 million rows of JSON and of Parquet, in 1 and in 1,000 files, against DuckDB alone on the same files.

DuckDB takes less than 10 ms for a million rows of Parquet in one file. What each query costs beside its work, two
processes, a commit and two objects that wait for the disk, weighs as much as that; each file costs 10 us of listing.
So the mark is taken of Parquet with 10 million rows; the ratios with 1 million are printed, too.

python -m benchmarks.query
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.figure import Figure, Mark
from benchmarks.plain_client import PlainClient
from benchmarks.report import run
from benchmarks.server import Server

RATIO_MAX = 1.3
MARKED = (("json", 1_000_000), ("parquet", 10_000_000))
TOLD = (("parquet", 1_000_000),)
FILES = 1_000
RUNS = 7
_LAKE = "bench"  # the bucket and the database
_EXAMPLE = Path(__file__).parent.parent / "examples" / "orders" / "queries"
_FEW_ROWS = 1_000
# The rows are those of the example's lake.
_ORDERS = """SELECT
    md5(i::VARCHAR) AS event_id, CASE WHEN i % 3 = 0 THEN 'INSERT' ELSE 'MODIFY' END AS event_name,
    '1110000000000' || lpad(i::VARCHAR, 12, '0') AS sequence_number,
    strftime(TIMESTAMP '2026-01-02 03:04:05' + to_seconds(i), '%Y-%m-%dT%H:%M:%SZ') AS event_time,
    'order-' || i % {orders} AS order_id, 'customer-' || i % 2000 AS customer_id, 'product ' || i % 40 AS product,
    'category ' || i % 4 AS category, (1 + i % 9)::INTEGER AS quantity, round(i % 3001 / 7, 2) AS unit_price,
    round((i % 30011) / 7, 2) AS total, 'EUR' AS currency, chr((65 + i % 8)::INTEGER) || 'X' AS country,
    CASE i % 4 WHEN 0 THEN 'NEW' WHEN 1 THEN 'PAID' ELSE 'SENT' END AS status,
    event_time AS created_at, event_time AS updated_at
FROM range({first}, {last}) AS r(i)"""
_COLUMNS = {
    "event_id": "string",
    "event_name": "string",
    "sequence_number": "string",
    "event_time": "string",
    "order_id": "string",
    "customer_id": "string",
    "product": "string",
    "category": "string",
    "quantity": "int",
    "unit_price": "double",
    "total": "double",
    "currency": "string",
    "country": "string",
    "status": "string",
    "created_at": "string",
    "updated_at": "string",
}
_TYPES = {"string": "VARCHAR", "int": "INTEGER", "double": "DOUBLE"}
_SERDES = {
    "json": "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'",
    "parquet": "STORED AS PARQUET",
}
# Both sides' texts: what differs is how the two spell the table.
_QUERIES = {
    "revenue by product": """SELECT product, count(*) AS orders, sum(quantity * unit_price) AS revenue
        FROM {0} GROUP BY product ORDER BY product""",
    "current state of orders": """SELECT status, count(*) FROM (
        SELECT order_id, max_by(status, CAST(sequence_number AS decimal(38, 0))) AS status FROM {0} GROUP BY order_id
    ) AS last GROUP BY status ORDER BY status""",
}


def measure() -> Iterator[Figure]:
    """Yield how long small queries take, and what large ones take against DuckDB."""
    with Server() as server:
        yield from few(server)
        for form, rows in (*TOLD, *MARKED):
            mark = Mark.ratio_max(RATIO_MAX) if (form, rows) in MARKED else None
            for count in (1, FILES):
                yield from many(server, form, rows, count, mark)


def few(server: Server) -> Iterator[Figure]:
    """Yield how long small queries take, from the request that starts one to its rows."""
    lake = Lake(server, "orders")
    lake.create()
    yield Figure("SELECT 1, a server's first statement", seconds(lambda: lake.run("SELECT 1")) * 1000, "ms")
    lake.run(f"CREATE DATABASE {_LAKE}")
    with tempfile.TemporaryDirectory() as folder:
        files(Path(folder), "json", 10, _FEW_ROWS)
        lake.fill("json", Path(folder))
    texts = {path.stem: path.read_text() for path in sorted(_EXAMPLE.glob("*.sql"))}
    for name, text in {"SELECT 1": "SELECT 1", **texts}.items():
        took = statistics.median(seconds(lambda: lake.run(text)) for _ in range(3 * RUNS))  # noqa: B023
        yield Figure(f"{name}, {_FEW_ROWS:,} rows in the table", took * 1000, "ms")


def many(server: Server, form: str, rows: int, count: int, mark: Mark | None) -> Iterator[Figure]:
    """Yield what each query on a table takes, and how long another request had to wait meanwhile."""
    lake = Lake(server, f"{form}_{rows}_{count}")
    table = f"{form}, {rows:,} rows, {count:,} file{'s' if count > 1 else ''}"
    with tempfile.TemporaryDirectory() as folder, Pulse(server) as pulse:
        files(Path(folder), form, count, rows)
        lake.fill(form, Path(folder))
        alone = duck()
        for name, text in _QUERIES.items():
            ours, theirs = text.format(lake.table), text.format(them(form, Path(folder)))
            firsts = seconds(lambda: lake.run(ours)), seconds(lambda: alone(theirs))  # noqa: B023
            yield Figure(f"{table}, {name}, the first time", firsts[0], "s", "DuckDB alone", firsts[1])
            assert [row[:2] for row in lake.run(ours)] == [[str(cell) for cell in row[:2]] for row in alone(theirs)]
            pairs = [(seconds(lambda: lake.run(ours)), seconds(lambda: alone(theirs))) for _ in range(RUNS)]  # noqa: B023
            took, limit = (statistics.median(each) for each in zip(*pairs, strict=True))
            yield Figure(f"{table}, {name}", took, "s", "DuckDB alone", limit, mark)
        yield Figure(f"{table}, another request meanwhile, at most", pulse.longest_ms(), "ms")


class Lake:
    """A table in a server and the queries on it."""

    def __init__(self, server: Server, table: str) -> None:
        self.table = table
        self._s3 = server.client("s3")
        self._client = PlainClient(server.port)

    def create(self) -> None:
        """Make the bucket."""
        self._s3.create_bucket(Bucket=_LAKE)

    def fill(self, form: str, folder: Path) -> None:
        """Make the table of the files in a folder."""
        for path in sorted(folder.iterdir()):
            with path.open("rb") as body:
                self._s3.put_object(Bucket=_LAKE, Key=f"{self.table}/{path.name}", Body=body)
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        place = f"LOCATION 's3://{_LAKE}/{self.table}/'"
        self.run(f"CREATE EXTERNAL TABLE {self.table} ({columns}) {_SERDES[form]} {place}")

    def run(self, text: str) -> list[list[str]]:
        """Run a query to its end and answer its rows, without their header."""
        query = {
            "QueryString": text,
            "QueryExecutionContext": {"Database": _LAKE},
            "ResultConfiguration": {"OutputLocation": f"s3://{_LAKE}/results/"},
        }
        started = self._ask("StartQueryExecution", query)
        while True:
            status = self._ask("GetQueryExecution", started)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break  # the server waited with its answer
        assert status["State"] == "SUCCEEDED", status
        rows = self._ask("GetQueryResults", started)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]

    def _ask(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._client.post("athena", f"AmazonAthena.{operation}", body, "1.1")


def files(folder: Path, form: str, count: int, rows: int) -> None:
    """Write the rows into that many files."""
    with duckdb.connect() as connection:
        for each in range(count):
            first, last = rows * each // count, rows * (each + 1) // count
            orders = _ORDERS.format(first=first, last=last, orders=max(rows * 2 // 5, 1))
            connection.execute(f"COPY ({orders}) TO '{folder}/{each:04d}.{form}' (FORMAT {form})")


def duck() -> Callable[[str], Any]:
    """Answer what runs a query with DuckDB in this process; it keeps what it has read of footers, as Athena's does."""
    connection = duckdb.connect()
    connection.execute("SET parquet_metadata_cache = true")
    return lambda text: connection.execute(text).fetchall()


def them(form: str, folder: Path) -> str:
    """Answer how DuckDB spells the files of a folder, their columns given as the table's are."""
    if form == "parquet":
        return f"read_parquet('{folder}/*.parquet')"
    columns = ", ".join(f"{name}: '{_TYPES[kind]}'" for name, kind in _COLUMNS.items())
    return f"read_json('{folder}/*.json', format = 'newline_delimited', columns = {{{columns}}})"


def seconds(work: Callable[[], Any]) -> float:
    """Answer how long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Pulse:
    """A small request now and then all the while: how long the server takes to answer it."""

    def __init__(self, server: Server) -> None:
        self._client = PlainClient(server.port)
        self._took: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(0.05):
            self._took.append(seconds(self._ask))

    def _ask(self) -> None:
        self._client.post("athena", "AmazonAthena.ListDataCatalogs", {}, "1.1")

    def longest_ms(self) -> float:
        """Answer how long the slowest took."""
        return max(self._took, default=0.0) * 1000


if __name__ == "__main__":
    sys.exit(run(measure))
