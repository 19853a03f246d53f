"""BatchWriteItem and BatchGetItem: many items of many tables, each by itself, the request refused as a whole."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tailrace.dynamodb.action import admit_part, check_size
from tailrace.dynamodb.capacity import Units, consumed, is_wanted, read_units
from tailrace.dynamodb.collection import collection_metrics
from tailrace.dynamodb.errors import BARE, OLDER, validation
from tailrace.dynamodb.expression.request import BoundProjection, check_mix
from tailrace.dynamodb.items import cut, read_projection
from tailrace.dynamodb.key import schema_mismatch
from tailrace.dynamodb.mutation import check_index_keys, check_scalar_keys
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.table import NAME_LENGTH_MAX, NAME_LENGTH_MIN, Table, check_name, item_table
from tailrace.dynamodb.throttling import throttled, undone
from tailrace.dynamodb.value import Item
from tailrace.dynamodb.write import Writer, read_item
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_WRITES_MAX = 25
_READS_MAX = 100
_RESPONSE_BYTES_MAX = 16 * 2**20

Write = tuple[bool, Item, int]  # whether it is a put, its item or key, and the size of that


@SERVICE.operation("BatchWriteItem")
def batch_write_item(call: Call) -> dict[str, Any]:
    """Put and delete up to 25 items."""
    params = call.params
    _check_names(params["RequestItems"], _echoed_writes)
    batches = [
        (name, [_admitted(request) for request in requests]) for name, requests in params["RequestItems"].items()
    ]
    if sum(len(writes) for _, writes in batches) > _WRITES_MAX:
        raise validation("Too many items requested for the BatchWriteItem call")
    detail, metered = params.get("ReturnConsumedCapacity"), params.get("ReturnItemCollectionMetrics") == "SIZE"
    answer: dict[str, Any] = {"UnprocessedItems": {}}
    tables = [(name, item_table(call.transaction, call.region, name), writes) for name, writes in batches]
    for name, table, writes in tables:
        writer = Writer(call.transaction, table, call.now_ms)
        placed, left = _write_all(call, table, writer, writes)
        writer.finish()
        if left:
            answer["UnprocessedItems"][name] = [params["RequestItems"][name][at] for at in left]
        if is_wanted(detail):
            answer.setdefault("ConsumedCapacity", []).append(consumed(name, writer.units, detail))
        if metered and table.has_local_indexes:
            metrics = [collection_metrics(call.transaction, table, item, place) for place, item in placed]
            answer.setdefault("ItemCollectionMetrics", {})[name] = metrics
    if answer["UnprocessedItems"] == params["RequestItems"]:
        raise throttled(tables[0][1], "Write")
    return answer


@SERVICE.operation("BatchGetItem")
def batch_get_item(call: Call) -> dict[str, Any]:
    """Answer up to 100 items by their keys."""
    params = call.params
    _check_names(params["RequestItems"], lambda requested: orjson.dumps(requested).decode())
    requests = [(name, wanted, *_read_request(wanted)) for name, wanted in params["RequestItems"].items()]
    if sum(len(keys) for _, _, keys, _ in requests) > _READS_MAX:
        raise validation("Too many items requested for the BatchGetItem call")
    detail = params.get("ReturnConsumedCapacity")
    answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    room = _RESPONSE_BYTES_MAX
    tables = [item_table(call.transaction, call.region, name) for name, _, _, _ in requests]
    for (name, wanted, keys, projection), table in zip(requests, tables, strict=True):
        units = Units()
        found: list[Any] = []
        left = undone(call, len(keys))
        for at, key in enumerate(keys):
            table.key.require_key(key)
            if at in left:
                continue
            before = read_item(call.transaction, table, table.key.locate(key)[0])
            room -= before.size
            if room < 0:
                left = sorted({*left, *range(at, len(keys))})
                break
            units.table += read_units(before.size, consistent=bool(wanted.get("ConsistentRead")))
            if before.stored is not None:
                found.append(cut(before.stored.json, projection))
        if projection is not None:
            check_scalar_keys(table, projection.paths)
        if left:
            answer["UnprocessedKeys"][name] = {**wanted, "Keys": [wanted["Keys"][at] for at in left]}
        answer["Responses"][name] = found
        if is_wanted(detail):
            answer.setdefault("ConsumedCapacity", []).append(consumed(name, units, detail))
    if answer["UnprocessedKeys"] == params["RequestItems"]:
        raise throttled(tables[0], "Read")
    return answer


def _check_names(requested: Mapping[str, Any], echo: Callable[[Mapping[str, Any]], str]) -> None:
    """Refuse names that no table has, echoing the request as AWS does. Raises AwsError."""
    for name in requested:
        try:
            check_name(name, shortest=NAME_LENGTH_MIN)
        except AwsError:
            raise validation(
                f"1 validation error detected: Value '{echo(requested)}' at 'requestItems' failed to satisfy "
                "constraint: Map keys must satisfy constraint: [Member must have length less than or equal to "
                f"{NAME_LENGTH_MAX}, Member must have length greater than or equal to {NAME_LENGTH_MIN}, Member must "
                "satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
            ) from None


def _echoed_writes(requested: Mapping[str, Any]) -> str:
    """Write the requests of BatchWriteItem the way AWS echoes them, like Java objects."""

    def values(item: Mapping[str, Any]) -> str:
        pairs = (f"{name}=AttributeValue({value})" for name, value in item.items())
        return "{" + ", ".join(pairs) + "}"

    def echoed(request: Mapping[str, Any]) -> str:
        put, delete = request.get("PutRequest"), request.get("DeleteRequest")
        shown_put = "null" if put is None else f"PutRequest(item={values(put['Item'])})"
        shown_delete = "null" if delete is None else f"DeleteRequest(key={values(delete['Key'])})"
        return f"WriteRequest(putRequest={shown_put}, deleteRequest={shown_delete})"

    tables = (f"{name}=[{', '.join(map(echoed, requests))}]" for name, requests in requested.items())
    return "{" + ", ".join(tables) + "}"


def _admitted(request: dict[str, Any]) -> Write:
    """Answer one request of BatchWriteItem, right by itself. Raises AwsError."""
    put, delete = request.get("PutRequest"), request.get("DeleteRequest")
    if (put is None) == (delete is None):
        raise validation(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    if put is None:
        assert delete is not None
        return False, *admit_part(delete["Key"], OLDER)
    item, size = admit_part(put["Item"], OLDER)
    check_size(size, OLDER)
    return True, item, size


def _write_all(
    call: Call, table: Table, writer: Writer, writes: list[Write]
) -> tuple[list[tuple[bytes, Item]], list[int]]:
    """Carry out the writes of one table and answer their places, and which were left undone.

    All keys are checked before the first write.
    """
    placed: dict[bytes, tuple[Write, int]] = {}
    key = table.key
    for write in writes:
        is_put, item, _ = write
        if is_put:
            if not key.fits(item):
                raise schema_mismatch()
        else:
            key.require_key(item)
        place, key_size = key.locate(item)
        if is_put and table.indexes:
            check_index_keys(table, item)
        if place in placed:
            raise validation("Provided list of item keys contains duplicates")
        placed[place] = write, key_size
    left = undone(call, len(writes))
    if left:
        placed = {place: each for at, (place, each) in enumerate(placed.items()) if at not in left}
    for place, ((is_put, item, size), key_size) in placed.items():
        before = read_item(call.transaction, table, place)
        if is_put:
            writer.put(place, key_size, before, item, size)
        else:
            writer.delete(place, key_size, before)
    return [(place, write[1]) for place, (write, _) in placed.items()], left


def _read_request(wanted: dict[str, Any]) -> tuple[list[Item], BoundProjection | None]:
    """Answer the keys and the projection of one table's request. Raises AwsError."""
    check_mix(wanted, BARE, ("ProjectionExpression",), ("AttributesToGet",))
    projection = read_projection(wanted)
    keys = []
    seen: set[bytes] = set()
    for key in wanted["Keys"]:
        keys.append(admit_part(key, BARE)[0])
        # Duplicates are told by how keys are written: 1 and 1.0 are not (Alternator test_batch.py).
        written = orjson.dumps(key, option=orjson.OPT_SORT_KEYS)
        if written in seen:
            raise validation("Provided list of item keys contains duplicates")
        seen.add(written)
    return keys, projection
