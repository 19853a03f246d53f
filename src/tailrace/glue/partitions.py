"""Partitions come, are described, found by expression, changed and go, one at a time or in batches."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tailrace.glue.entry import (
    PARTITIONS,
    VALUE,
    Partition,
    Table,
    already,
    check_catalog,
    find_table,
    invalid,
    missing,
    partition_key,
    partitions_prefix,
)
from tailrace.glue.page import opened, wrapped
from tailrace.glue.partition_expression import compiled
from tailrace.glue.registry import SERVICE
from tailrace.glue.tables import lowered_storage, storage_shown
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_PAGE = 100
_DECODE = msgspec.json.Decoder(Partition).decode


@SERVICE.operation("CreatePartition")
def create_partition(call: Call) -> dict[str, Any]:
    """Create a partition."""
    _create(call, _table(call), call.params["PartitionInput"])
    return {}


@SERVICE.operation("BatchCreatePartition")
def batch_create_partition(call: Call) -> dict[str, Any]:
    """Create partitions; those that can't be are told in the answer."""
    table = _table(call)
    given = call.params["PartitionInputList"]
    return _tell_failures(lambda each: _create(call, table, each), given, lambda each: each.get("Values", []))


@SERVICE.operation("GetPartition")
def get_partition(call: Call) -> dict[str, Any]:
    """Answer a partition."""
    table = _table(call)
    return {"Partition": _described(call, table, _find(call, table, call.params["PartitionValues"]))}


@SERVICE.operation("BatchGetPartition")
def batch_get_partition(call: Call) -> dict[str, Any]:
    """Answer partitions; those that aren't there are left out."""
    table = _table(call)
    keys = [partition_key(call, table, each["Values"]) for each in call.params["PartitionsToGet"]]
    found = [PARTITIONS.get(call.transaction, key) for key in keys]
    return {
        "Partitions": [_described(call, table, each) for each in found if each is not None],
        "UnprocessedKeys": [],
    }


@SERVICE.operation("GetPartitions")
def get_partitions(call: Call) -> dict[str, Any]:
    """Answer a page of the partitions for which an expression holds, by their values; a segment is one share of all."""
    table, params = _table(call), call.params
    limit, bare = params.get("MaxResults", _PAGE), params.get("ExcludeColumnSchema", False)
    page: list[dict[str, Any]] = []
    last = ""
    for key, raw in _matching(call, table, opened(params.get("NextToken"))):
        if len(page) == limit:
            return {"Partitions": page, "NextToken": wrapped(last)}
        page.append(_described(call, table, _DECODE(raw), bare=bare))
        last = key
    return {"Partitions": page}


@SERVICE.operation("UpdatePartition")
def update_partition(call: Call) -> dict[str, Any]:
    """Replace a partition, its values included when others are given."""
    table = _table(call)
    _update(call, table, call.params["PartitionValueList"], call.params["PartitionInput"])
    return {}


@SERVICE.operation("BatchUpdatePartition")
def batch_update_partition(call: Call) -> dict[str, Any]:
    """Replace partitions; those that can't be are told in the answer."""
    table = _table(call)
    answer = _tell_failures(
        lambda each: _update(call, table, each["PartitionValueList"], each["PartitionInput"]),
        call.params["Entries"],
        lambda each: each["PartitionValueList"],
    )
    errors = answer.get("Errors", ())
    renamed = [{"PartitionValueList": each["PartitionValues"], "ErrorDetail": each["ErrorDetail"]} for each in errors]
    return {"Errors": renamed} if renamed else {}


@SERVICE.operation("DeletePartition")
def delete_partition(call: Call) -> dict[str, Any]:
    """Delete a partition."""
    table = _table(call)
    _delete(call, table, call.params["PartitionValues"])
    return {}


@SERVICE.operation("BatchDeletePartition")
def batch_delete_partition(call: Call) -> dict[str, Any]:
    """Delete partitions; those that aren't there are told in the answer."""
    table, given = _table(call), call.params["PartitionsToDelete"]
    return _tell_failures(lambda each: _delete(call, table, each["Values"]), given, lambda each: each["Values"])


def _table(call: Call) -> Table:
    check_catalog(call)
    return find_table(call, call.params["DatabaseName"], call.params["TableName"])


def _find(call: Call, table: Table, values: list[str]) -> Partition:
    found = PARTITIONS.get(call.transaction, partition_key(call, table, values))
    if found is None:
        raise missing("Cannot find partition.")
    return found


def _create(call: Call, table: Table, given: dict[str, Any]) -> None:
    values = given.get("Values", [])
    _check(table, values)
    key = partition_key(call, table, values)
    if PARTITIONS.get(call.transaction, key) is not None:
        raise already("Partition already exists.")
    PARTITIONS.put(call.transaction, key, Partition(values=values, created=call.now, input=_lowered(given)))


def _update(call: Call, table: Table, values: list[str], given: dict[str, Any]) -> None:
    partition = _find(call, table, values)
    renamed = given.get("Values", values)
    _check(table, renamed)
    if renamed != values:
        if PARTITIONS.get(call.transaction, partition_key(call, table, renamed)) is not None:
            raise already("Partition already exists.")
        PARTITIONS.delete(call.transaction, partition_key(call, table, values))
    updated = Partition(values=renamed, created=partition.created, input=_lowered(given))
    PARTITIONS.put(call.transaction, partition_key(call, table, renamed), updated)


def _delete(call: Call, table: Table, values: list[str]) -> None:
    _find(call, table, values)
    PARTITIONS.delete(call.transaction, partition_key(call, table, values))


def _check(table: Table, values: list[str]) -> None:
    if len(values) != len(table.keys):
        raise invalid("The number of partition keys do not match the number of partition values")
    if any(char in value for value in values for char in ("\x1e", "\x1f")):
        raise invalid("Partition values hold no control characters.")


def _lowered(given: dict[str, Any]) -> dict[str, Any]:
    if "StorageDescriptor" not in given:
        return given
    return {**given, "StorageDescriptor": lowered_storage(given["StorageDescriptor"])}


def _matching(call: Call, table: Table, after: str) -> Iterator[tuple[str, bytes]]:
    """Answer row keys and raw rows: what doesn't match is never decoded, for the values stand in the key."""
    expression = call.params.get("Expression", "")
    holds = compiled(expression, table.keys) if expression.strip() else None
    in_segment = _segment(call.params.get("Segment"))
    prefix = partitions_prefix(call, table.database, table.name).encode()
    start = max(prefix, after.encode() + b"\x00") if after else prefix
    for raw_key, raw in call.transaction.scan(PARTITIONS.space, start, prefix + b"\xff"):
        tail = raw_key[len(prefix) :]
        if not in_segment(tail):
            continue
        if holds is None or holds(tail.decode().split(VALUE)):
            yield raw_key.decode(), raw


def _segment(segment: dict[str, int] | None) -> Callable[[bytes], bool]:
    if segment is None:
        return lambda _: True
    number, total = segment["SegmentNumber"], segment["TotalSegments"]
    if number >= total:
        raise invalid("Segment number must be less than the total number of segments.")
    return lambda tail: zlib.crc32(tail) % total == number


def _described(call: Call, table: Table, partition: Partition, *, bare: bool = False) -> dict[str, Any]:
    shown = {
        **partition.input,
        "Values": partition.values,
        "DatabaseName": table.database,
        "TableName": table.name,
        "CreationTime": partition.created,
        "CatalogId": call.account,
    }
    if "StorageDescriptor" in shown:
        storage = storage_shown(shown["StorageDescriptor"])
        shown["StorageDescriptor"] = {name: each for name, each in storage.items() if name != "Columns" or not bare}
    return shown


def _tell_failures(
    do: Callable[[dict[str, Any]], None], given: list[dict[str, Any]], values: Callable[[dict[str, Any]], list[str]]
) -> dict[str, Any]:
    errors = []
    for each in given:
        try:
            do(each)
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            errors.append({"PartitionValues": values(each), "ErrorDetail": detail})
    return {"Errors": errors} if errors else {}
