"""Tables as CreateTable, DescribeTable, UpdateTable and DeleteTable tell of them."""

from typing import Any

from tailrace.dynamodb.layout import COUNTS, unpack_counts
from tailrace.dynamodb.table import Index, Table, TableRow
from tailrace.engine.transaction import Transaction

# What a new on-demand table can take at once (recorded, LocalStack's snapshots of AWS).
_WARM_READ_UNITS = 12_000
_WARM_WRITE_UNITS = 4_000


def describe(transaction: Transaction, table: Table, status: str = "ACTIVE", index_status: str = "") -> dict[str, Any]:
    """Answer a TableDescription with live counts; ``index_status`` is told of every index when it is given."""
    row = table.row
    counts = unpack_counts(transaction.get(COUNTS, table.uuid), table.count_places)
    schema = [{"AttributeName": row.hash, "KeyType": "HASH"}]
    if row.range is not None:
        schema.append({"AttributeName": row.range, "KeyType": "RANGE"})
    answer: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in row.attributes],
        "TableName": row.name,
        "KeySchema": schema,
        "TableStatus": status,
        "CreationDateTime": row.created,
        "ProvisionedThroughput": _throughput(row.read_units, row.write_units),
        "TableSizeBytes": counts[0][1],
        "ItemCount": counts[0][0],
        "TableArn": row.arn,
        "TableId": row.uuid,
        "DeletionProtectionEnabled": row.protected,
    }
    if status != "CREATING":
        answer["WarmThroughput"] = _warm(row.on_demand, row.read_units, row.write_units)
    _add_settings(answer, row)
    for member, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
        indexes = [
            _describe_index(table, index, counts[index.count_place], index_status)
            for index in table.indexes
            if index.is_global is is_global
        ]
        if indexes:
            answer[member] = indexes
    return answer


def describe_deleted(transaction: Transaction, table: Table) -> dict[str, Any]:
    """Answer what DeleteTable tells: no keys, no times."""
    answer = describe(transaction, table, "DELETING", "DELETING")
    for member in ("AttributeDefinitions", "KeySchema", "CreationDateTime", "WarmThroughput"):
        answer.pop(member, None)
    return answer


def _add_settings(answer: dict[str, Any], row: TableRow) -> None:
    if row.on_demand:
        answer["BillingModeSummary"] = {"BillingMode": "PAY_PER_REQUEST"}
    elif row.on_demand_since is not None:
        answer["BillingModeSummary"] = {"BillingMode": "PROVISIONED"}
    if row.on_demand_since is not None:
        answer["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = row.on_demand_since
    if row.stream is not None:
        answer["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": row.stream.view}
    if row.latest_stream is not None:
        answer["LatestStreamLabel"] = row.latest_stream
        answer["LatestStreamArn"] = f"{row.arn}/stream/{row.latest_stream}"
    if row.table_class is not None:
        answer["TableClassSummary"] = {"TableClass": row.table_class}
    if row.encryption is not None:
        answer["SSEDescription"] = {"Status": "ENABLED", **row.encryption}
    if row.on_demand_limits is not None:
        answer["OnDemandThroughput"] = row.on_demand_limits


def _describe_index(table: Table, index: Index, counts: tuple[int, int], status: str) -> dict[str, Any]:
    row = index.row
    projection: dict[str, Any] = {"ProjectionType": row.projection}
    if row.included:
        projection["NonKeyAttributes"] = list(row.included)
    answer: dict[str, Any] = {
        "IndexName": row.name,
        "KeySchema": [
            {"AttributeName": attribute.name, "KeyType": "HASH" if attribute.is_hash else "RANGE"}
            for attribute in index.key.attributes
        ],
        "Projection": projection,
        "IndexSizeBytes": counts[1],
        "ItemCount": counts[0],
        "IndexArn": f"{table.row.arn}/index/{row.name}",
    }
    if index.is_global:
        answer["IndexStatus"] = status or row.status
        answer["ProvisionedThroughput"] = _throughput(row.read_units, row.write_units)
        answer["WarmThroughput"] = _warm(table.row.on_demand, row.read_units, row.write_units)
        if row.status == "CREATING":
            answer["Backfilling"] = True
    return answer


def _throughput(read: int, write: int) -> dict[str, int]:
    return {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": read, "WriteCapacityUnits": write}


def _warm(on_demand: bool, read: int, write: int) -> dict[str, Any]:
    return {
        "ReadUnitsPerSecond": _WARM_READ_UNITS if on_demand else read,
        "WriteUnitsPerSecond": _WARM_WRITE_UNITS if on_demand else write,
        "Status": "ACTIVE",
    }
