"""CreateTable, DescribeTable, DeleteTable and ListTables."""

from typing import Any

from tailrace.dynamodb.definition import check_billing, check_keys, invalid, read_indexes
from tailrace.dynamodb.description import describe, describe_deleted
from tailrace.dynamodb.encryption import read_encryption
from tailrace.dynamodb.errors import table_missing, validation
from tailrace.dynamodb.key import after
from tailrace.dynamodb.layout import COLLECTIONS, COUNTS, EXPIRIES, INDEXES, ITEMS
from tailrace.dynamodb.registry import SERVICE
from tailrace.dynamodb.streaming import close_stream, open_stream
from tailrace.dynamodb.table import (
    NAME_LENGTH_MIN,
    IndexRow,
    Table,
    TableRow,
    check_name,
    drop_table,
    find_table,
    save_table,
    table_names,
)
from tailrace.dynamodb.tags import drop_tags, put_tags
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_NOT_BUILT = (
    "VectorIndexes",
    "WarmThroughput",
    "ResourcePolicy",
    "GlobalTableSourceArn",
    "ReplicaUpdates",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
    "VectorIndexUpdates",
    "GlobalTableSettingsReplicationMode",
)
_PAGE_MAX = 100


@SERVICE.operation("CreateTable")
def create_table(call: Call) -> dict[str, Any]:
    """Create a table, usable at once, with its indexes and its stream."""
    params = call.params
    check_name(params["TableName"], shortest=NAME_LENGTH_MIN)
    name = params["TableName"].rpartition("/")[2]
    refuse_unbuilt("CreateTable", params)
    check_billing(params)
    check_keys(params)
    indexes = tuple(read_indexes(params))
    if find_table(call.transaction, call.region, name) is not None:
        raise AwsError("ResourceInUseException", f"Table already exists: {name}")
    row = _with_stream(call, _new_row(call, name, indexes))
    if params.get("Tags"):
        put_tags(call.transaction, row.arn, params["Tags"])
    table = save_table(call.transaction, row)
    # It can be used from now on; the next DescribeTable says ACTIVE.
    return {"TableDescription": describe(call.transaction, table, "CREATING", "CREATING")}


@SERVICE.operation("DescribeTable")
def describe_table(call: Call) -> dict[str, Any]:
    """Tell of a table."""
    return {"Table": describe(call.transaction, named_table(call))}


@SERVICE.operation("DeleteTable")
def delete_table(call: Call) -> dict[str, Any]:
    """Delete a table with all that is in it; its stream stays readable for a day."""
    table = named_table(call)
    row = table.row
    if row.protected:
        raise validation(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    answer = {"TableDescription": describe_deleted(call.transaction, table)}
    close_stream(call, row)
    for space in (ITEMS, INDEXES, COLLECTIONS, EXPIRIES):
        call.transaction.delete_range(space, table.uuid, after(table.uuid))
    call.transaction.delete(COUNTS, table.uuid)
    drop_tags(call.transaction, row.arn)
    drop_table(call.transaction, row)
    return answer


@SERVICE.operation("ListTables")
def list_tables(call: Call) -> dict[str, Any]:
    """Answer the names of the region's tables, a page at a time."""
    limit = call.params.get("Limit") or _PAGE_MAX
    names: list[str] = []
    for name in table_names(call.transaction, call.region, call.params.get("ExclusiveStartTableName") or ""):
        if len(names) == limit:
            return {"TableNames": names, "LastEvaluatedTableName": names[-1]}
        names.append(name)
    return {"TableNames": names}


def named_table(call: Call) -> Table:
    """Answer the table of a control-plane operation. Raises ResourceNotFoundException."""
    name: str = call.params["TableName"]
    check_name(name, shortest=NAME_LENGTH_MIN)
    table = find_table(call.transaction, call.region, name)
    if table is None:
        raise table_missing(name.rpartition("/")[2])
    return table


def refuse_unbuilt(operation: str, params: dict[str, Any]) -> None:
    """Refuse parameters whose work is not carried out yet. Raises AwsError."""
    for name in _NOT_BUILT:
        if params.get(name) is not None:
            raise validation(f"Tailrace does not carry out {operation} with {name} yet.")


def _new_row(call: Call, name: str, indexes: tuple[IndexRow, ...]) -> TableRow:
    params = call.params
    throughput = params.get("ProvisionedThroughput") or {}
    schema = params["KeySchema"]
    return TableRow(
        name=name,
        region=call.region,
        arn=call.arn("dynamodb", f"table/{name}"),
        uuid=call.uuid(),
        created=call.now,
        attributes=tuple(
            (definition["AttributeName"], definition["AttributeType"]) for definition in params["AttributeDefinitions"]
        ),
        hash=schema[0]["AttributeName"],
        range=schema[1]["AttributeName"] if len(schema) > 1 else None,
        on_demand=params.get("BillingMode") == "PAY_PER_REQUEST",
        on_demand_since=call.now if params.get("BillingMode") == "PAY_PER_REQUEST" else None,
        read_units=throughput.get("ReadCapacityUnits", 0),
        write_units=throughput.get("WriteCapacityUnits", 0),
        indexes=indexes,
        next_index=len(indexes),
        protected=bool(params.get("DeletionProtectionEnabled")),
        table_class=params.get("TableClass"),
        encryption=read_encryption(params.get("SSESpecification")),
        on_demand_limits=params.get("OnDemandThroughput"),
    )


def _with_stream(call: Call, row: TableRow) -> TableRow:
    wanted = call.params.get("StreamSpecification")
    if wanted is None:
        return row
    view = wanted.get("StreamViewType")
    if not wanted["StreamEnabled"]:
        if view is not None:
            raise invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")
        return row
    if view is None:
        raise invalid("Table is being created with a stream enabled, UpdateViewType is required")
    return open_stream(call, row, view)
