"""PutRecord and PutRecords: each record goes to the open shard that its hash key falls into.

A hot path: one look at the stream, one bisection a record, one append a shard. Order within a shard is the request's.
"""

from bisect import bisect_right
from hashlib import md5
from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.kinesis import sequence
from tailrace.kinesis.registry import SERVICE
from tailrace.kinesis.routes import Route, Routes, explicit_hash_key, routes_of
from tailrace.kinesis.stream import Stream, find, invalid
from tailrace.service.call import Call
from tailrace.service.fault import Fault
from tailrace.service.kinesis_record import SEQUENCE_SHIFT, entry, sequence_number
from tailrace.wire.errors import AwsError

REQUEST_BYTES_MAX = 10 * 2**20


@SERVICE.operation("PutRecord")
def put_record(call: Call) -> dict[str, Any]:
    """Append one record and answer where it is."""
    stream = find(call)
    ordering = call.params.get("SequenceNumberForOrdering")
    if ordering is not None:
        _check_ordering(call, stream, ordering)
    routes = routes_of(call.transaction, stream)
    at, raw = _placed(stream, routes, call.params, "")
    _refuse_dry_run(call)
    faults = call.cloud.faults
    if faults.any and faults.strikes(Fault.KINESIS_THROTTLE):
        raise AwsError("ProvisionedThroughputExceededException", _throttled(stream, routes.shards[at]))
    number = _append(call, stream, routes.shards[at], [raw])
    if faults.any and faults.strikes(Fault.DUPLICATES):
        _append(call, stream, routes.shards[at], [raw])
    _meter(call, stream, "PutRecord", 1, 0, len(raw))
    return {"ShardId": routes.shards[at].shard_id, "SequenceNumber": str(number)}


@SERVICE.operation("PutRecords")
def put_records(call: Call) -> dict[str, Any]:
    """Append up to 500 records and answer where each is, in the request's order."""
    stream = find(call)
    routes = routes_of(call.transaction, stream)
    places, batches = _distributed(stream, routes, call.params["Records"])
    _refuse_dry_run(call)
    if call.cloud.faults.any:
        return _put_faulty(call, stream, routes, places, batches)
    numbers = _append_all(call, stream, routes, places, batches)
    step = 1 << SEQUENCE_SHIFT
    names = [route.shard_id for route in routes.shards]
    answers: list[dict[str, str]] = []
    for at in places:
        answers.append({"SequenceNumber": str(numbers[at]), "ShardId": names[at]})
        numbers[at] += step
    return {"FailedRecordCount": 0, "Records": answers}


@SERVICE.internal("AppendRecords")
def append_records(call: Call) -> dict[str, Any]:
    """Do what PutRecords does for a service that asks which records failed, but not where the others are.

    ``Records`` are pairs of a partition key of 1 to 256 characters and data.
    """
    stream = find(call)
    routes = routes_of(call.transaction, stream)
    places, batches = _spread(stream, routes, call.params["Records"])
    if call.cloud.faults.any:
        return _put_faulty(call, stream, routes, places, batches)
    _append_all(call, stream, routes, places, batches)
    return {"FailedRecordCount": 0, "Records": []}


def _append_all(call: Call, stream: Stream, routes: Routes, places: list[int], batches: list[list[bytes]]) -> list[int]:
    """Append all records and answer the sequence number of each shard's first; 0 for a shard without any."""
    numbers = [
        _append(call, stream, route, batch) if batch else 0 for route, batch in zip(routes.shards, batches, strict=True)
    ]
    _meter(call, stream, "PutRecords", len(places), 0, sum([sum(map(len, batch)) for batch in batches]))
    return numbers


def _distributed(stream: Stream, routes: Routes, records: list[dict[str, Any]]) -> tuple[list[int], list[list[bytes]]]:
    if any("ExplicitHashKey" in record or record.get("PartitionKey") is None for record in records):
        places: list[int] = []
        batches: list[list[bytes]] = [[] for _ in routes.starts]
        for number, record in enumerate(records, 1):
            at, raw = _placed(stream, routes, record, f"records.{number}.member.")
            batches[at].append(raw)
            places.append(at)
    else:
        places, batches = _spread(stream, routes, [(record["PartitionKey"], record["Data"]) for record in records])
    if sum([sum(map(len, batch)) for batch in batches]) - 2 * len(places) > REQUEST_BYTES_MAX:
        raise invalid("Records size exceeds 10 MB limit")
    return places, batches


def _spread(stream: Stream, routes: Routes, records: list[tuple[str, bytes]]) -> tuple[list[int], list[list[bytes]]]:
    """Do the same for pairs of partition key and data, which is what nearly all records are."""
    starts, limit = routes.starts, stream.max_record_kib * 1024
    batches: list[list[bytes]] = [[] for _ in starts]
    places: list[int] = []
    for key, data in records:
        encoded = key.encode()
        raw = entry(encoded, data)
        if len(raw) > limit:
            _check_size(stream, {"PartitionKey": key, "Data": data}, f"records.{len(places) + 1}.member.")
        at = bisect_right(starts, md5(encoded, usedforsecurity=False).digest()) - 1
        batches[at].append(raw)
        places.append(at)
    return places, batches


def _placed(stream: Stream, routes: Routes, record: dict[str, Any], path: str) -> tuple[int, bytes]:
    key: str | None = record.get("PartitionKey")
    if key is None:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value null at '{path}partitionKey' failed to satisfy constraint: "
            "Member must not be null",
        )
    _check_size(stream, record, path)
    encoded, explicit = key.encode(), record.get("ExplicitHashKey")
    if explicit is None:
        hashed = md5(encoded, usedforsecurity=False).digest()
        return routes.at(hashed), entry(encoded, record["Data"])
    number = explicit_hash_key(explicit)
    return routes.at(number.to_bytes(16, "big")), entry(encoded, record["Data"], number)


def _check_size(stream: Stream, record: dict[str, Any], path: str) -> None:
    limit = stream.max_record_kib * 1024
    if len(record["PartitionKey"].encode()) + len(record["Data"]) > limit:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value at '{path}data' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}",
        )


def _check_ordering(call: Call, stream: Stream, ordering: str) -> None:
    number = sequence.parse(ordering)
    if number is None or number.time_s > call.now:
        raise invalid(
            f"ExclusiveMinimumSequenceNumber {ordering} used in PutRecord on stream {stream.name} "
            f"under account {stream.account} is invalid."
        )


def _append(call: Call, stream: Stream, route: Route, batch: list[bytes]) -> int:
    """Append to a shard and answer the sequence number of the first record."""
    transaction = call.transaction
    first = transaction.append(route.log_id, batch, call.now_ms)
    return sequence_number(route.base, first, _time_given(transaction, route.log_id))


def _time_given(transaction: Transaction, log_id: str) -> int:
    # The log never goes back in time, so a record may be younger than its call.
    return next(staged.time_ms for staged in transaction.appended if staged.log.id == log_id)


def _put_faulty(
    call: Call, stream: Stream, routes: Routes, places: list[int], batches: list[list[bytes]]
) -> dict[str, Any]:
    """Do the same, one record at a time, with faults switched on: some are throttled, some are there twice."""
    faults = call.cloud.faults
    if faults.strikes(Fault.KINESIS_THROTTLE):
        raise AwsError("ProvisionedThroughputExceededException", _throttled(stream, routes.shards[places[0]]))
    waiting = [iter(batch) for batch in batches]
    answers: list[dict[str, str]] = []
    again: list[tuple[Route, bytes]] = []
    failed = size = 0
    for at in places:
        route, raw = routes.shards[at], next(waiting[at])
        if faults.strikes(Fault.KINESIS_PARTIAL):
            code = "ProvisionedThroughputExceededException"
            answers.append({"ErrorCode": code, "ErrorMessage": _throttled(stream, route)})
            failed += 1
            continue
        answers.append({"SequenceNumber": str(_append(call, stream, route, [raw])), "ShardId": route.shard_id})
        size += len(raw)
        if faults.strikes(Fault.DUPLICATES):
            again.append((route, raw))
    for route, raw in again:
        _append(call, stream, route, [raw])
    _meter(call, stream, "PutRecords", len(places), failed, size)
    return {"FailedRecordCount": failed, "Records": answers}


def _throttled(stream: Stream, route: Route) -> str:
    return f"Rate exceeded for shard {route.shard_id} in stream {stream.name} under account {stream.account}."


def _refuse_dry_run(call: Call) -> None:
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperationException", "Request would have succeeded, but DryRun flag is set.")


def _meter(call: Call, stream: Stream, operation: str, records: int, failed: int, size: int) -> None:
    meter, dimensions = call.cloud.meter, {"StreamName": stream.name}
    meter(call.region, "AWS/Kinesis", "IncomingRecords", dimensions, records - failed)
    meter(call.region, "AWS/Kinesis", "IncomingBytes", dimensions, size, "Bytes")
    meter(call.region, "AWS/Kinesis", f"{operation}.Success", dimensions, 1)
    meter(call.region, "AWS/Kinesis", f"{operation}.Bytes", dimensions, size, "Bytes")
    if operation == "PutRecords":
        meter(call.region, "AWS/Kinesis", "PutRecords.TotalRecords", dimensions, records)
        meter(call.region, "AWS/Kinesis", "PutRecords.SuccessfulRecords", dimensions, records - failed)
        meter(call.region, "AWS/Kinesis", "PutRecords.ThrottledRecords", dimensions, failed)
