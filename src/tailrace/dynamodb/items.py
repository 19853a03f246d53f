"""PutItem, GetItem, UpdateItem and DeleteItem."""

from typing import Any

import orjson

from tailrace.dynamodb.action import Kind, admit_part, prepare
from tailrace.dynamodb.capacity import Units, consumed, is_wanted, read_units
from tailrace.dynamodb.collection import collection_metrics
from tailrace.dynamodb.errors import BARE, ENVELOPED
from tailrace.dynamodb.expression.projection import project
from tailrace.dynamodb.expression.request import BoundProjection, check_mix, read_expressions
from tailrace.dynamodb.legacy import read_attributes_to_get
from tailrace.dynamodb.mutation import aim, carry_out, check_condition, check_scalar_keys, returned_attributes
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.table import check_name, item_table
from tailrace.dynamodb.throttling import check as check_throttling
from tailrace.dynamodb.write import Writer, read_item
from tailrace.service.call import Call


@SERVICE.operation("PutItem")
def put_item(call: Call) -> dict[str, Any]:
    """Put an item in the place of its key."""
    return _write(call, "Put")


@SERVICE.operation("UpdateItem")
def update_item(call: Call) -> dict[str, Any]:
    """Change some attributes of an item, or create it."""
    return _write(call, "Update")


@SERVICE.operation("DeleteItem")
def delete_item(call: Call) -> dict[str, Any]:
    """Delete the item of a key."""
    return _write(call, "Delete")


@SERVICE.operation("GetItem")
def get_item(call: Call) -> dict[str, Any]:
    """Answer the item of a key."""
    params = call.params
    check_name(params["TableName"])
    check_mix(params, BARE, ("ProjectionExpression",), ("AttributesToGet",))
    key, _ = admit_part(params["Key"], BARE)
    projection = read_projection(params)
    table = item_table(call.transaction, call.region, params["TableName"])
    table.key.require_key(key)
    place, _ = table.key.locate(key)
    if projection is not None:
        check_scalar_keys(table, projection.paths)
    check_throttling(call, table, "Read")
    found = read_item(call.transaction, table, place)
    answer: dict[str, Any] = {}
    if found.stored is not None:
        answer["Item"] = cut(found.stored.json, projection)
    detail = params.get("ReturnConsumedCapacity")
    if is_wanted(detail):
        units = Units(read_units(found.size, consistent=bool(params.get("ConsistentRead"))))
        answer["ConsumedCapacity"] = consumed(params["TableName"], units, detail)
    return answer


def read_projection(params: Any) -> BoundProjection | None:
    """Answer the projection of a read of single items. Raises AwsError."""
    if params.get("AttributesToGet") is not None:
        return read_attributes_to_get(params["AttributesToGet"], BARE)
    return read_expressions(params, BARE).projection


def cut(json: bytes, projection: BoundProjection | None) -> Any:
    """Answer a stored item, or the part of it that a projection wants."""
    return orjson.Fragment(json) if projection is None else project(orjson.loads(json), projection.tree)


def _write(call: Call, kind: Kind) -> dict[str, Any]:
    params = call.params
    check_name(params["TableName"])
    action = prepare(kind, params, ENVELOPED)
    table = item_table(call.transaction, call.region, action.table_name)
    target = aim(call.transaction, table, action)
    check_throttling(call, table, "Write")
    check_condition(target)
    writer = Writer(call.transaction, table, call.now_ms)
    carry_out(target, writer)
    writer.finish()
    answer: dict[str, Any] = {}
    wanted = params.get("ReturnValues", "NONE")
    if wanted != "NONE":
        attributes = returned_attributes(target, wanted)
        if attributes is not None:
            answer["Attributes"] = attributes
    detail = params.get("ReturnConsumedCapacity")
    if is_wanted(detail):
        answer["ConsumedCapacity"] = consumed(action.table_name, writer.units, detail)
    if params.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_local_indexes:
        answer["ItemCollectionMetrics"] = collection_metrics(call.transaction, table, action.item, target.place)
    return answer
