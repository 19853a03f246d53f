"""A table's stream is opened, closed and, a day after it was closed, forgotten; so is each record after a day."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from tailrace.dynamodb.stream import RETENTION_MS, ShardRow, StreamRow, ViewType
from tailrace.dynamodb.table import TableRow
from tailrace.engine.job import Job
from tailrace.engine.rows import Rows
from tailrace.engine.sweep import HOUR_S, sweep_hourly
from tailrace.engine.transaction import Transaction
from tailrace.service.call import Call
from tailrace.service.cloud import Cloud

STREAMS = Rows("dynamodb/streams", StreamRow)  # region/table/label
SHARDS = 1  # of a new stream: a table here is one partition, and items hash to shards
FORGET = "dynamodb/forget-stream"


def open_stream(call: Call, row: TableRow, view: ViewType) -> TableRow:
    """Stage a new stream of a table and answer the table's row with it."""
    created_ms = _birth_ms(call, row)
    label = _label(created_ms)
    stream = StreamRow(
        arn=f"{row.arn}/stream/{label}",
        label=label,
        table=row.name,
        table_uuid=row.uuid,
        view=view,
        keys=((row.hash, "HASH"), *(((row.range, "RANGE"),) if row.range is not None else ())),
        created=call.now,
        shards=tuple(_new_shard(call, row, created_ms) for _ in range(SHARDS)),
    )
    STREAMS.put(call.transaction, _key(row, stream), stream)
    return msgspec.structs.replace(row, stream=stream, latest_stream=label)


def close_stream(call: Call, row: TableRow) -> TableRow:
    """Stage that a table's stream takes no more records; it stays readable for a day."""
    stream = row.stream
    if stream is None:
        return row
    key = _key(row, stream)
    STREAMS.put(call.transaction, key, msgspec.structs.replace(stream, closed_ms=call.now_ms))
    call.cloud.jobs.schedule(call.transaction, FORGET, key, {}, due_ms=call.now_ms + RETENTION_MS)
    return msgspec.structs.replace(row, stream=None)


def find_stream(transaction: Transaction, region: str, arn: str) -> StreamRow | None:
    """Answer a stream by its ARN, open or closed."""
    table, _, label = arn.partition(":table/")[2].partition("/stream/")
    stream = STREAMS.get(transaction, f"{region}/{table}/{label}")
    return stream if stream is not None and stream.arn == arn else None


def streams_of(transaction: Transaction, region: str, table: str | None, after: str) -> Iterator[StreamRow]:
    """Answer the streams of a region, or of one table, behind an ARN."""
    prefix = f"{region}/{table}/" if table is not None else f"{region}/"
    name, _, label = after.partition(":table/")[2].partition("/stream/")
    for _, stream in STREAMS.scan(transaction, prefix, f"{region}/{name}/{label}" if after else ""):
        yield stream


async def register(cloud: Cloud) -> None:
    """Say how closed streams are forgotten, and records."""

    async def forget(job: Job) -> None:
        if cloud.clock.now() - job.due_ms / 1000 > HOUR_S:  # nobody was there when it was due: its readers go first
            await cloud.clock.sleep(HOUR_S)
        transaction = cloud.store.begin()
        stream = STREAMS.get(transaction, job.id)
        if stream is None:
            return
        for shard in stream.shards:
            log = transaction.log(shard.log_id)
            cloud.ledger.close(transaction, log)
            log.delete(transaction)
        STREAMS.delete(transaction, job.id)
        await cloud.store.commit(transaction)

    def sweep(transaction: Transaction, now_ms: int) -> None:
        for _, stream in list(STREAMS.scan(transaction)):
            for shard in stream.shards:
                log = transaction.log(shard.log_id)
                log.trim(transaction, log.at_time(now_ms - RETENTION_MS))

    cloud.jobs.register(FORGET, forget)
    sweep_hourly(cloud.jobs, cloud.store, cloud.clock, "dynamodb/expire-records", sweep)


def _new_shard(call: Call, row: TableRow, created_ms: int) -> ShardRow:
    shard_id = f"shardId-{created_ms:020d}-{call.random.getrandbits(32):08x}"
    return ShardRow(
        shard_id=shard_id,
        log_id=f"dynamodb/{row.region}/{row.name}/{row.uuid}/{shard_id}",
        created_ms=created_ms,
        salt=call.random.getrandbits(64),
    )


def _birth_ms(call: Call, row: TableRow) -> int:
    """Answer a birth in milliseconds that no other stream of this table name has: it is the stream's name."""
    birth_ms = call.now_ms
    while STREAMS.get(call.transaction, f"{row.region}/{row.name}/{_label(birth_ms)}") is not None:
        birth_ms += 1
    return birth_ms


def _label(birth_ms: int) -> str:
    instant = datetime.fromtimestamp(birth_ms // 1000, UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{birth_ms % 1000:03d}"


def _key(row: TableRow, stream: StreamRow) -> str:
    return f"{row.region}/{row.name}/{stream.label}"
