"""UpdateTable: throughput, billing, stream, protection, class, encryption; global indexes made and dropped online."""

from typing import Any

import msgspec

from tailrace.dynamodb.definition import check_units, invalid, read_index
from tailrace.dynamodb.description import describe
from tailrace.dynamodb.encryption import read_encryption
from tailrace.dynamodb.errors import validation
from tailrace.dynamodb.indexing import schedule_backfill, schedule_removal
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.streaming import close_stream, open_stream
from tailrace.dynamodb.table import IndexRow, TableRow, save_table
from tailrace.dynamodb.tables import named_table, refuse_unbuilt
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_GLOBAL_INDEXES_MAX = 20
_CHANGES = {  # parameter -> how AWS calls it when none is given
    "ProvisionedThroughput": "ProvisionedThroughput",
    "BillingMode": "BillingMode",
    "StreamSpecification": "UpdateStreamEnabled",
    "GlobalSecondaryIndexUpdates": "GlobalSecondaryIndexUpdates",
    "SSESpecification": "SSESpecification",
    "DeletionProtectionEnabled": "DeletionProtectionEnabled",
    "OnDemandThroughput": "OnDemandThroughput",
    "TableClass": "TableClass",
}
_ALONE = {
    "SSESpecification": "Server-Side Encryption",
    "TableClass": "TableClass",
    "DeletionProtectionEnabled": "DeletionProtection",
}


@SERVICE.operation("UpdateTable")
def update_table(call: Call) -> dict[str, Any]:
    """Change a table's settings, its stream or its global indexes."""
    params = call.params
    refuse_unbuilt("UpdateTable", params)
    given = [name for name in _CHANGES if params.get(name) is not None]
    if not given:
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
            "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass "
            "is required"
        )
    for name in given:
        if name in _ALONE and len(given) > 1:
            raise invalid(f"{_ALONE[name]} modification must be the only operation in the request")
    table = named_table(call)
    row = _with_billing(call, table.row)
    row = _with_stream(call, row)
    row = _with_settings(call, row)
    row = _with_indexes(call, row)
    updated = save_table(call.transaction, row)
    instant = given == ["DeletionProtectionEnabled"]
    return {"TableDescription": describe(call.transaction, updated, "ACTIVE" if instant else "UPDATING")}


def _with_billing(call: Call, row: TableRow) -> TableRow:
    mode, throughput = call.params.get("BillingMode"), call.params.get("ProvisionedThroughput")
    on_demand = row.on_demand if mode is None else mode == "PAY_PER_REQUEST"
    if on_demand:
        if throughput is not None:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        if row.on_demand:
            return row
        return msgspec.structs.replace(row, on_demand=True, on_demand_since=call.now, read_units=0, write_units=0)
    if throughput is None:
        if mode == "PROVISIONED" and row.on_demand:
            raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        return row
    check_units(throughput)
    read, write = throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]
    indexes = call.params.get("GlobalSecondaryIndexUpdates")
    if not row.on_demand and (read, write) == (row.read_units, row.write_units) and not indexes:
        raise validation(
            "The provisioned throughput for the table will not change. The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned for the table: {read}. Requested ReadCapacityUnits: {read}. "
            f"Current WriteCapacityUnits provisioned for the table: {write}. Requested WriteCapacityUnits: {write}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
    return msgspec.structs.replace(row, on_demand=False, read_units=read, write_units=write)


def _with_stream(call: Call, row: TableRow) -> TableRow:
    wanted = call.params.get("StreamSpecification")
    if wanted is None:
        return row
    view = wanted.get("StreamViewType")
    if not wanted["StreamEnabled"]:
        if view is not None:
            raise invalid("If stream is being disabled, then UpdateViewType must not be specified")
        if row.stream is None:
            raise validation(f"Table has no stream to disable: TableName: {row.name}")
        return close_stream(call, row)
    if view is None:
        raise invalid("If stream is being enabled then UpdateViewType is required")
    if row.stream is not None:
        raise validation(f"Table already has an enabled stream: TableName: {row.name}")
    return open_stream(call, row, view)


def _with_settings(call: Call, row: TableRow) -> TableRow:
    params = call.params
    changes: dict[str, Any] = {}
    if params.get("DeletionProtectionEnabled") is not None:
        changes["protected"] = params["DeletionProtectionEnabled"]
    if params.get("TableClass") is not None:
        changes["table_class"] = params["TableClass"]
    if params.get("OnDemandThroughput") is not None:
        changes["on_demand_limits"] = params["OnDemandThroughput"]
    if params.get("SSESpecification") is not None:
        changes["encryption"] = read_encryption(params["SSESpecification"])
    return msgspec.structs.replace(row, **changes) if changes else row


def _with_indexes(call: Call, row: TableRow) -> TableRow:
    updates = call.params.get("GlobalSecondaryIndexUpdates")
    if updates is None:
        return row
    seen: set[str] = set()
    for update in updates:
        actions = [(kind, update[kind]) for kind in ("Create", "Update", "Delete") if update.get(kind)]
        if not actions:
            raise invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(actions) > 1:
            raise invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
        [(kind, action)] = actions
        name = action["IndexName"]
        if name in seen:
            raise invalid(f"Only one global secondary index update per index is allowed simultaneously. Index: {name}")
        seen.add(name)
        row = _CHANGE_INDEX[kind](call, row, action)
    if sum(1 for update in updates if update.get("Create") or update.get("Delete")) > 1:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        )
    return row


def _create_index(call: Call, row: TableRow, action: dict[str, Any]) -> TableRow:
    if any(index.name == action["IndexName"] for index in row.indexes):
        raise validation("Attempting to create an index which already exists")
    if sum(index.is_global for index in row.indexes) >= _GLOBAL_INDEXES_MAX:
        raise AwsError(
            "LimitExceededException",
            f"GlobalSecondaryIndex count exceeds the per-table limit of {_GLOBAL_INDEXES_MAX}",
        )
    known = dict(row.attributes)
    for definition in call.params.get("AttributeDefinitions") or ():
        known[definition["AttributeName"]] = definition["AttributeType"]
    context = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in known.items()],
        "BillingMode": "PAY_PER_REQUEST" if row.on_demand else "PROVISIONED",
    }
    index = read_index(action, context, number=row.next_index, is_global=True)
    index = msgspec.structs.replace(index, status="CREATING")
    used = {row.hash, row.range, *index.hashes, *index.ranges}
    used.update(name for other in row.indexes for name in (*other.hashes, *other.ranges))
    schedule_backfill(call, row, index)
    return msgspec.structs.replace(
        row,
        attributes=tuple((name, kind) for name, kind in known.items() if name in used),
        indexes=(*row.indexes, index),
        next_index=row.next_index + 1,
    )


def _update_index(call: Call, row: TableRow, action: dict[str, Any]) -> TableRow:
    index = _global_index(row, action["IndexName"], "update")
    throughput = action.get("ProvisionedThroughput")
    if throughput is None:
        return row
    if row.on_demand:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{index.name} when BillingMode is PAY_PER_REQUEST"
        )
    check_units(throughput)
    changed = msgspec.structs.replace(
        index, read_units=throughput["ReadCapacityUnits"], write_units=throughput["WriteCapacityUnits"]
    )
    return _replaced(row, changed)


def _delete_index(call: Call, row: TableRow, action: dict[str, Any]) -> TableRow:
    index = _global_index(row, action["IndexName"], "delete")
    schedule_removal(call, row, index)
    return _replaced(row, msgspec.structs.replace(index, status="DELETING"))


_CHANGE_INDEX = {"Create": _create_index, "Update": _update_index, "Delete": _delete_index}


def _global_index(row: TableRow, name: str, verb: str) -> IndexRow:
    index = next((index for index in row.indexes if index.name == name), None)
    if index is None:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Index {name} for table {row.name}")
    if not index.is_global:
        raise validation(f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}")
    return index


def _replaced(row: TableRow, changed: IndexRow) -> TableRow:
    indexes = tuple(changed if index.name == changed.name else index for index in row.indexes)
    return msgspec.structs.replace(row, indexes=indexes)
