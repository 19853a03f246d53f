"""Partition indexes: named, kept and shown. Finding partitions is fast without them, so they decide nothing here."""

from typing import Any

import msgspec

from tailrace.glue.entry import already, check_catalog, find_table, invalid, missing
from tailrace.glue.registry import SERVICE
from tailrace.glue.tables import put_table
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_INDEXES_MAX = 3


@SERVICE.operation("CreatePartitionIndex")
def create_partition_index(call: Call) -> dict[str, Any]:
    """Add an index to a table."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    name, keys = call.params["PartitionIndex"]["IndexName"], tuple(call.params["PartitionIndex"]["Keys"])
    if name in table.indexes:
        raise already(f"Partition index {name} already exists.")
    if len(table.indexes) >= _INDEXES_MAX:
        text = f"Number of partition indexes exceeds the limit of {_INDEXES_MAX}."
        raise AwsError("ResourceNumberLimitExceededException", text)
    known = [key["Name"] for key in table.keys]
    unknown = [key for key in keys if key.lower() not in known]
    if unknown:
        raise invalid(f"Partition index keys {unknown} are not partition keys of the table.")
    put_table(call, msgspec.structs.replace(table, indexes={**table.indexes, name: keys}))
    return {}


@SERVICE.operation("GetPartitionIndexes")
def get_partition_indexes(call: Call) -> dict[str, Any]:
    """Answer a table's indexes."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    types = {key["Name"]: key.get("Type", "string") for key in table.keys}
    described = [
        {
            "IndexName": name,
            "Keys": [{"Name": key, "Type": types.get(key.lower(), "string")} for key in keys],
            "IndexStatus": "ACTIVE",
        }
        for name, keys in table.indexes.items()
    ]
    return {"PartitionIndexDescriptorList": described}


@SERVICE.operation("DeletePartitionIndex")
def delete_partition_index(call: Call) -> dict[str, Any]:
    """Remove an index of a table."""
    check_catalog(call)
    table = find_table(call, call.params["DatabaseName"], call.params["TableName"])
    gone = call.params["IndexName"]
    if gone not in table.indexes:
        raise missing(f"Partition index {gone} not found.")
    kept = {name: keys for name, keys in table.indexes.items() if name != gone}
    put_table(call, msgspec.structs.replace(table, indexes=kept))
    return {}
